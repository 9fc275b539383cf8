#include "client/store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client/store/journal_file.h"
#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "lib/base/random.h"

static const char *temporary_for(const struct change *change, struct arena *arena)
{
    if (change->kind == CHANGE_MAKE_DIR || change->kind == CHANGE_DROP_DIR)
        return NULL;
    if (change->staged)
        return change->staged;
    const char *slash = strrchr(change->path, '/');
    char tag[17];
    random_hex(tag, 16);
    return arena_printf(arena, "%.*s.nono-%s.tmp", slash ? (int)(slash - change->path + 1) : 0,
                        change->path, tag);
}

static void entries_fill(const struct change *changes, size_t count, struct arena *arena,
                         struct journal *journal)
{
    struct journal_entry *entries = ARENA_ARRAY(arena, struct journal_entry, count + 1);
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct journal_entry){
            .kind = (int)changes[i].kind,
            .root = changes[i].root,
            .path = changes[i].path,
            .temporary = temporary_for(&changes[i], arena),
            .replaces = changes[i].replaces,
        };
    }
    *journal = (struct journal){ .entries = { entries, count } };
}

static bool dir_make(int dir, const char *name, mode_t mode, struct error *err)
{
    return (mkdirat(dir, name, mode) == 0 || error_set_errno(err, "make folder %s", name)) &&
           file_sync(dir, err);
}

static bool file_make(int dir, const char *name, const struct change *change, struct error *err)
{
    CLEANUP(closep)
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(err, "create %s", name);
    if (!file_write_all(fd, change->bytes, change->len, err))
        return false;
    if (fchmod(fd, change->mode) != 0)
        return error_set_errno(err, "chmod %s", name);
    return file_sync(fd, err);
}

/* Makes what is to be put in place, beside its place. */
static bool entry_prepare(const struct change *change, struct journal_entry *entry,
                          struct error *err)
{
    CLEANUP(closep) int dir = -1;
    const char *name;
    const char *path = entry->temporary ? entry->temporary : entry->path;
    if (change->kind == CHANGE_DROP_DIR || change->kind == CHANGE_DROP)
        return true;
    if (!journal_parent(entry->root, path, &dir, &name, err))
        return false;
    if (change->kind == CHANGE_MAKE_DIR)
        return dir_make(dir, name, change->mode, err);
    if (change->kind == CHANGE_PUT_FILE && !file_make(dir, name, change, err))
        return false;
    if (change->kind == CHANGE_PUT_LINK && symlinkat(change->target, dir, name) != 0)
        return error_set_errno(err, "link %s", name);
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return error_set_errno(err, "stat %s", name);
    journal_stamp(entry, &st);
    return true;
}

/* Somebody may have written between planning and now. */
static bool seen_check(const struct change *change, struct error *err)
{
    if (!change->seen.st_ino)
        return true;
    CLEANUP(closep) int dir = -1;
    const char *name;
    struct stat st;
    if (!journal_parent(change->root, change->path, &dir, &name, err))
        return false;
    const struct stat *seen = &change->seen;
    bool same = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == seen->st_ino &&
                st.st_size == seen->st_size && st.st_mtim.tv_sec == seen->st_mtim.tv_sec &&
                st.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
    if (same)
        return true;
    error_set(err, CONFLICT, "%s/%s was changed meanwhile", change->root, change->path);
    return error_hint(err, "nothing was done: try again");
}

static bool all_prepare(int packages, const struct change *changes, struct journal *journal,
                        struct error *err)
{
    crash_point("journal.written");
    struct journal_entry *entries = journal->entries.items;
    for (size_t i = 0; i < journal->entries.count; i++) {
        if (!entry_prepare(&changes[i], &entries[i], err))
            return error_prefix(err, "%s/%s", changes[i].root, changes[i].path);
        crash_point("journal.prepared");
    }
    return journal_write(packages, journal, err);
}

static bool all_switch(const struct change *changes, const struct journal *journal,
                       struct error *err)
{
    const struct journal_entry *entries = journal->entries.items;
    for (size_t i = 0; i < journal->entries.count; i++) {
        if (!seen_check(&changes[i], err) || !journal_switch(&entries[i], err))
            return error_prefix(err, "%s", changes[i].root);
        crash_point("journal.switched");
    }
    return true;
}

/* Last first; goes on after a failure, and fails with the first. The journal stays then. */
static bool all_undo(int packages, const struct journal *journal, struct error *err)
{
    const struct journal_entry *entries = journal->entries.items;
    struct error ignored;
    bool ok = true;
    for (size_t i = journal->entries.count; i-- > 0;)
        ok = journal_undo(&entries[i], ok ? err : &ignored) && ok;
    if (!ok) {
        error_prefix(err, "undo an interrupted change");
        return error_hint(err, "once that is possible, the next nono command undoes it");
    }
    if (!tree_remove(packages, ".staging", err))
        return false;
    return unlinkat(packages, JOURNAL_NAME, 0) == 0 || errno == ENOENT ||
           error_set_errno(err, "remove the journal");
}

/* The new state holds whatever becomes of the old files: one that cannot be deleted is named. */
static bool all_tidy(int packages, const struct journal *journal, struct error *err)
{
    const struct journal_entry *entries = journal->entries.items;
    struct error left;
    for (size_t i = 0; i < journal->entries.count; i++) {
        if (!journal_tidy(&entries[i], &left))
            journal_say(entries[i].root, entries[i].temporary,
                        "left over from a change, and may be removed: ", left.message);
        crash_point("journal.tidied");
    }
    bool cleared = tree_remove(packages, ".staging", &left);
    (void)cleared; /* else the next install does it */
    return unlinkat(packages, JOURNAL_DONE, 0) == 0 || error_set_errno(err, "remove the journal");
}

static bool commit(int packages, struct error *err)
{
    crash_point("journal.ready");
    if (renameat(packages, JOURNAL_NAME, packages, JOURNAL_DONE) != 0)
        return error_set_errno(err, "close the journal");
    crash_point("journal.committed");
    return true;
}

bool journal_apply(int packages, const struct change *changes, size_t count, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct journal journal;
    entries_fill(changes, count, arena, &journal);
    bool ok = journal_write(packages, &journal, err) &&
              all_prepare(packages, changes, &journal, err) && all_switch(changes, &journal, err) &&
              commit(packages, err);
    if (!ok) {
        struct error failure = *err;
        bool undone = all_undo(packages, &journal, err);
        if (undone)
            *err = failure;
        return false;
    }
    struct error later; /* the new state holds; what is left to tidy is tidied by the next */
    (void)(file_sync(packages, &later) && all_tidy(packages, &journal, &later));
    return true;
}

bool journal_is_left(int packages)
{
    return faccessat(packages, JOURNAL_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
           faccessat(packages, JOURNAL_DONE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool journal_recover(int packages, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct journal *journal;
    if (!journal_read(packages, JOURNAL_NAME, arena, &journal, err))
        return false;
    if (journal && !all_undo(packages, journal, err))
        return false;
    if (!journal_read(packages, JOURNAL_DONE, arena, &journal, err))
        return false;
    return !journal || all_tidy(packages, journal, err);
}
