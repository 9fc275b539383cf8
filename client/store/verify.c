#include "client/store/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/digest/sha256.h"

#define DEPTH_MAX 32

DEFINE_CLEANUP(DIR *, closedir)

/* What a walk over a pack's folder carries. */
struct walk {
    const struct store *store;
    const struct lock_pack *pack;
    struct arena *arena;
    const struct lock_artifact **locked; /* the pack's, by their paths: there may be thousands */
    size_t seen;                         /* of them that are there */
};

static int by_path(const void *a, const void *b)
{
    return strcmp((*(const struct lock_artifact *const *)a)->path,
                  (*(const struct lock_artifact *const *)b)->path);
}

static const struct lock_artifact **locked_sort(const struct lock_pack *pack, struct arena *arena)
{
    size_t count = 0;
    const struct lock_artifact **locked =
        ARENA_ARRAY(arena, const struct lock_artifact *, pack->artifacts.count + 1);
    LIST_FOREACH (pack->artifacts, const struct lock_artifact, artifact)
        locked[count++] = artifact;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
    qsort(locked, count, sizeof(*locked), by_path);
    return locked;
}

static const struct lock_artifact *locked_find(const struct walk *walk, const char *path)
{
    const struct lock_artifact wanted = { .path = path }, *key = &wanted;
    const struct lock_artifact *const *found =
        bsearch(&key, walk->locked, walk->pack->artifacts.count,
                sizeof(const struct lock_artifact *), by_path);
    return found ? *found : NULL;
}

static bool changed(struct error *err, const struct store *store, const struct lock_pack *pack,
                    const char *path, const char *what)
{
    error_set(err, UNTRUSTED, "%s: %.300s %s", pack->key, path, what);
    return store_again_hint(store, pack, err);
}

/* The digest that the lock file has for a path, of which artifact is the record, or NULL. */
static const char *digest_of(const struct lock_pack *pack, const struct lock_artifact *artifact,
                             const char *path)
{
    if (artifact)
        return artifact->sha256;
    return strcmp(path, STORE_MANIFEST) == 0 ? pack->manifest_sha256 : NULL;
}

static bool file_check(int dir, const char *name, const char *path, const char *expected,
                       const struct walk *walk, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    char actual[SHA256_TEXT];
    if (!file_open_beneath(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, &fd, err) ||
        !sha256_file(fd, actual, NULL, err))
        return error_prefix(err, "%s: %.300s", walk->pack->key, path);
    if (strcmp(actual, expected) != 0)
        return changed(err, walk->store, walk->pack, path, "has been changed");
    return true;
}

/* Files of ours, and the manifest of a pack that the original's client installed without locking
 * it. */
static bool is_unlocked_part(const char *path)
{
    return strcmp(path, STORE_TRUST_BUNDLE) == 0 || strcmp(path, STORE_MANIFEST) == 0;
}

static bool folder_walk(int dir, const char *prefix, unsigned depth, struct walk *walk,
                        struct error *err);

static bool entry_check(int dir, const char *name, const char *path, unsigned depth,
                        struct walk *walk, struct error *err)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return error_set_errno(err, "%s: %.300s", walk->pack->key, path);
    if (S_ISDIR(st.st_mode)) {
        CLEANUP(closep) int below = -1;
        return file_open_beneath(dir, name, O_RDONLY | O_DIRECTORY, 0, &below, err) &&
               folder_walk(below, path, depth + 1, walk, err);
    }
    if (!S_ISREG(st.st_mode))
        return changed(err, walk->store, walk->pack, path, "is not a regular file");
    const struct lock_artifact *locked = locked_find(walk, path);
    const char *digest = digest_of(walk->pack, locked, path);
    if (!digest && !is_unlocked_part(path))
        return changed(err, walk->store, walk->pack, path, "is not part of the pack");
    walk->seen += locked != NULL;
    return !digest || file_check(dir, name, path, digest, walk, err);
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by DEPTH_MAX */
static bool folder_walk(int dir, const char *prefix, unsigned depth, struct walk *walk,
                        struct error *err)
{
    if (depth > DEPTH_MAX)
        return changed(err, walk->store, walk->pack, prefix, "is nested too deep");
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closedirp) DIR *listing = copy < 0 ? NULL : fdopendir(copy);
    if (!listing)
        return error_set_errno(err, "%s: %.300s", walk->pack->key, prefix);
    for (;;) {
        errno = 0;
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
        const struct dirent *entry = readdir(listing);
        if (!entry)
            return errno == 0 || error_set_errno(err, "%s: %.300s", walk->pack->key, prefix);
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        const char *path = prefix[0] ? path_join(walk->arena, prefix, name) : name;
        if (!entry_check(dir, name, path, depth, walk, err))
            return false;
    }
}

