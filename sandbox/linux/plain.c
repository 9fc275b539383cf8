#include "sandbox/linux/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/resolve.h"
#include "lib/base/stack.h"
#include "sandbox/policy/memory.h"

void plain_cache_init(struct plain_cache *cache)
{
    cache->next = 0;
    memset(cache->expected, 0, sizeof(cache->expected));
    for (size_t i = 0; i < PLAIN_FOLDERS; i++) {
        cache->folders[i].len = cache->folders[i].known = 0;
        cache->folders[i].fd = -1;
    }
}

void plain_cache_clear(struct plain_cache *cache)
{
    for (size_t i = 0; i < PLAIN_FOLDERS; i++)
        closep(&cache->folders[i].fd);
    plain_cache_init(cache);
}

static size_t slash_before(const char *path, size_t len)
{
    while (len > 0 && path[--len] != '/')
        ;
    return len;
}

/* Of the folder that is path's first len bytes: its end tells most of them apart. */
static unsigned char *expected_in(struct plain_cache *cache, const char *path, size_t len)
{
    size_t place = len;
    for (size_t i = len > 4 ? len - 4 : 0; i < len; i++)
        place = place * 31 + (unsigned char)path[i];
    return &cache->expected[place % PLAIN_PLACES];
}

void plain_expect(struct plain_cache *cache, const char *path)
{
    unsigned char *expected = expected_in(cache, path, slash_before(path, strlen(path)));
    if (*expected < UCHAR_MAX)
        ++*expected;
}

