#include "sandbox/snapshot/restore.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "sandbox/snapshot/cache.h"
#include "sandbox/snapshot/compare.h"
#include "sandbox/snapshot/folder.h"
#include "sandbox/snapshot/journal.h"
#include "sandbox/snapshot/load.h"
#include "sandbox/snapshot/notes.h"
#include "sandbox/snapshot/record.h"
#include "sandbox/snapshot/scan.h"

/* Everything that one call works with. */
struct job {
    struct snapshot_store *store;
    const struct snapshot *snapshot;
    const struct snapshot_restoring *how;
    struct scope scope;
    int dir;    /* the folder's part of the store */
    int folder; /* the folder */
    struct arena *scratch;
    struct node want;
    struct scan have;
    struct journal journal;
    bool damaged;    /* the journal of a former restore */
    uint32_t staged; /* contents to make ready */
};

static bool have_scan(struct job *job, struct error *err)
{
    struct cache cache;
    cache_read(job->dir, job->scratch, &cache);
    job->have = (struct scan){ .arena = job->scratch,
                               .scope = &job->scope,
                               .old = cache.root,
                               .old_taken_ns = cache.taken_ns,
                               .want = &job->want };
    return scan_run(&job->have, job->folder, err);
}

static bool staging_make(struct job *job, struct restore *restore, struct error *err)
{
    char *name = arena_alloc(job->scratch, JOURNAL_STAGING_TEXT, 1);
    staging_name(name);
    /* a journal that is there already says that something was changed: that stays true */
    job->journal.name = job->snapshot->name;
    job->journal.staging = name;
    if (!restore_journal_write(job->dir, &job->journal, err))
        return false;
    crash_point("snapshot.journal");
    if (mkdirat(job->folder, name, 0700) != 0)
        return error_set_errno(err, "make the staging folder");
    return file_open_same_mount(job->folder, name, O_RDONLY | O_DIRECTORY, 0, &restore->staging,
                                err);
}

/* Up to here a failure leaves the folder as it was. */
static bool contents_stage(struct job *job, struct restore *restore, struct error *err)
{
    if (stage_contents(restore, &job->want, err) && staging_sync(restore, job->staged, err))
        return true;
    struct error ignored; /* what cannot be removed now is removed by the next who comes by */
    if (!job->journal.applying)
        (void)!restore_journal_end(job->dir, job->folder, &job->journal, &ignored);
    return false;
}

/* The whole is looked at again: nothing may be left to do but what had to be kept. */
static bool outcome_check(struct job *job, uint64_t kept, struct error *err)
{
    CLEANUP(freep) struct compare *compare = xnew(struct compare);
    struct scan after = { .arena = job->scratch,
                          .scope = &job->scope,
                          .old = &job->have.root,
                          .old_taken_ns = job->have.taken_ns,
                          .want = &job->want };
    compare->scope = &job->scope;
    compare->restoring = true;
    compare->arena = job->scratch;
    if (!scan_run(&after, job->folder, err) || !compare_run(compare, &after.root, &job->want, err))
        return false;
    cache_write(job->dir, &after.root, after.taken_ns);
    if (compare->differences == kept)
        return true;
    error_set(err, CONFLICT, "%s changed while it was restored", job->snapshot->folder);
    return error_hint(err, "stop what works in it, then restore again");
}

static bool changes_make(struct job *job, struct restore *restore, struct error *err)
{
    if (!changes_allowed(restore, &job->want, &job->have.root, err) ||
        !staging_make(job, restore, err) || !contents_stage(job, restore, err))
        return false;
    job->journal.applying = true;
    if (!restore_journal_write(job->dir, &job->journal, err))
        return false;
    crash_point("snapshot.applying");
    if (!apply_changes(restore, &job->want, &job->have.root, err) ||
        !folders_sync(job->folder, &job->want, err) ||
        !staging_remove(job->folder, &job->journal, err))
        return false;
    crash_point("snapshot.applied");
    return outcome_check(job, restore->kept, err) &&
           restore_journal_end(job->dir, job->folder, &job->journal, err);
}

