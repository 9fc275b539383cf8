#include "sandbox/snapshot/content.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "sandbox/snapshot/facts.h"

#define BUFFER_LEN \
    MIB /* a file up to this is read as a whole; a larger one is copied or streamed */
#define TRIES 3

void content_init(struct content *content, struct snapshot_store *store)
{
    *content = (struct content){ store, xcalloc(1, BUFFER_LEN) };
}

void content_clear(struct content *content)
{
    free(content->buffer);
    content->buffer = NULL;
}

/* Up to the buffer's size, or to the end of the file. */
static bool buffer_fill(struct content *content, int fd, size_t *out_len, struct error *err)
{
    size_t len = 0;
    while (len < BUFFER_LEN) {
        ssize_t got = read(fd, content->buffer + len, BUFFER_LEN - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, "read");
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *out_len = len;
    return true;
}

static bool small_take(struct content *content, int fd, struct node *node, struct error *err)
{
    size_t len;
    if (!buffer_fill(content, fd, &len, err))
        return false;
    node->size = len;
    sha256_of(content->buffer, len, node->digest);
    return !content->store ||
           snapshot_store_put(content->store, node->digest, content->buffer, len, err);
}

static bool stream_take(struct content *content, int fd, struct node *node, struct error *err)
{
    struct sha256 sha;
    sha256_init(&sha);
    node->size = 0;
    for (;;) {
        size_t len;
        if (!buffer_fill(content, fd, &len, err))
            return false;
        sha256_add(&sha, content->buffer, len);
        node->size += len;
        if (len < BUFFER_LEN)
            break;
    }
    sha256_end(&sha, node->digest);
    return true;
}

static bool once_take(struct content *content, int fd, struct node *node, struct error *err)
{
    if (lseek(fd, 0, SEEK_SET) < 0)
        return error_set_errno(err, "seek");
    if (node->size < BUFFER_LEN)
        return small_take(content, fd, node, err);
    if (!content->store)
        return stream_take(content, fd, node, err);
    return snapshot_store_copy(content->store, fd, node->size, node->digest, &node->size, err);
}

/* The facts of an open file. */
static bool file_facts(int fd, struct node *node, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat");
    if (!S_ISREG(st.st_mode)) {
        errno = ENOTDIR;
        return error_set_errno(err, "changed its kind");
    }
    facts_take(&st, node);
    return true;
}

bool content_file(struct content *content, int dir, struct node *node, bool *steady,
                  struct error *err)
{
    CLEANUP(closep) int fd = -1;
    if (!file_open_same_mount(dir, node->name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, err))
        return err->sys == EAGAIN ? error_hint(err, "a program has a lease of it: end that first")
                                  : false;
    if (!file_facts(fd, node, err))
        return false;
    for (int tries = 0; tries < TRIES; tries++) {
        struct node after = *node;
        if (!once_take(content, fd, node, err) || !file_facts(fd, &after, err))
            return false;
        if (after.size == node->size && after.mtime_ns == node->mtime_ns &&
            after.ctime_ns == node->ctime_ns)
            return true;
        memcpy(after.digest, node->digest, SHA256_BYTES);
        uint64_t taken = node->size;
        *node = after;
        if (tries == TRIES - 1)
            node->size = taken;
    }
    node->ctime_ns = 0;
    *steady = false;
    return true;
}

bool content_link(struct content *content, int dir, struct node *node, struct error *err)
{
    ssize_t len = readlinkat(dir, node->name, (char *)content->buffer, LIMIT_SNAPSHOT_LINK_BYTES);
    if (len < 0 && errno == EINVAL)
        errno = ENOTDIR; /* no link any more */
    if (len < 0)
        return error_set_errno(err, "read the link");
    node->size = (uint64_t)len;
    sha256_of(content->buffer, (size_t)len, node->digest);
    return !content->store ||
           snapshot_store_put(content->store, node->digest, content->buffer, (size_t)len, err);
}
