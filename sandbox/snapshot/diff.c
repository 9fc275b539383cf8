#include <unistd.h>

#include "lib/base/files.h"
#include "sandbox/snapshot/cache.h"
#include "sandbox/snapshot/compare.h"
#include "sandbox/snapshot/folder.h"
#include "sandbox/snapshot/load.h"
#include "sandbox/snapshot/record.h"
#include "sandbox/snapshot/scan.h"

/* The folder as it is, for comparing with want; nothing is added to the store. */
static bool live_scan(struct snapshot_store *store, const char *folder, const struct scope *scope,
                      const struct node *want, struct arena *arena, struct node *out,
                      struct error *err)
{
    CLEANUP(closep) int dir = -1;
    CLEANUP(closep) int fd = -1;
    mode_t was;
    struct cache cache = { 0 };
    if (!record_folder_open(store, folder, false, &dir, err) ||
        !folder_open_up_root(folder, FOLDER_LOOK, &fd, &was, err))
        return false;
    if (dir >= 0)
        cache_read(dir, arena, &cache);
    struct scan scan = { .arena = arena,
                         .scope = scope,
                         .old = cache.root,
                         .old_taken_ns = cache.taken_ns,
                         .want = want };
    bool ok = scan_run(&scan, fd, err);
    folder_close_up(fd, FOLDER_LOOK, was);
    if (!ok)
        return false;
    *out = scan.root;
    return true;
}

bool snapshot_diff(struct snapshot_store *store, const struct snapshot *before,
                   const struct snapshot *after, const char *const *never,
                   const struct snapshot_visitor *visitor, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(freep) struct compare *compare = xnew(struct compare);
    struct scope scope;
    struct node from, to = { 0 };
    if (!scope_make(before->folder, before->exclude, never, arena, &scope, err))
        return false;
    CLEANUP(snapshot_store_endp) struct snapshot_store *begun = store;
    if (!snapshot_store_begin(begun, STORE_SHARED, err) ||
        !load_snapshot(store, before, arena, &from, err))
        return false;
    if (after ? !load_snapshot(store, after, arena, &to, err)
              : !live_scan(store, before->folder, &scope, &from, arena, &to, err))
        return false;
    compare->scope = &scope;
    compare->visitor = visitor;
    return compare_run(compare, &from, &to, err);
}
