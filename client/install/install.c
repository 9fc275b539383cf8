#include "client/install/install.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/install/signers.h"
#include "client/install/stage.h"
#include "client/install/tree.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"

#define LOCK_FILE "lockfile.json"
#define MORE_MAX  6 /* changes in the packages folder itself, and the pin */

/* As the original writes $NOW: milliseconds, "Z". */
static const char *now_text(struct arena *arena)
{
    char text[CLOCK_TEXT_MAX];
    clock_print(clock_now_us(), text);
    return arena_printf(arena, "%.23sZ", text);
}

static void variables_set(const struct store *store, struct install *install)
{
    struct variables *variables = ARENA_NEW(install->arena, struct variables);
    *variables = (struct variables){
        .folders = &store->folders,
        .namespace = install->namespace,
        .name = install->name,
        .pack_dir = install->pack_dir,
        .now = now_text(install->arena),
    };
    install->wiring.variables = variables;
}

static int installed_order(const void *a, const void *b)
{
    const struct lock_pack *left = a, *right = b;
    if (left->installed_at != right->installed_at)
        return left->installed_at < right->installed_at ? -1 : 1;
    return strcmp(left->key, right->key);
}

/* What the packs that stay have wired: a file that one of them edits does not come back as it was.
 */
static void others_set(const struct store *store, struct install *install)
{
    size_t max = store->lockfile.packs.count + 1, count = 0;
    struct lock_pack *packs = ARENA_ARRAY(install->arena, struct lock_pack, max);
    LIST_FOREACH (store->lockfile.packs, const struct lock_pack, pack)
        if (pack != install->old && pack->wiring_record)
            packs[count++] = *pack;
    if (count)
        qsort(packs, count, sizeof(*packs), installed_order);
    struct wiring_other *others = ARENA_ARRAY(install->arena, struct wiring_other, max);
    for (size_t i = 0; i < count; i++) {
        others[i] = (struct wiring_other){
            .key = packs[i].key,
            .records = doc_copy(install->arena, packs[i].wiring_record),
            .later = install->old && packs[i].installed_at >= install->old->installed_at,
        };
    }
    install->wiring.others = (struct list){ others, count };
}

/* The original's client removes packs and leaves wired.json: what the files were then is history.
 */
static void edits_forget(const struct store *store, struct wired *wired)
{
    for (size_t i = wired->count; i-- > 0;) {
        bool edited = false;
        LIST_FOREACH (store->lockfile.packs, const struct lock_pack, pack)
            edited = edited || wiring_edits(pack->wiring_record, wired->files[i].path);
        if (!edited)
            wired_forget(wired, i);
    }
}

