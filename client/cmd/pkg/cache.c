#include "client/cmd/pkg/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/digest/sha256.h"

static bool is_right(int fd, const char *sha256)
{
    char actual[SHA256_TEXT];
    struct error ignored;
    return lseek(fd, 0, SEEK_SET) == 0 && sha256_file(fd, actual, NULL, &ignored) &&
           strcmp(actual, sha256) == 0;
}

static bool folder_open(const char *folder, const char *name, int *out_fd, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *path = path_join(arena, folder, name);
    return dir_make_path(path, 0700, err) && dir_open(path, out_fd, err);
}

/* One download at a time has the name; another goes without. */
static bool partial_open(struct cache_slot *slot, struct error *err)
{
    CLEANUP(closep) int dir = -1;
    if (!folder_open(slot->folder, "partial", &dir, err))
        return false;
    slot->fd = openat(dir, slot->sha256, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (slot->fd < 0)
        return error_set_errno(err, "cache: %s", slot->sha256);
    slot->has_name = flock(slot->fd, LOCK_EX | LOCK_NB) == 0;
    if (slot->has_name)
        return true;
    (void)close(slot->fd);
    slot->fd = openat(dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    return slot->fd >= 0 || error_set_errno(err, "cache");
}

bool cache_open(const char *folder, const char *sha256, struct cache_slot *out, struct error *err)
{
    struct cache_slot slot = { .folder = folder, .sha256 = sha256, .fd = -1 };
    CLEANUP(closep) int dir = -1;
    if (!folder_open(folder, "archives", &dir, err))
        return false;
    slot.fd = openat(dir, sha256, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (slot.fd >= 0 && is_right(slot.fd, sha256)) {
        slot.whole = true;
        *out = slot;
        return true;
    }
    if (slot.fd >= 0) { /* damaged: as if it were not there */
        (void)close(slot.fd);
        (void)unlinkat(dir, sha256, 0);
    }
    if (!partial_open(&slot, err))
        return false;
    *out = slot;
    return true;
}

static bool keep(const struct cache_slot *slot, struct error *err)
{
    CLEANUP(closep) int partial = -1;
    CLEANUP(closep) int archives = -1;
    if (!folder_open(slot->folder, "partial", &partial, err) ||
        !folder_open(slot->folder, "archives", &archives, err))
        return false;
    return renameat(partial, slot->sha256, archives, slot->sha256) == 0 ||
           error_set_errno(err, "cache: %s", slot->sha256);
}

bool cache_finish(struct cache_slot *slot, struct error *err)
{
    if (slot->whole)
        return true;
    slot->whole = is_right(slot->fd, slot->sha256);
    if (!slot->whole) {
        if (ftruncate(slot->fd, 0) != 0) /* so that the next try does not go on from it */
            return error_set_errno(err, "cache: %s", slot->sha256);
        return error_set(err, UNTRUSTED, "the archive that came has another digest than sha256:%s",
                         slot->sha256);
    }
    struct error ignored; /* a cache that cannot be kept is no reason to fail */
    bool kept = slot->has_name && keep(slot, &ignored);
    (void)kept;
    return true;
}

void cache_close(struct cache_slot *slot)
{
    closep(&slot->fd);
    slot->fd = -1;
}