static int open_below(int dir, const char *path)
{
    return resolve_open(dir, path, O_PATH, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int plain_open(const char *path)
{
    return open_below(AT_FDCWD, path);
}

static void found_fill(struct path_found *found, const struct stat *st)
{
    found->exists = true;
    found->id = (struct path_id){ .dev = st->st_dev, .ino = st->st_ino };
    found->is_dir = S_ISDIR(st->st_mode);
    found->is_device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
    found->links = st->st_nlink;
}

bool plain_fill(struct path_found *found, int fd, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return error_set_errno(err, "stat");
    found_fill(found, &st);
    return true;
}

/* A path on its way to be found; it is written over by what links lead to. */
struct search {
    struct plain_cache *cache;
    struct arena *arena;
    struct path_found *found;
    bool look; /* no descriptor is wanted */
    char path[PLAIN_PATH_MAX];
    size_t size;                        /* of the path */
    size_t len;                         /* of the folder it is in */
    struct plain_folder *folder;        /* that one; NULL: not remembered */
    const struct plain_folder *nearest; /* the deepest above it that is open, or NULL */
};

static bool found_done(struct search *search)
{
    struct error ignored UNINITIALIZED;
    return memory_copy(search->arena, search->path, search->size, &search->found->path, &ignored);
}

static bool found_missing(struct search *search, size_t known)
{
    search->found->known = known;
    return found_done(search);
}

static bool found_there(struct search *search, int fd)
{
    struct error ignored UNINITIALIZED;
    search->found->fd = fd;
    search->found->known = search->size;
    return plain_fill(search->found, fd, &ignored) && found_done(search);
}

static bool is_above(const struct plain_folder *folder, const struct search *search)
{
    return folder->len && folder->len <= search->len && search->path[folder->len] == '/' &&
           memcmp(folder->path, search->path, folder->len) == 0;
}

/* What is remembered of the folders that the path lies in. *out_known: the path is not there. */
static void folders_recall(struct search *search, size_t *out_known)
{
    search->folder = NULL;
    search->nearest = NULL;
    *out_known = 0;
    for (size_t i = 0; search->cache && i < PLAIN_FOLDERS; i++) {
        struct plain_folder *folder = &search->cache->folders[i];
        if (!is_above(folder, search))
            continue;
        if (folder->known)
            *out_known = folder->known;
        else if (folder->len == search->len)
            search->folder = folder;
        else if (folder->fd >= 0 && (!search->nearest || search->nearest->len < folder->len))
            search->nearest = folder;
    }
}

/* The path, or what it begins with, from the folder that is nearest. */
static int prefix_open(const struct search *search, const char *path)
{
    const struct plain_folder *nearest = search->nearest;
    return nearest ? open_below(nearest->fd, path + nearest->len + 1) : plain_open(path);
}

static int folder_open(const struct search *search)
{
    char path[PLAIN_FOLDER_SIZE] UNINITIALIZED;
    memcpy(path, search->path, search->len);
    path[search->len] = '\0';
    return prefix_open(search, path);
}

static struct plain_folder *folder_remember(struct search *search)
{
    struct plain_cache *cache = search->cache;
    if (!cache || search->len == 0 || search->len >= PLAIN_FOLDER_SIZE)
        return NULL;
    struct plain_folder *folder = &cache->folders[cache->next++ % PLAIN_FOLDERS];
    if (folder == search->nearest)
        folder = &cache->folders[cache->next++ % PLAIN_FOLDERS];
    closep(&folder->fd);
    memcpy(folder->path, search->path, search->len);
    folder->len = search->len;
    folder->fd = -1;
    folder->known = 0;
    folder->looked_in = folder->listed = false;
    return folder;
}

/*
 * How much of the path is there, when of its first `missing` bytes it is known that they are not.
 * 0: a link is on the way, or worse. A folder found at once is remembered, and so is one that is
 * not there: nothing below it is, either.
 */
static size_t known_of(struct search *search, size_t missing)
{
    char prefix[PLAIN_PATH_MAX] UNINITIALIZED;
    struct plain_folder *folder = search->folder;
    size_t size, end = search->nearest ? search->nearest->len : 0;
    memcpy(prefix, search->path, missing);
    while ((size = slash_before(prefix, missing)) > end) {
        prefix[size] = '\0';
        int fd = prefix_open(search, prefix);
        if (fd >= 0 && size == search->len && folder)
            folder->fd = fd;
        else
            closep(&fd);
        if (fd >= 0)
            break;
        if (errno != ENOENT)
            return 0;
        missing = size;
    }
    if (size > 0 && folder && missing <= search->len) {
        folder->len = missing;
        folder->known = size;
    }
    return size;
}

static bool resolve_absent(struct search *search)
{
    const struct plain_folder *folder = search->folder;
    if (folder && folder->fd >= 0) /* the folder is there, the name is not */
        return found_missing(search, search->len);
    size_t known = known_of(search, search->size);
    return known && found_missing(search, known);
}

static bool link_note(struct search *search)
{
    size_t len = search->len;
    struct path_found *found = search->found;
    struct error ignored UNINITIALIZED;
    char *left, *link;
    if (!memory_grow(search->arena, &found->crossed, found->crossed_count, sizeof(*found->crossed),
                     &ignored) ||
        !memory_copy(search->arena, search->path, len ? len : 1, &left, &ignored) ||
        !memory_copy(search->arena, search->path, search->size, &link, &ignored))
        return false;
    found->crossed[found->crossed_count++] = (struct path_crossed){ left, true, link };
    return true;
}

/*
 * The path is, or leads by, a symbolic link: where it leads, when it is the last component of a
 * folder that holds none. The folder was opened without following links, so it is the one that is
 * named.
 */
static bool link_follow(struct search *search)
{
    char target[PLAIN_PATH_MAX] UNINITIALIZED;
    char *path = search->path;
    size_t len = search->len;
    const struct plain_folder *folder = search->folder;
    if (path_is_of_process(path) || (len > 0 && (!folder || folder->fd < 0)))
        return false;
    ssize_t size = len ? readlinkat(folder->fd, path + len + 1, target, sizeof(target))
                       : readlink(path, target, sizeof(target));
    size_t from = size > 0 && target[0] != '/' ? len + 1 : 0;
    if (size <= 0 || (size_t)size + from >= PLAIN_PATH_MAX || !link_note(search))
        return false;
    memcpy(path + from, target, (size_t)size);
    search->size = from + (size_t)size;
    path[search->size] = '\0';
    return true;
}

enum step { STEP_DONE, STEP_LINK, STEP_LONG_WAY };

/* What the kernel did not open: it is not there, a link, or another matter. */
static enum step step_other(struct search *search)
{
    struct plain_folder *folder = search->folder;
    if (errno == ENOENT)
        return resolve_absent(search) ? STEP_DONE : STEP_LONG_WAY;
    if (errno != ELOOP)
        return STEP_LONG_WAY;
    if (folder && folder->fd < 0)
        folder->fd = folder_open(search);
    return link_follow(search) ? STEP_LINK : STEP_LONG_WAY;
}

/* Where many are looked for, what the folder has is read once. */
static bool folder_lacks(const struct search *search, const char *name)
{
    struct plain_folder *folder = search->folder;
    if (!folder->looked_in && *expected_in(search->cache, search->path, search->len) >= PLAIN_LOOKS)
        folder->listed = listing_read(&folder->names, folder->fd);
    folder->looked_in = true;
    return folder->listed && listing_lacks(&folder->names, name);
}

/* One system call at most, which gives no descriptor out that would have to be closed again. */
static enum step look_step(struct search *search)
{
    struct stat st;
    const char *name = search->path + search->len + 1;
    if (folder_lacks(search, name))
        return found_missing(search, search->len) ? STEP_DONE : STEP_LONG_WAY;
    if (fstatat(search->folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return step_other(search);
    if (S_ISLNK(st.st_mode))
        return link_follow(search) ? STEP_LINK : STEP_LONG_WAY;
    found_fill(search->found, &st);
    search->found->known = search->size;
    return found_done(search) ? STEP_DONE : STEP_LONG_WAY;
}

static enum step step_missing(struct search *search, size_t known)
{
    return known && found_missing(search, known) ? STEP_DONE : STEP_LONG_WAY;
}

/* Opens the folder for who looks; who wants a descriptor gets it by the whole path as fast. False:
 * it cannot be opened, as errno tells. */
static bool folder_prepare(struct search *search)
{
    if (!search->folder)
        search->folder = folder_remember(search);
    struct plain_folder *folder = search->folder;
    if (folder && folder->fd < 0 && search->look) {
        folder->fd = folder_open(search);
        return folder->fd >= 0;
    }
    return true;
}

static enum step resolve_step(struct search *search)
{
    size_t known;
    const char *path = search->path;
    if (!path_is_plain(path))
        return STEP_LONG_WAY;
    search->len = slash_before(path, search->size);
    folders_recall(search, &known);
    if (known)
        return step_missing(search, known);
    if (!folder_prepare(search))
        return errno == ENOENT ? step_missing(search, known_of(search, search->len))
                               : STEP_LONG_WAY;
    const struct plain_folder *folder = search->folder;
    bool below = folder && folder->fd >= 0;
    if (below && search->look)
        return look_step(search);
    if (search->len == 0 && link_follow(search)) /* /bin, /lib and the like are links as a rule */
        return STEP_LINK;
    int fd = below ? open_below(folder->fd, path + search->len + 1) : prefix_open(search, path);
    if (fd < 0)
        return step_other(search);
    return found_there(search, fd) ? STEP_DONE : STEP_LONG_WAY;
}

bool plain_resolve(struct plain_cache *cache, const char *path, bool look, struct arena *arena,
                   struct path_found *out)
{
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    struct search search UNINITIALIZED;
    search.size = strlen(path);
    if (search.size >= PLAIN_PATH_MAX)
        return false;
    search.cache = cache;
    search.arena = arena;
    search.found = &found;
    search.look = look;
    memcpy(search.path, path, search.size + 1);
    for (unsigned links = 0; links <= PLAIN_LINKS_MAX; links++) {
        enum step step = resolve_step(&search);
        if (step == STEP_LONG_WAY)
            return false;
        if (step == STEP_LINK)
            continue;
        *out = found;
        found = (struct path_found){ .fd = -1 };
        return true;
    }
    return false;
}
