#include "sandbox/snapshot/pack.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "lib/base/crash.h"
#include "lib/base/encode.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/random.h"
#include "sandbox/snapshot/bytes.h"

#define MAGIC       "nonopack"
#define END_MAGIC   "nonopend"
#define VERSION     1
#define HEADER_LEN  16
#define FOOTER_LEN  64
#define BUFFER_LEN  MIB
#define ALIGNMENT   4096
#define FLUSH_BYTES (8 * MIB) /* the kernel begins to write what has come this far */

struct pack_writer {
    int packs; /* not owned */
    int fd;
    char temporary[32];
    unsigned char *buffer;
    size_t buffered;
    uint64_t written; /* bytes in the file */
    uint64_t started; /* bytes that the kernel was told to write */
    struct pack_entry *entries;
    size_t count, room;
};

bool pack_writer_new(int packs, struct pack_writer **out, struct error *err)
{
    CLEANUP(pack_writer_freep) struct pack_writer *writer = xnew(struct pack_writer);
    writer->packs = packs;
    writer->buffer = xcalloc(1, BUFFER_LEN);
    memcpy(writer->temporary, ".tmp-", 6);
    random_hex(writer->temporary + 5, 16);
    if (!file_open_beneath(packs, writer->temporary, O_RDWR | O_CREAT | O_EXCL, 0600, &writer->fd,
                           err)) {
        writer->fd = -1;
        return error_prefix(err, "snapshot store");
    }
    memcpy(writer->buffer, MAGIC, 8);
    uint32_t version = htole32(VERSION);
    memcpy(writer->buffer + 8, &version, sizeof(version));
    writer->buffered = HEADER_LEN;
    *out = STEAL(writer);
    return true;
}

void pack_writer_free(struct pack_writer *writer)
{
    if (!writer)
        return;
    if (writer->temporary[0] && writer->fd >= 0)
        (void)unlinkat(writer->packs, writer->temporary, 0);
    closep(&writer->fd);
    free(writer->buffer);
    free(writer->entries);
    free(writer);
}

static bool buffer_flush(struct pack_writer *writer, struct error *err)
{
    if (!file_write_all(writer->fd, writer->buffer, writer->buffered, err))
        return error_prefix(err, "snapshot store");
    writer->written += writer->buffered;
    writer->buffered = 0;
    if (writer->written - writer->started >= FLUSH_BYTES) {
        (void)sync_file_range(writer->fd, (off_t)writer->started,
                              (off_t)(writer->written - writer->started), SYNC_FILE_RANGE_WRITE);
        writer->started = writer->written;
    }
    return true;
}

static bool buffer_add(struct pack_writer *writer, const void *bytes, size_t len, struct error *err)
{
    for (size_t done = 0; done < len;) {
        size_t part = BUFFER_LEN - writer->buffered;
        if (part > len - done)
            part = len - done;
        memcpy(writer->buffer + writer->buffered, (const char *)bytes + done, part);
        writer->buffered += part;
        done += part;
        if (writer->buffered == BUFFER_LEN && !buffer_flush(writer, err))
            return false;
    }
    return true;
}

uint64_t pack_writer_bytes(const struct pack_writer *writer)
{
    return writer->written + writer->buffered;
}

static struct pack_entry *entry_add(struct pack_writer *writer)
{
    if (writer->count == writer->room) {
        writer->room = writer->room ? 2 * writer->room : 256;
        writer->entries = xreallocarray(writer->entries, writer->room, sizeof(*writer->entries));
    }
    assert(writer->entries); /* for room is more than count */
    return &writer->entries[writer->count++];
}

bool pack_put(struct pack_writer *writer, const unsigned char digest[SHA256_BYTES],
              const void *bytes, size_t len, struct error *err)
{
    uint64_t offset = pack_writer_bytes(writer);
    if (!buffer_add(writer, bytes, len, err))
        return false;
    struct pack_entry *entry = entry_add(writer);
    memcpy(entry->digest, digest, SHA256_BYTES);
    entry->offset = offset;
    entry->len = len;
    return true;
}

/* Whether copy_file_range(2) cannot do it at all: between two file systems, mostly. */
static bool kernel_declines(int sys)
{
    return sys == EXDEV || sys == EINVAL || sys == ENOSYS || sys == EOPNOTSUPP;
}

