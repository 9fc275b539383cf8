#include "registry/blob/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/files.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "registry/blob/internal.h"

bool blob_path(const char *digest, char out[BLOB_PATH], struct error *err)
{
    if (!sha256_is_text(digest))
        return error_set(err, INVALID, "not a SHA-256 digest of 64 lower-case hex digits");
    (void)snprintf(out, BLOB_PATH, "%.2s/%s", digest, digest);
    return true;
}

/* The 256 folders are made once, so that no write has to sync a new one. */
static bool fans_make(int objects, struct error *err)
{
    struct stat last;
    if (fstatat(objects, "ff", &last, AT_SYMLINK_NOFOLLOW) == 0)
        return true;
    for (unsigned i = 0; i < BLOB_FANS; i++) {
        char name[3];
        (void)snprintf(name, sizeof(name), "%02x", i);
        if (mkdirat(objects, name, 0750) != 0 && errno != EEXIST)
            return error_set_errno(err, "mkdir sha256/%s", name);
    }
    return file_sync(objects, err);
}

bool blob_fan_open(const struct blob_store *store, unsigned fan, int *out_fd, struct error *err)
{
    char name[3];
    (void)snprintf(name, sizeof(name), "%02x", fan);
    return file_open_beneath(store->objects, name, O_RDONLY | O_DIRECTORY, 0, out_fd, err);
}

/* What a crash of the machine took is there again before anyone looks; one replays at a time. */
static bool store_recover(struct blob_store *store, struct error *err)
{
    CLEANUP(closep) int lock = -1;
    uint64_t restored;
    if (!blob_lock(store, BLOB_REPLAY_LOCK, LOCK_EX, &lock, err) ||
        !journal_replay(store, &restored, err))
        return false;
    if (restored > 0)
        log_warn("blobs.restored", KV("count", (int64_t)restored));
    return true;
}

bool blob_store_open(const char *path, struct blob_store **out, struct error *err)
{
    CLEANUP(blob_store_closep) struct blob_store *store = xnew(struct blob_store);
    store->root = store->objects = store->temp = -1;
    store->tasks = task_pool_new();
    if (!dir_make_path(path, 0750, err) || !dir_open(path, &store->root, err) ||
        !dir_make_beneath(store->root, "sha256", 0750, err) ||
        !dir_make_beneath(store->root, "tmp", 0700, err) ||
        !file_open_beneath(store->root, "sha256", O_RDONLY | O_DIRECTORY, 0, &store->objects,
                           err) ||
        !file_open_beneath(store->root, "tmp", O_RDONLY | O_DIRECTORY, 0, &store->temp, err) ||
        !fans_make(store->objects, err) || !journal_open(store, &store->journal, err) ||
        !store_recover(store, err))
        return error_prefix(err, "blob folder %s", path);
    *out = STEAL(store);
    return true;
}

void blob_store_close(struct blob_store *store)
{
    if (!store)
        return;
    journal_close(store->journal);
    closep(&store->root);
    closep(&store->objects);
    closep(&store->temp);
    task_pool_free(store->tasks);
    free(store);
}

bool blob_open(const struct blob_store *store, const char *digest, int *out_fd, uint64_t *out_size,
               struct error *err)
{
    char path[BLOB_PATH];
    struct stat status;
    if (!blob_path(digest, path, err))
        return false;
    CLEANUP(closep) int fd = openat(store->objects, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return error_set_errno(err, "blob %s", digest);
    if (fstat(fd, &status) != 0)
        return error_set_errno(err, "blob %s", digest);
    *out_size = (uint64_t)status.st_size;
    *out_fd = STEAL_FD(fd);
    return true;
}

bool blob_read(const struct blob_store *store, const char *digest, size_t max_bytes,
               struct arena *arena, const char **out, size_t *out_len, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    uint64_t size;
    return blob_open(store, digest, &fd, &size, err) &&
           (file_read(fd, max_bytes, arena, out, out_len, err) ||
            error_prefix(err, "blob %s", digest));
}

bool blob_verify(const struct blob_store *store, const char *digest, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    uint64_t size;
    char actual[SHA256_TEXT];
    if (!blob_open(store, digest, &fd, &size, err) || !sha256_file(fd, actual, NULL, err))
        return false;
    return strcmp(actual, digest) == 0 ||
           error_set(err, UNTRUSTED, "blob %s has other bytes: their digest is %s", digest, actual);
}

bool blob_store_checkpoint(struct blob_store *store, struct error *err)
{
    return journal_checkpoint(store->journal, err);
}

bool blob_store_check(const struct blob_store *store, struct error *err)
{
    char name[40] = "check-";
    random_hex(name + strlen(name), 16);
    if (!file_replace(store->temp, name, name, strlen(name), 0600, err))
        return error_prefix(err, "blob folder");
    return unlinkat(store->temp, name, 0) == 0 || error_set_errno(err, "blob folder: remove");
}

DEFINE_CLEANUP(DIR *, closedir)

static bool fan_each(const struct blob_store *store, const char *fan, blob_visit *visit,
                     void *context, struct error *err)
{
    int fd = -1;
    if (!file_open_beneath(store->objects, fan, O_RDONLY | O_DIRECTORY, 0, &fd, err))
        return error_prefix(err, "blob folder objects");
    CLEANUP(closedirp) DIR *dir = fdopendir(fd);
    if (!dir)
        abort();
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): readdir is safe on a stream of one's own */
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat status;
        if (!sha256_is_text(entry->d_name) || strncmp(entry->d_name, fan, 2) != 0)
            continue;
        if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue; /* removed meanwhile */
        if (!visit(context, entry->d_name, (uint64_t)status.st_size, err))
            return false;
    }
    return true;
}

bool blob_each(const struct blob_store *store, blob_visit *visit, void *context, struct error *err)
{
    for (unsigned i = 0; i < BLOB_FANS; i++) {
        char fan[3];
        (void)snprintf(fan, sizeof(fan), "%02x", i);
        if (!fan_each(store, fan, visit, context, err))
            return false;
    }
    return true;
}