static bool is_folder(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Every folder that packs have made goes when it is empty; those that are gone are forgotten. */
static void folders_drop(struct install *install)
{
    struct wired *wired = &install->wired;
    bool others = false;
    LIST_FOREACH (install->wiring.others, struct wiring_other, other)
        others = others || other->records->count > 0;
    size_t kept = 0;
    for (size_t i = 0; i < wired->folder_count; i++) {
        if (!is_folder(wired->folders[i]))
            continue;
        plan_drop_folder(install->plan, wired->folders[i]);
        wired->folders[kept++] = wired->folders[i];
    }
    wired->folder_count = others || install->pack ? kept : 0;
}

static bool plan_begin(const struct store *store, const struct install_options *options,
                       size_t directives, struct install *install, struct error *err)
{
    install->key = arena_printf(install->arena, "%s/%s", install->namespace, install->name);
    install->pack_dir = store_pack_path(store, install->namespace, install->name, install->arena);
    install->old = store_find(store, install->namespace, install->name);
    install->plan = plan_new(&store->folders, options->extra_folders, install->arena);
    if (!wired_load(store->dir, install->arena, &install->wired, err))
        return false;
    edits_forget(store, &install->wired);
    struct profile_platform *platform = ARENA_NEW(install->arena, struct profile_platform);
    profile_platform_detect(install->arena, platform);
    install->wiring.plan = install->plan;
    install->wiring.wired = &install->wired;
    install->wiring.arena = install->arena;
    install->wiring.replaces = install->pack != NULL;
    install->wiring.platform = platform;
    variables_set(store, install);
    others_set(store, install);
    wiring_init(&install->wiring, directives);
    const struct doc *records = install->old ? install->old->wiring_record : NULL;
    if (records) {
        DOC_FOREACH (records, record) /* so that what stands there is known to be ours, or not */
            if (doc_text(record, "file") &&
                !wired_note(&install->wired, install->plan, doc_text(record, "file"), true,
                            install->arena, err) &&
                !options->force)
                return false;
    }
    return wiring_undo(&install->wiring, records, options->force, err);
}

static struct list artifacts_lock(const struct install_pack *pack, struct arena *arena)
{
    const struct list *artifacts = &pack->index->manifest.artifacts;
    struct lock_artifact *locked = ARENA_ARRAY(arena, struct lock_artifact, artifacts->count + 1);
    size_t count = 0;
    LIST_FOREACH (*artifacts, const struct artifact, artifact) {
        const struct pack_file *file = pack_index_find(pack->index, artifact->path);
        if (file)
            locked[count++] =
                (struct lock_artifact){ artifact_installed_path(artifact, arena), file->sha256,
                                        artifact_type_names[artifact->type] };
    }
    return (struct list){ locked, count };
}

/* A pack's patches come back in the lock file some levels deeper, and spread over lines: what could
 * not be read again would make every pack there is unusable. */
static bool lock_check(const char *text, struct arena *arena, struct error *err)
{
    struct lockfile again;
    size_t len = strlen(text);
    if (len > LIMIT_LOCK_BYTES)
        error_set(err, TOO_LARGE, "over %zu bytes", LIMIT_LOCK_BYTES);
    else if (lockfile_parse(text, len, arena, &again, err))
        return true;
    return error_prefix(err, "the lock file could not be read again");
}

/* The lock file with what was handed over to packs that stay. */
static struct lockfile others_lock(const struct store *store, const struct install *install)
{
    struct arena *arena = install->arena;
    struct lockfile lockfile = store->lockfile;
    struct lock_pack *packs = ARENA_ARRAY(arena, struct lock_pack, lockfile.packs.count + 1);
    size_t count = 0;
    LIST_FOREACH (store->lockfile.packs, const struct lock_pack, pack) {
        struct lock_pack *copy = &packs[count++];
        *copy = *pack;
        LIST_FOREACH (install->wiring.others, struct wiring_other, other) {
            if (!other->changed || strcmp(other->key, pack->key) != 0)
                continue;
            struct doc *entry = doc_copy(arena, pack->entry);
            tree_set(entry, "wiring_record", other->records, arena);
            copy->entry = entry;
            copy->wiring_record = other->records;
        }
    }
    lockfile.packs.items = packs;
    return lockfile;
}

static const char *lock_text(const struct store *store, const struct install *install)
{
    const struct install_pack *pack = install->pack;
    struct arena *arena = install->arena;
    const struct lockfile lockfile = others_lock(store, install);
    if (!pack)
        return lockfile_print(&lockfile, &(struct lock_change){ .removed = install->key }, arena);
    const struct pack_file *manifest = pack_index_find(pack->index, PACK_MANIFEST);
    const struct lock_pack entry = {
        .key = install->key,
        .namespace = install->namespace,
        .name = install->name,
        .version = pack->index->manifest.version,
        .installed_at = clock_now_us(),
        .pinned = install->old && install->old->pinned,
        .provenance = pack->provenance,
        .artifacts = artifacts_lock(pack, arena),
        .wiring_record = install->wiring.records,
        .registry = pack->registry,
        .archive_digest = pack->archive_digest,
        .manifest_sha256 = manifest ? manifest->sha256 : NULL,
        .entry = install->old ? install->old->entry : NULL,
    };
    const struct lock_change change = { .changed = &entry, .registry = pack->registry };
    return lockfile_print(&lockfile, &change, arena);
}

/* The files of ours as they will be; NULL wired drops it, NULL signers leaves it as it is. */
struct own {
    const char *wired, *lock, *signers;
};

/* What is written is read as the next nono would read it, before anything is touched. */
static bool own_make(const struct store *store, const struct install *install, struct own *out,
                     struct error *err)
{
    struct arena *arena = install->arena;
    *out = (struct own){ .lock = lock_text(store, install) };
    if (!wired_is_empty(&install->wired))
        out->wired = wired_print(&install->wired, arena);
    return (!out->wired || wired_check(out->wired, arena, err)) &&
           lock_check(out->lock, arena, err) &&
           (!install->pack ||
            signers_print(store, install->key, install->pack->signer, arena, &out->signers, err));
}

bool install_plan(const struct store *store, const struct install_pack *pack,
                  const struct install_options *options, struct arena *arena, struct install *out,
                  struct error *err)
{
    struct install *install = out;
    const struct list *directives = &pack->index->manifest.wiring;
    *install = (struct install){
        .pack = pack, .namespace = pack->namespace, .name = pack->name, .arena = arena
    };
    if (!plan_begin(store, options, directives->count, install, err))
        return false;
    struct wiring_source *sources;
    if (!stage_sources(pack, arena, &sources, &install->wiring.source_count, err))
        return false;
    install->wiring.sources = sources;
    LIST_FOREACH (*directives, const struct directive, directive)
        if (!wiring_apply(&install->wiring, directive, err))
            return error_prefix(err, "%s", install->key);
    folders_drop(install);
    struct own own;
    if (!wired_settle(&install->wired, install->plan, arena, err))
        return false;
    wiring_undone(&install->wiring);
    return own_make(store, install, &own, err) || error_prefix(err, "%s", install->key);
}

bool install_plan_removal(const struct store *store, const char *namespace, const char *name,
                          const struct install_options *options, struct arena *arena,
                          struct install *out, struct error *err)
{
    struct install *install = out;
    *install = (struct install){ .namespace = namespace, .name = name, .arena = arena };
    if (!plan_begin(store, options, 0, install, err))
        return false;
    if (!install->old)
        return error_set(err, NOT_FOUND, "%s is not installed", install->key);
    folders_drop(install);
    return wired_settle(&install->wired, install->plan, arena, err);
}

/* Files and links; folders come and go with them. */
static struct list names_of(const struct install *install)
{
    struct list changes = plan_changes(install->plan);
    struct plan_change *items = changes.items;
    size_t count = 0;
    for (size_t i = 0; i < changes.count; i++)
        if (items[i].after->kind != NODE_FOLDER)
            items[count++] = items[i];
    return (struct list){ items, count };
}

bool install_same(const struct install *a, const struct install *b)
{
    struct list left = names_of(a), right = names_of(b);
    if (left.count != right.count)
        return false;
    for (size_t i = 0; i < left.count; i++) {
        const struct plan_change *x = LIST_AT(left, struct plan_change, i);
        const struct plan_change *y = LIST_AT(right, struct plan_change, i);
        if (strcmp(x->path, y->path) != 0 || x->after->kind != y->after->kind ||
            x->before->kind != y->before->kind)
            return false;
    }
    return true;
}

static bool exists(int dir, const char *path, struct stat *out)
{
    return fstatat(dir, path, out, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A file of ours in the packages folder or the one above; NULL text drops it. */
static void own_file(const char *root, const char *name, const char *text, struct arena *arena,
                     struct change *changes, size_t *count)
{
    struct stat st;
    bool there = exists(AT_FDCWD, path_join(arena, root, name), &st);
    if (!text && !there)
        return;
    changes[(*count)++] = (struct change){
        .kind = text ? CHANGE_PUT_FILE : CHANGE_DROP,
        .root = root,
        .path = name,
        .bytes = text,
        .len = text ? strlen(text) : 0,
        .mode = 0600,
        .replaces = there,
    };
}

static bool tree_change(const struct store *store, const struct install *install,
                        struct change *changes, size_t *count, struct error *err)
{
    struct stat st;
    bool there = exists(store->dir, install->key, &st);
    struct change tree = { .root = store->folders.packages,
                           .path = install->key,
                           .replaces = there };
    if (!install->pack) {
        tree.kind = CHANGE_DROP;
        if (there)
            changes[(*count)++] = tree;
        changes[(*count)++] = (struct change){ .kind = CHANGE_DROP_DIR,
                                               .root = store->folders.packages,
                                               .path = install->namespace };
        return true;
    }
    if (!exists(store->dir, install->namespace, &st)) {
        changes[(*count)++] = (struct change){ .kind = CHANGE_MAKE_DIR,
                                               .root = store->folders.packages,
                                               .path = install->namespace,
                                               .mode = 0755 };
    }
    tree.kind = CHANGE_PUT_TREE;
    if (!stage_pack(store->dir, install->pack, install->arena, &tree.staged, err))
        return false;
    changes[(*count)++] = tree;
    return true;
}

bool install_commit(const struct store *store, const struct install *install, struct error *err)
{
    struct change *changes;
    size_t count;
    struct own own;
    if (!own_make(store, install, &own, err))
        return error_prefix(err, "%s %s", install->pack ? "install" : "remove", install->key);
    if (!plan_emit(install->plan, MORE_MAX, &changes, &count, err) ||
        !tree_change(store, install, changes, &count, err)) {
        struct error ignored;
        bool cleaned = tree_remove(store->dir, ".staging", &ignored);
        (void)cleaned; /* else the next install does it */
        return false;
    }
    const struct folders *folders = &store->folders;
    own_file(folders->packages, WIRED_NAME, own.wired, install->arena, changes, &count);
    own_file(folders->packages, LOCK_FILE, own.lock, install->arena, changes, &count);
    if (own.signers)
        own_file(folders->config, SIGNERS_NAME, own.signers, install->arena, changes, &count);
    return journal_apply(store->dir, changes, count, err) ||
           error_prefix(err, "%s %s", install->pack ? "install" : "remove", install->key);
}

bool install_lock_change(const struct store *store, const struct lock_change *change,
                         struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = lockfile_print(&store->lockfile, change, arena);
    return lock_check(text, arena, err) &&
           file_replace(store->dir, LOCK_FILE, text, strlen(text), 0600, err);
}

bool install_ref_check(const struct store *store, const struct pack_ref *ref, struct error *err)
{
    const struct lock_pack *pack = store_find(store, ref->namespace, ref->name);
    if (ref->kind == PACK_REF_RANGE)
        return error_set(err, INVALID, "name one version, or none");
    return !pack || ref->kind == PACK_REF_LATEST || strcmp(pack->version, ref->version) == 0 ||
           error_set(err, NOT_FOUND, "%s %s is not installed, %s is", pack->key, ref->version,
                     pack->version);
}