/* By read and write, up to a buffer; through the pack's own, which was flushed. */
static ssize_t piece_copy(struct pack_writer *writer, int fd, off_t from, off_t to, uint64_t len)
{
    size_t want = len < BUFFER_LEN ? (size_t)len : BUFFER_LEN;
    ssize_t got = pread(fd, writer->buffer, want, from);
    for (ssize_t done = 0; done < got;) {
        ssize_t put = pwrite(writer->fd, writer->buffer + done, (size_t)(got - done), to + done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        done += put;
    }
    return got;
}

/* Copies within the kernel where it can; ends early when the file does. */
static bool range_copy(struct pack_writer *writer, int fd, uint64_t offset, uint64_t len,
                       uint64_t *out_len, struct error *err)
{
    uint64_t done = 0;
    bool by_hand = false;
    while (done < len) {
        off_t from = (off_t)(offset + done), to = (off_t)(writer->written + done);
        ssize_t got = by_hand ? piece_copy(writer, fd, from, to, len - done)
                              : copy_file_range(fd, &from, writer->fd, &to, len - done, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && !by_hand && kernel_declines(errno)) {
            by_hand = true;
            continue;
        }
        if (got < 0)
            return error_set_errno(err, "copy into the snapshot store");
        if (got == 0)
            break;
        done += (uint64_t)got;
    }
    *out_len = done;
    return true;
}

static bool range_hash(struct pack_writer *writer, uint64_t len, unsigned char digest[SHA256_BYTES],
                       struct error *err)
{
    struct sha256 sha;
    sha256_init(&sha);
    for (uint64_t done = 0; done < len;) {
        size_t want = len - done < BUFFER_LEN ? (size_t)(len - done) : BUFFER_LEN;
        ssize_t got = pread(writer->fd, writer->buffer, want, (off_t)(writer->written + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set_errno(err, "read the snapshot store");
        sha256_add(&sha, writer->buffer, (size_t)got);
        done += (uint64_t)got;
    }
    sha256_end(&sha, digest);
    return true;
}

bool pack_copy(struct pack_writer *writer, int fd, uint64_t offset, uint64_t len,
               unsigned char digest[SHA256_BYTES], uint64_t *out_len, struct error *err)
{
    static const unsigned char zeros[ALIGNMENT];
    size_t gap = (size_t)(-pack_writer_bytes(writer) & (ALIGNMENT - 1));
    uint64_t copied;
    if (!buffer_add(writer, zeros, gap, err) || !buffer_flush(writer, err) ||
        !range_copy(writer, fd, offset, len, &copied, err) ||
        !range_hash(writer, copied, digest, err))
        return false;
    struct pack_entry *entry = entry_add(writer);
    memcpy(entry->digest, digest, SHA256_BYTES);
    entry->offset = writer->written;
    entry->len = *out_len = copied;
    writer->written += copied;
    if (lseek(writer->fd, (off_t)writer->written, SEEK_SET) < 0)
        return error_set_errno(err, "seek");
    return true;
}

bool pack_drop(struct pack_writer *writer, struct error *err)
{
    uint64_t offset = writer->entries[writer->count - 1].offset;
    if (ftruncate(writer->fd, (off_t)offset) != 0 || lseek(writer->fd, (off_t)offset, SEEK_SET) < 0)
        return error_set_errno(err, "cut the pack");
    writer->written = offset;
    writer->count--;
    return true;
}

static int by_digest(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_BYTES); /* the digest comes first */
}

/* The index and what leads to it, behind the objects. */
static bool index_write(struct pack_writer *writer, char out_name[PACK_NAME_TEXT],
                        struct error *err)
{
    struct writer text = { 0 };
    for (size_t i = 0; i < writer->count; i++) {
        put_bytes(&text, writer->entries[i].digest, SHA256_BYTES);
        put_u64(&text, writer->entries[i].offset);
        put_u64(&text, writer->entries[i].len);
        put_u64(&text, 0); /* encoding: as it is */
    }
    unsigned char digest[SHA256_BYTES];
    sha256_of(text.bytes, text.len, digest);
    hex_encode(digest, sizeof(digest), out_name);
    memcpy(out_name + SHA256_TEXT - 1, ".pack", 6);

    put_u64(&text, pack_writer_bytes(writer));
    put_u64(&text, writer->count);
    put_bytes(&text, digest, sizeof(digest));
    put_u32(&text, VERSION);
    put_u32(&text, 0);
    put_bytes(&text, END_MAGIC, 8);
    bool ok = buffer_add(writer, text.bytes, text.len, err) && buffer_flush(writer, err);
    writer_clear(&text);
    return ok;
}

bool pack_writer_finish(struct pack_writer *writer, char out_name[PACK_NAME_TEXT],
                        struct pack_entry **out_entries, size_t *out_count, struct error *err)
{
    qsort(writer->entries, writer->count, sizeof(*writer->entries), by_digest);
    if (!index_write(writer, out_name, err))
        return false;
    crash_point("snapshot.pack.written");
    if (fdatasync(writer->fd) != 0)
        return error_set_errno(err, "snapshot store: fdatasync");
    if (renameat(writer->packs, writer->temporary, writer->packs, out_name) != 0)
        return error_set_errno(err, "snapshot store: rename");
    writer->temporary[0] = '\0';
    crash_point("snapshot.pack.named");
    if (!file_sync(writer->packs, err))
        return error_prefix(err, "snapshot store");
    *out_entries = STEAL(writer->entries);
    *out_count = writer->count;
    return true;
}

bool pack_read(int fd, void *bytes, size_t len, uint64_t offset, struct error *err)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(fd, (char *)bytes + done, len - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EIO)
            return error_set(err, UNTRUSTED, "the disk cannot read it");
        if (got < 0)
            return error_set_errno(err, "read");
        if (got == 0)
            return error_set(err, UNTRUSTED, "cut short");
        done += (size_t)got;
    }
    return true;
}

