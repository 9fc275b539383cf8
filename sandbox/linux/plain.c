#include "sandbox/linux/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

void plain_cache_init(struct plain_cache *cache)
{
    cache->folder[0] = '\0';
    cache->fd = -1;
    cache->known = 0;
}

void plain_cache_clear(struct plain_cache *cache)
{
    closep(&cache->fd);
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
    struct open_how how = { .flags = O_PATH | O_CLOEXEC,
                            .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
    return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
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

/* How much of a folder that is not there, is. 0: a link is on the way, or worse. */
static size_t known_of(const char *missing)
{
    CLEANUP(freep) char *folder = strdup(missing);
    for (char *slash = folder ? strrchr(folder, '/') : NULL; slash && slash > folder;
         slash = strrchr(folder, '/')) {
        *slash = '\0';
        CLEANUP(closep) int fd = plain_open(folder);
        if (fd >= 0)
            return (size_t)(slash - folder);
        if (errno != ENOENT)
            return 0;
    }
    return 0;
}

/* Takes folder, of that length, into the cache. */
static void cache_take(struct plain_cache *cache, const char *folder, size_t len)
{
    plain_cache_clear(cache);
    memcpy(cache->folder, folder, len);
    cache->folder[len] = '\0';
}

static bool cache_has(const struct plain_cache *cache, const char *path, size_t folder_len)
{
    return strncmp(cache->folder, path, folder_len) == 0 && cache->folder[folder_len] == '\0';
}

/* The folder of path becomes the cache's; opened when it is asked for again. */
static void cache_turn(struct plain_cache *cache, const char *path, size_t folder_len)
{
    if (!cache_has(cache, path, folder_len))
        cache_take(cache, path, folder_len);
    else if (cache->fd < 0 && folder_len)
        cache->fd = plain_open(cache->folder);
}

static bool resolve_absent(struct plain_cache *cache, const char *path, size_t folder_len,
                           struct path_found *out)
{
    if (folder_len == 0)
        return false;
    if (cache->fd >= 0) /* the folder is there, the name is not */
        return found_missing(folder_len, path, out);
    size_t known = known_of(path);
    cache->known = known < folder_len ? known : 0;
    return known && found_missing(known, path, out);
}

bool plain_resolve(struct plain_cache *cache, const char *path, struct path_found *out)
{
    struct plain_cache once;
    size_t len = strlen(path);
    if (!plain_is(path) || len >= PATH_MAX)
        return false;
    size_t folder_len = (size_t)(strrchr(path, '/') - path);
    if (!cache) {
        cache = &once;
        plain_cache_init(cache);
    }
    if (cache->known && cache_has(cache, path, folder_len))
        return found_missing(cache->known, path, out);
    cache_turn(cache, path, folder_len);
    int fd = cache->fd >= 0 ? open_below(cache->fd, path + folder_len + 1) : plain_open(path);
    if (fd >= 0)
        return found_there(fd, path, out);
    return errno == ENOENT && resolve_absent(cache, path, folder_len, out);
}
