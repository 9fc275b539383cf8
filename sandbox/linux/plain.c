#include "sandbox/linux/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/resolve.h"

void plain_cache_init(struct plain_cache *cache)
{
    cache->next = 0;
    for (size_t i = 0; i < PLAIN_FOLDERS; i++) {
        cache->folders[i].path[0] = '\0';
        cache->folders[i].fd = -1;
        cache->folders[i].known = 0;
    }
}

void plain_cache_clear(struct plain_cache *cache)
{
    for (size_t i = 0; i < PLAIN_FOLDERS; i++)
        closep(&cache->folders[i].fd);
    plain_cache_init(cache);
}

bool plain_is(const char *path)
{
    if (path[0] != '/')
        return false;
    for (const char *at = path; *at; at++) {
        if (at[0] != '/')
            continue;
        if (at[1] == '/' || (at[1] == '.' && (at[2] == '/' || at[2] == '\0' || at[2] == '.')))
            return false;
        if (at[1] == '\0' && at != path)
            return false;
    }
    return true;
}

static int open_below(int dir, const char *path)
{
    return resolve_open(dir, path, O_PATH, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int plain_open(const char *path)
{
    return open_below(AT_FDCWD, path);
}

bool plain_fill(struct path_found *found, int fd, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return error_set_errno(err, "stat");
    found->exists = true;
    found->id = (struct path_id){ .dev = st.st_dev, .ino = st.st_ino };
    found->is_dir = S_ISDIR(st.st_mode);
    found->is_device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
    found->links = st.st_nlink;
    return true;
}

static bool found_done(struct path_found *found, const char *path, struct path_found *out)
{
    found->path = strdup(path);
    if (!found->path) {
        path_found_clear(found);
        return false;
    }
    *out = *found;
    return true;
}

static bool found_missing(size_t known, const char *path, struct path_found *out)
{
    struct path_found found = { .fd = -1, .known = known };
    return found_done(&found, path, out);
}

static bool found_there(int fd, const char *path, struct path_found *out)
{
    struct error ignored;
    struct path_found found = { .fd = fd, .known = strlen(path) };
    if (!plain_fill(&found, fd, &ignored)) {
        path_found_clear(&found);
        return false;
    }
    return found_done(&found, path, out);
}

/* The entry of path's folder; *out_again when it had one already. NULL: not remembered. */
static struct plain_folder *folder_turn(struct plain_cache *cache, const char *path, size_t len,
                                        bool *out_again)
{
    *out_again = true;
    if (!cache || len == 0 || len >= PLAIN_FOLDER_SIZE)
        return NULL;
    for (size_t i = 0; i < PLAIN_FOLDERS; i++) {
        struct plain_folder *folder = &cache->folders[i];
        if (strncmp(folder->path, path, len) == 0 && folder->path[len] == '\0')
            return folder;
    }
    *out_again = false;
    struct plain_folder *folder = &cache->folders[cache->next++ % PLAIN_FOLDERS];
    closep(&folder->fd);
    memcpy(folder->path, path, len);
    folder->path[len] = '\0';
    folder->fd = -1;
    folder->known = 0;
    return folder;
}

/*
 * How much of the path is there, when its end is not: len of it was asked first. 0: a link is on
 * the way, or worse. A folder found at once is remembered.
 */
static size_t known_of(const char *missing, size_t len, struct plain_folder *folder)
{
    CLEANUP(freep) char *prefix = strdup(missing);
    for (size_t size = len; prefix && size > 0;) {
        prefix[size] = '\0';
        int fd = plain_open(prefix);
        if (fd >= 0 && size == len && folder)
            folder->fd = fd;
        else
            closep(&fd);
        if (fd >= 0)
            return size;
        if (errno != ENOENT)
            return 0;
        size = (size_t)(strrchr(prefix, '/') - prefix);
    }
    return 0;
}

static bool resolve_absent(struct plain_folder *folder, const char *path, size_t len,
                           struct path_found *out)
{
    if (folder && folder->fd >= 0) /* the folder is there, the name is not */
        return found_missing(len, path, out);
    size_t known = known_of(path, len, folder);
    if (folder && known < len)
        folder->known = known;
    return known && found_missing(known, path, out);
}

bool plain_resolve(struct plain_cache *cache, const char *path, struct path_found *out)
{
    bool again;
    if (!plain_is(path) || strlen(path) >= PATH_MAX)
        return false;
    size_t len = (size_t)(strrchr(path, '/') - path);
    struct plain_folder *folder = folder_turn(cache, path, len, &again);
    if (folder && folder->known)
        return found_missing(folder->known, path, out);
    if (folder && again && folder->fd < 0)
        folder->fd = plain_open(folder->path);

    bool below = folder && folder->fd >= 0;
    int fd = below ? open_below(folder->fd, path + len + 1) : plain_open(path);
    if (fd >= 0)
        return found_there(fd, path, out);
    return errno == ENOENT && resolve_absent(folder, path, len, out);
}