static bool footer_read(int fd, uint64_t *out_start, uint64_t *out_count,
                        unsigned char digest[SHA256_BYTES], struct error *err)
{
    unsigned char bytes[FOOTER_LEN];
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat");
    if (st.st_size < HEADER_LEN + FOOTER_LEN)
        return error_set(err, UNTRUSTED, "cut short");
    if (!pack_read(fd, bytes, sizeof(bytes), (uint64_t)st.st_size - FOOTER_LEN, err))
        return false;
    struct reader reader = { bytes, sizeof(bytes), false };
    uint64_t start = get_u64(&reader), count = get_u64(&reader);
    get_copy(&reader, digest, SHA256_BYTES);
    uint32_t version = get_u32(&reader);
    (void)get_u32(&reader);
    const unsigned char *magic = get_bytes(&reader, 8);
    if (!magic || memcmp(magic, END_MAGIC, 8) != 0)
        return error_set(err, UNTRUSTED, "its end is not that of a pack");
    if (version > VERSION)
        return error_set(err, UNSUPPORTED, "written by a newer version (%u)", version);
    uint64_t room = (uint64_t)st.st_size - FOOTER_LEN;
    if (start < HEADER_LEN || start > room || (room - start) % PACK_ENTRY_BYTES ||
        (room - start) / PACK_ENTRY_BYTES != count)
        return error_set(err, UNTRUSTED, "the index has no place in it");
    *out_start = start;
    *out_count = count;
    return true;
}

static bool entries_decode(const unsigned char *bytes, size_t count, uint64_t start,
                           struct pack_entry *out, struct error *err)
{
    struct reader reader = { bytes, count * PACK_ENTRY_BYTES, false };
    for (size_t i = 0; i < count; i++) {
        get_copy(&reader, out[i].digest, SHA256_BYTES);
        out[i].offset = get_u64(&reader);
        out[i].len = get_u64(&reader);
        uint64_t encoding = get_u64(&reader);
        if (encoding)
            return error_set(err, UNSUPPORTED, "an object is encoded in a newer way");
        if (out[i].offset < HEADER_LEN || out[i].offset > start ||
            out[i].len > start - out[i].offset)
            return error_set(err, UNTRUSTED, "an object has no place in it");
        if (i && memcmp(out[i - 1].digest, out[i].digest, SHA256_BYTES) >= 0)
            return error_set(err, UNTRUSTED, "the index is not in order");
    }
    return true;
}

bool pack_index_read(int fd, struct pack_entry **out, size_t *out_count, struct error *err)
{
    uint64_t start, count;
    unsigned char digest[SHA256_BYTES], actual[SHA256_BYTES];
    if (!footer_read(fd, &start, &count, digest, err))
        return false;
    size_t len = (size_t)count * PACK_ENTRY_BYTES;
    CLEANUP(freep) unsigned char *bytes = xcalloc(1, len + 1);
    if (!pack_read(fd, bytes, len, start, err))
        return false;
    sha256_of(bytes, len, actual);
    if (memcmp(actual, digest, SHA256_BYTES) != 0)
        return error_set(err, UNTRUSTED, "the index is damaged");
    CLEANUP(freep) struct pack_entry *entries = xcalloc((size_t)count + 1, sizeof(*entries));
    if (!entries_decode(bytes, (size_t)count, start, entries, err))
        return false;
    *out = STEAL(entries);
    *out_count = (size_t)count;
    return true;
}
