/* The second reading: the index says where each file stands in the tar, so that nothing is parsed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/pack/archive.h"
#include "lib/pack/zst.h"

struct cursor {
    const struct archive_sink *sink;
    const struct pack_file *file, *end; /* the file in hand or the next */
    uint64_t at;                        /* in the tar */
    uint64_t done;                      /* bytes of the file in hand */
    bool begun;
    struct sha256 sha;
};

static bool changed(struct error *err)
{
    return error_set(err, CONFLICT, "the archive has changed while it was read");
}

static bool file_begin(struct cursor *cursor, struct error *err)
{
    cursor->begun = true;
    cursor->done = 0;
    sha256_init(&cursor->sha);
    return !cursor->sink->begin || cursor->sink->begin(cursor->sink->context, cursor->file, err);
}

static bool file_end(struct cursor *cursor, struct error *err)
{
    unsigned char digest[SHA256_BYTES];
    char text[SHA256_TEXT];
    sha256_end(&cursor->sha, digest);
    hex_encode(digest, sizeof(digest), text);
    if (strcmp(text, cursor->file->sha256) != 0)
        return changed(err);
    if (cursor->sink->end && !cursor->sink->end(cursor->sink->context, cursor->file, err))
        return false;
    cursor->file++;
    cursor->begun = false;
    return true;
}

/* What of a piece, which begins at cursor->at, belongs to the file in hand; false: an error. */
static bool file_take(struct cursor *cursor, const char *bytes, size_t len, struct error *err)
{
    uint64_t want = cursor->file->offset + cursor->done;
    size_t skip = (size_t)(want - cursor->at);
    uint64_t left = cursor->file->size - cursor->done;
    size_t take = len - skip < left ? len - skip : (size_t)left;
    if (take == 0)
        return true;
    sha256_add(&cursor->sha, bytes + skip, take);
    cursor->done += take;
    return !cursor->sink->bytes ||
           cursor->sink->bytes(cursor->sink->context, bytes + skip, take, err);
}

static bool piece_take(struct cursor *cursor, const char *bytes, size_t len, struct error *err)
{
    while (cursor->file < cursor->end && cursor->file->offset <= cursor->at + len) {
        if (!cursor->begun && !file_begin(cursor, err))
            return false;
        if (!file_take(cursor, bytes, len, err))
            return false;
        if (cursor->done < cursor->file->size)
            break; /* goes on in the next piece */
        if (!file_end(cursor, err))
            return false;
    }
    cursor->at += len;
    return true;
}

bool archive_stream(const struct archive_source *source, const struct pack_index *index,
                    const struct archive_sink *sink, struct error *err)
{
    const struct pack_file *files = index->files.items;
    struct cursor cursor = { .sink = sink, .file = files, .end = files + index->files.count };
    CLEANUP(zst_reader_freep)
    struct zst_reader *zst = zst_reader_new(source, index->archive_bytes, index->tar_bytes);
    for (size_t len = 1; len;) {
        const void *bytes;
        if (!zst_reader_next(zst, &bytes, &len, err) || !piece_take(&cursor, bytes, len, err))
            return false;
    }
    struct zst_totals totals;
    zst_reader_totals(zst, &totals);
    return (cursor.file == cursor.end && strcmp(totals.in_sha256, index->sha256) == 0) ||
           changed(err);
}

struct extraction {
    int dir;
    int fd; /* the file in hand */
};

static bool extract_begin(void *context, const struct pack_file *file, struct error *err)
{
    struct extraction *extraction = context;
    const char *slash = strrchr(file->path, '/');
    if (slash) {
        char folder[LIMIT_PACK_PATH_BYTES + 1];
        size_t len = (size_t)(slash - file->path);
        memcpy(folder, file->path, len);
        folder[len] = '\0';
        if (!dir_make_beneath(extraction->dir, folder, 0755, err))
            return false;
    }
    return file_open_beneath(extraction->dir, file->path, O_WRONLY | O_CREAT | O_EXCL, 0600,
                             &extraction->fd, err);
}

static bool extract_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    const struct extraction *extraction = context;
    return file_write_all(extraction->fd, bytes, len, err);
}

static bool extract_end(void *context, const struct pack_file *file, struct error *err)
{
    struct extraction *extraction = context;
    CLEANUP(closep) int fd = extraction->fd;
    extraction->fd = -1;
    if (fchmod(fd, file->executable ? 0755 : 0644) != 0)
        return error_set_errno(err, "chmod %s", file->path);
    return file_sync(fd, err);
}

/* Every folder that has files: their names are durable too. */
static bool folders_sync(int dir, const struct pack_index *index, struct error *err)
{
    const char *before = "";
    size_t before_len = 0;
    LIST_FOREACH (index->files, struct pack_file, file) {
        const char *slash = strrchr(file->path, '/');
        size_t len = slash ? (size_t)(slash - file->path) : 0;
        if (len == 0 || (len == before_len && memcmp(before, file->path, len) == 0))
            continue;
        char folder[LIMIT_PACK_PATH_BYTES + 1];
        memcpy(folder, file->path, len);
        folder[len] = '\0';
        CLEANUP(closep) int fd = -1;
        if (!file_open_beneath(dir, folder, O_RDONLY | O_DIRECTORY, 0, &fd, err) ||
            !file_sync(fd, err))
            return false;
        before = file->path;
        before_len = len;
    }
    return file_sync(dir, err);
}

static bool folder_fill(const struct archive_source *source, const struct pack_index *index,
                        int parent, const char *name, struct error *err)
{
    CLEANUP(closep) int dir = -1;
    if (!file_open_beneath(parent, name, O_RDONLY | O_DIRECTORY, 0, &dir, err))
        return false;
    struct extraction extraction = { dir, -1 };
    struct archive_sink sink = { &extraction, extract_begin, extract_bytes, extract_end };
    bool ok = archive_stream(source, index, &sink, err) && folders_sync(dir, index, err);
    closep(&extraction.fd);
    return ok && file_sync(parent, err);
}

bool archive_extract(const struct archive_source *source, const struct pack_index *index,
                     int parent, const char *name, struct error *err)
{
    if (mkdirat(parent, name, 0755) != 0)
        return error_set_errno(err, "mkdir %s", name);
    if (folder_fill(source, index, parent, name, err))
        return true;
    struct error second; /* the first failure is the one to tell */
    if (!tree_remove(parent, name, &second))
        error_prefix(err, "%s is left over", name);
    return error_prefix(err, "unpack");
}

const struct pack_file *pack_index_find(const struct pack_index *index, const char *path)
{
    LIST_FOREACH (index->files, struct pack_file, file)
        if (strcmp(file->path, path) == 0)
            return file;
    return NULL;
}
