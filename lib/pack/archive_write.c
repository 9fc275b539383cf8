#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/pack/archive.h"
#include "lib/pack/folder.h"
#include "lib/pack/tar.h"
#include "lib/pack/zst.h"

const struct pack_limits pack_limits_default = {
    .entries = LIMIT_PACK_ENTRIES,
    .archive_bytes = LIMIT_PACK_ARCHIVE_BYTES,
    .unpacked_bytes = LIMIT_PACK_UNPACKED_BYTES,
    .file_bytes = LIMIT_ARTIFACT_BYTES,
};

static int file_order(const void *a, const void *b)
{
    return strcmp(((const struct pack_file *)a)->path, ((const struct pack_file *)b)->path);
}

static bool compress(void *context, const void *bytes, size_t len, struct error *err)
{
    return zst_writer_bytes(context, bytes, len, err);
}

static bool files_write(const struct pack_file *files, size_t count, struct buf *out,
                        struct error *err)
{
    bool binary = false;
    for (size_t i = 0; i < count; i++)
        binary = binary || tar_name_is_binary(files[i].path);

    CLEANUP(zst_writer_freep) struct zst_writer *zst = zst_writer_new(out);
    CLEANUP(tar_writer_freep) struct tar_writer *tar = NULL;
    if (!tar_writer_new(binary, &(struct tar_output){ zst, compress }, &tar, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!tar_writer_file(tar, files[i].path, files[i].executable, files[i].size, err) ||
            !tar_writer_bytes(tar, files[i].bytes, files[i].size, err))
            return error_prefix(err, "%s", files[i].path);
    return tar_writer_end(tar, err) && zst_writer_end(zst, err);
}

/* What would only show after the work of compressing it. */
static bool files_check(const struct pack_file *files, size_t count,
                        const struct pack_limits *limits, struct error *err)
{
    uint64_t total = 0;
    if (count > limits->entries)
        return error_set(err, TOO_LARGE, "the pack has over %zu files", limits->entries);
    for (size_t i = 0; i < count; i++) {
        if (!pack_path_check(files[i].path, err))
            return error_prefix(err, "file %zu", i + 1);
        if (files[i].size > limits->file_bytes)
            return error_set(err, TOO_LARGE, "%s has over %zu bytes", files[i].path,
                             limits->file_bytes);
        total += files[i].size;
        if (total > limits->unpacked_bytes)
            return error_set(err, TOO_LARGE, "the pack's files have over %zu bytes together",
                             limits->unpacked_bytes);
    }
    return true;
}

bool archive_from_files(const struct pack_file *files, size_t count,
                        const struct pack_limits *limits, struct arena *arena,
                        struct pack_bytes *out, struct pack_index *out_index, struct error *err)
{
    if (!limits)
        limits = &pack_limits_default;
    if (!files_check(files, count, limits, err))
        return false;
    struct pack_file *sorted = ARENA_ARRAY(arena, struct pack_file, count);
    memcpy(sorted, files, count * sizeof(*files));
    qsort(sorted, count, sizeof(*sorted), file_order);

    CLEANUP(buf_clearp) struct buf compressed;
    buf_init(&compressed, limits->archive_bytes);
    if (!files_write(sorted, count, &compressed, err))
        return error_prefix(err, "archive");

    struct archive_source source = { .bytes = compressed.data, .len = compressed.len };
    struct archive_expect expect = { .limits = limits };
    struct pack_index index;
    if (!archive_read_index(&source, &expect, arena, &index, err))
        return false;
    *out = (struct pack_bytes){ arena_strndup(arena, compressed.data, compressed.len),
                                compressed.len };
    *out_index = index;
    return true;
}

bool pack_file_read(int dir, const char *path, size_t max_bytes, struct arena *arena,
                    struct pack_file *out, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    struct stat st;
    const char *bytes;
    size_t size;
    if (!file_open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, err)) {
        if (err->sys == ELOOP)
            return error_set(err, INVALID, "%s: a pack has no symbolic links", path);
        return false;
    }
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat %s", path);
    if (!file_read(fd, max_bytes, arena, &bytes, &size, err))
        return error_prefix(err, "%s", path);
    *out = (struct pack_file){
        .path = path, .executable = (st.st_mode & S_IXUSR) != 0, .bytes = bytes, .size = size
    };
    return true;
}

static bool optional_read(int dir, const char *path, size_t max_bytes, struct arena *arena,
                          struct list *files, struct error *err)
{
    LIST_FOREACH (*files, struct pack_file, file)
        if (strcmp(file->path, path) == 0)
            return true; /* an artifact */
    if (pack_file_read(dir, path, max_bytes, arena, LIST_AT(*files, struct pack_file, files->count),
                       err))
        files->count++;
    else if (err->kind != ERROR_NOT_FOUND)
        return false;
    return true;
}

bool pack_folder_read(int dir, const struct pack_limits *limits, struct arena *arena,
                      struct list *out, struct error *err)
{
    struct pack_file package;
    struct manifest manifest;
    struct list paths;
    if (!pack_file_read(dir, PACK_MANIFEST, LIMIT_MANIFEST_BYTES, arena, &package, err) ||
        !manifest_parse(package.bytes, package.size, PACK_MANIFEST, arena, &manifest, err))
        return false;
    manifest_paths(&manifest, arena, &paths);

    struct list files = { ARENA_ARRAY(arena, struct pack_file, paths.count + 2), 0 };
    uint64_t total = 0;
    LIST_FOREACH (paths, const char *, path) {
        struct pack_file *file = LIST_AT(files, struct pack_file, files.count);
        if (!pack_file_read(dir, *path, limits->file_bytes, arena, file, err))
            return false;
        files.count++;
        total += file->size;
        if (total > limits->unpacked_bytes)
            return error_set(err, TOO_LARGE, "the pack's files have over %zu bytes together",
                             limits->unpacked_bytes);
    }
    if (!optional_read(dir, PACK_README, limits->file_bytes, arena, &files, err) ||
        !optional_read(dir, PACK_LICENSE, limits->file_bytes, arena, &files, err))
        return false;
    *out = files;
    return true;
}

bool archive_from_folder(int dir, const struct pack_limits *limits, struct arena *arena,
                         struct pack_bytes *out, struct pack_index *out_index, struct error *err)
{
    struct list files;
    if (!limits)
        limits = &pack_limits_default;
    return pack_folder_read(dir, limits, arena, &files, err) &&
           archive_from_files(files.items, files.count, limits, arena, out, out_index, err);
}