static bool is_file(int dir, const char *path)
{
    CLEANUP(closep) int fd = -1;
    struct stat st;
    struct error ignored;
    return file_open_beneath(dir, path, O_PATH, 0, &fd, &ignored) && fstat(fd, &st) == 0 &&
           S_ISREG(st.st_mode);
}

static bool missing_find(int dir, const struct store *store, const struct lock_pack *pack,
                         struct error *err)
{
    LIST_FOREACH (pack->artifacts, const struct lock_artifact, artifact)
        if (!is_file(dir, artifact->path))
            return changed(err, store, pack, artifact->path, "is missing");
    return changed(err, store, pack, "a file", "is missing");
}

/* A link or a file in the place of a pack's folder is no fault of the machine. */
static bool folder_open(const struct store *store, const struct lock_pack *pack, int *out_fd,
                        struct error *err)
{
    if (store_pack_open(store, pack, out_fd, err))
        return true;
    if (err->sys == ENOTDIR || err->sys == ELOOP)
        err->kind = ERROR_UNTRUSTED;
    return false;
}

bool store_verify(const struct store *store, const char *namespace, const char *name,
                  struct error *err)
{
    const struct lock_pack *pack = store_find(store, namespace, name);
    if (!pack) {
        error_set(err, NOT_FOUND, "%s/%s is not installed", namespace, name);
        return error_hint(err, "nono pull %s/%s", namespace, name);
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closep) int dir = -1;
    struct walk walk = { .store = store, .pack = pack, .arena = arena };
    walk.locked = locked_sort(pack, arena);
    if (!folder_open(store, pack, &dir, err) || !folder_walk(dir, "", 0, &walk, err))
        return false;
    if (walk.seen != pack->artifacts.count)
        return missing_find(dir, store, pack, err);
    return !pack->manifest_sha256 || is_file(dir, STORE_MANIFEST) ||
           changed(err, store, pack, STORE_MANIFEST, "is missing");
}

/* What stands where a locked file was, and cannot be read as one. */
static bool unread(struct error *err, const struct store *store, const struct lock_pack *pack,
                   const char *path)
{
    if (err->kind == ERROR_NOT_FOUND)
        return changed(err, store, pack, path, "is missing");
    if (err->kind == ERROR_INVALID || err->sys == ENOTDIR || err->sys == ELOOP)
        return changed(err, store, pack, path, "is not a regular file");
    return error_prefix(err, "%s", pack->key);
}

bool store_read_checked(const struct store *store, const struct lock_pack *pack, const char *path,
                        struct arena *arena, const char **out, size_t *out_len, struct error *err)
{
    const char *expected = digest_of(pack, lock_artifact_find(pack, path), path);
    if (!expected)
        return error_set(err, NOT_FOUND, "%s: the pack has no file %.200s", pack->key,
                         text_escape(path, arena));
    CLEANUP(closep) int dir = -1;
    const char *bytes;
    size_t len;
    char actual[SHA256_TEXT];
    if (!folder_open(store, pack, &dir, err))
        return false;
    if (!file_read_beneath(dir, path, LIMIT_ARTIFACT_BYTES, arena, &bytes, &len, err))
        return unread(err, store, pack, path);
    sha256_hex(bytes, len, actual);
    if (strcmp(actual, expected) != 0)
        return changed(err, store, pack, path, "has been changed");
    *out = bytes;
    *out_len = len;
    return true;
}
