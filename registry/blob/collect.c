/* The collector of blobs that nobody refers to, and of temporary files that a crash left. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "registry/blob/internal.h"

struct collection {
    const struct blob_store *store;
    int64_t before_s;
    blob_wanted *wanted;
    void *context;
    uint64_t removed;
};

static bool collect_one(void *context, const char *digest, uint64_t size, struct error *err)
{
    struct collection *collection = context;
    (void)size;
    char path[BLOB_PATH];
    struct stat status;
    bool wanted;
    if (!blob_path(digest, path, err))
        return false;
    if (fstatat(collection->store->objects, path, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        status.st_mtim.tv_sec >= collection->before_s)
        return true;
    if (!collection->wanted(collection->context, digest, &wanted, err))
        return false;
    if (wanted)
        return true;
    if (unlinkat(collection->store->objects, path, 0) != 0)
        return errno == ENOENT || error_set_errno(err, "remove blob %s", digest);
    collection->removed++;
    return true;
}

DEFINE_CLEANUP(DIR *, closedir)

static bool temp_collect(const struct collection *collection, struct error *err)
{
    int fd = fcntl(collection->store->temp, F_DUPFD_CLOEXEC, 0);
    CLEANUP(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return error_set_errno(err, "list tmp");
    rewinddir(dir);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): readdir is safe on a stream of one's own */
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat status;
        if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_mtim.tv_sec < collection->before_s)
            (void)unlinkat(fd, entry->d_name, 0);
    }
    return true;
}

bool blob_collect(struct blob_store *store, unsigned age_s, blob_wanted *wanted, void *context,
                  bool *out_done, uint64_t *out_removed, struct error *err)
{
    CLEANUP(closep) int lock = -1;
    *out_done = false;
    *out_removed = 0;
    if (!blob_lock(store, BLOB_LOCK, LOCK_EX | LOCK_NB, &lock, err))
        return err->sys == EWOULDBLOCK;
    struct collection collection = {
        .store = store,
        .before_s = clock_now_us() / CLOCK_SECOND - age_s + (age_s == 0),
        .wanted = wanted,
        .context = context,
    };
    if (!blob_each(store, collect_one, &collection, err) || !temp_collect(&collection, err))
        return error_prefix(err, "collect blobs");
    *out_removed = collection.removed;
    *out_done = true;
    return true;
}