/* From here on the journal is this restore's; the damaged one is evidence of what was done. */
static bool damaged_keep(struct job *job, struct arena *arena, struct snapshot_restored *out,
                         struct error *err)
{
    const char *name;
    if (!job->damaged)
        return true;
    if (!restore_journal_keep(job->dir, job->scratch, &name, err))
        return false;
    notes_add(&out->notes, arena, job->snapshot->folder,
              arena_printf(job->scratch,
                           "the journal of an interrupted restore was damaged, kept as %s", name));
    return true;
}

/* The folder is locked, and what a former restore left behind is gone. */
static bool folder_restore(struct job *job, struct arena *arena, struct snapshot_restored *out,
                           struct error *err)
{
    CLEANUP(freep) struct compare *compare = xnew(struct compare);
    if (!load_snapshot(job->store, job->snapshot, job->scratch, &job->want, err) ||
        !have_scan(job, err))
        return false;
    compare->scope = &job->scope;
    compare->visitor = job->how->visitor;
    compare->restoring = true;
    compare->arena = arena;
    if (!compare_run(compare, &job->have.root, &job->want, err))
        return false;
    *out = (struct snapshot_restored){ .notes = compare->notes };
    if (job->how->dry_run)
        return true;
    if (!damaged_keep(job, arena, out, err))
        return false;
    if (compare->differences == 0)
        return !job->journal.name || restore_journal_end(job->dir, job->folder, &job->journal, err);

    job->staged = compare->staged;
    CLEANUP(freep) struct restore *restore = xnew(struct restore);
    *restore = (struct restore){ job->store, job->folder, -1, arena, out, 0, { "", 0 } };
    bool ok = changes_make(job, restore, err);
    closep(&restore->staging);
    return ok;
}

/*
 * The journal of a restore that was killed: its staging folder goes, what it says stays true. Where
 * it is damaged, the worst is taken for true: something was changed. The staging folder, whichever
 * it is, then goes with all else that came since.
 */
static bool former_settle(struct job *job, struct error *err)
{
    struct error fault;
    if (restore_journal_read(job->dir, job->scratch, &job->journal, &fault))
        return !job->journal.name || staging_remove(job->folder, &job->journal, err);
    if (fault.kind != ERROR_UNTRUSTED) {
        *err = fault;
        return false;
    }
    job->damaged = true;
    job->journal = (struct journal){ .name = job->snapshot->name, .applying = true };
    return true;
}

static bool job_run(struct job *job, struct arena *arena, struct snapshot_restored *out,
                    struct error *err)
{
    CLEANUP(snapshot_store_endp) struct snapshot_store *begun = job->store;
    return snapshot_store_begin(begun, STORE_SHARED, err) &&
           (job->how->dry_run || former_settle(job, err)) && folder_restore(job, arena, out, err);
}

bool snapshot_restore(struct snapshot_store *store, const struct snapshot *snapshot,
                      const struct snapshot_restoring *restoring, struct arena *arena,
                      struct snapshot_restored *out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    CLEANUP(closep) int dir = -1;
    CLEANUP(closep) int lock = -1;
    CLEANUP(closep) int folder = -1;
    mode_t was, need = restoring->dry_run ? FOLDER_LOOK : FOLDER_CHANGE;
    if (!record_folder_open(store, snapshot->folder, false, &dir, err))
        return false;
    if (dir < 0)
        return error_set(err, NOT_FOUND, "there is no snapshot %s", snapshot->name);
    struct job job = {
        .store = store, .snapshot = snapshot, .how = restoring, .scratch = scratch, .dir = dir
    };
    if (!record_folder_lock(dir, &lock, err) ||
        !scope_make(snapshot->folder, snapshot->exclude, restoring->never, scratch, &job.scope,
                    err) ||
        !folder_open_up_root(snapshot->folder, need, &folder, &was, err))
        return error_prefix(err, "restore %s", snapshot->name);
    job.folder = folder;
    bool ok = job_run(&job, arena, out, err);
    folder_close_up(folder, need, was);
    if (ok && (was & FOLDER_CHANGE) != FOLDER_CHANGE)
        notes_add(
            &out->notes, arena, snapshot->folder,
            "its own permissions, which no snapshot holds, keep its owner from using it: chmod u+rwx");
    return ok || error_prefix(err, "restore %s", snapshot->name);
}
