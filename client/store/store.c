#include "client/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "client/store/journal.h"
#include "lib/base/files.h"
#include "lib/base/mem.h"

#define LOCK_NAME ".lock"
#define LOCK_FILE "lockfile.json"

static bool lock_take(int lock, int how, struct error *err)
{
    while (flock(lock, how) != 0)
        if (errno != EINTR)
            return error_set_errno(err, "lock the packages folder");
    return true;
}

/* A reader of a folder without a lock file (the original made it, or it cannot be written) goes on.
 */
static bool lock_open(struct store *store, enum store_access access, struct error *err)
{
    int flags = access == STORE_WRITE ? O_RDWR | O_CREAT : O_RDONLY;
    store->lock = openat(store->dir, LOCK_NAME, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock < 0)
        return (access == STORE_READ && errno == ENOENT) || error_set_errno(err, LOCK_NAME);
    return lock_take(store->lock, access == STORE_WRITE ? LOCK_EX : LOCK_SH, err);
}

static bool recover(struct store *store, enum store_access access, struct error *err)
{
    if (!journal_is_left(store->dir))
        return true;
    if (store->lock >= 0 && !lock_take(store->lock, LOCK_EX, err))
        return false;
    if (!journal_recover(store->dir, err))
        return error_prefix(err, "%s", store->folders.packages);
    return store->lock < 0 || access == STORE_WRITE || lock_take(store->lock, LOCK_SH, err);
}

static bool packages_open(struct store *store, enum store_access access, struct error *err)
{
    const char *path = store->folders.packages;
    if (access == STORE_WRITE && !dir_make_path(path, 0700, err))
        return false;
    if (dir_open(path, &store->dir, err))
        return true;
    return access == STORE_READ && err->kind == ERROR_NOT_FOUND;
}

static bool lockfile_load(struct store *store, struct error *err)
{
    const char *text = "";
    size_t len = 0;
    if (!file_read_beneath(store->dir, LOCK_FILE, LIMIT_LOCK_BYTES, store->arena, &text, &len,
                           err) &&
        err->kind != ERROR_NOT_FOUND)
        return error_prefix(err, "%s", store->folders.packages);
    return lockfile_parse(text, len, store->arena, &store->lockfile, err) ||
           error_prefix(err, "%s", store->folders.packages);
}

bool store_open(enum store_access access, struct store **out, struct error *err)
{
    CLEANUP(store_closep) struct store *store = xnew(struct store);
    store->dir = store->lock = -1;
    store->arena = arena_new();
    if (!folders_find(store->arena, &store->folders, err) || !packages_open(store, access, err))
        return false;
    if (store->dir >= 0 && (!lock_open(store, access, err) || !recover(store, access, err) ||
                            !lockfile_load(store, err)))
        return false;
    *out = STEAL(store);
    return true;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    closep(&store->dir);
    closep(&store->lock);
    arena_free(store->arena);
    free(store);
}

const struct lock_pack *store_find(const struct store *store, const char *namespace,
                                   const char *name)
{
    return lockfile_find(&store->lockfile, namespace, name);
}

const char *store_pack_path(const struct store *store, const char *namespace, const char *name,
                            struct arena *arena)
{
    return arena_printf(arena, "%s/%s/%s", store->folders.packages, namespace, name);
}

const char *store_registry_option(const struct store *store, const struct lock_pack *pack)
{
    const char *registry = pack->registry ? pack->registry : store->lockfile.registry;
    return registry ? arena_printf(store->arena, " --registry %s", registry) : "";
}

bool store_again_hint(const struct store *store, const struct lock_pack *pack, struct error *err)
{
    return error_hint(err, "nono pull --force %s@%s%s installs it again", pack->key, pack->version,
                      store_registry_option(store, pack));
}

bool store_pack_open(const struct store *store, const struct lock_pack *pack, int *out_fd,
                     struct error *err)
{
    if (file_open_beneath(store->dir, pack->key, O_RDONLY | O_DIRECTORY, 0, out_fd, err))
        return true;
    error_prefix(err, "%s: the pack's folder", pack->key);
    return store_again_hint(store, pack, err);
}
