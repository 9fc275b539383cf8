#include "lib/pack/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "lib/base/mem.h"

#define BLOCK       512
#define BINARY_MARK "21 hdrcharset=BINARY\n"

struct tar_writer {
    struct archive *archive;
    struct tar_output output;
    struct error failure; /* of output, when abandoned */
    uint64_t size;
    bool abandoned; /* nothing more is put out */
};

/* Always succeeds as far as libarchive knows, which leaks memory when its output fails. */
static la_ssize_t output_write(struct archive *archive, void *context, const void *bytes,
                               size_t len)
{
    struct tar_writer *writer = context;
    (void)archive;
    if (!writer->abandoned &&
        !writer->output.bytes(writer->output.context, bytes, len, &writer->failure))
        writer->abandoned = true;
    writer->size += len;
    return (la_ssize_t)len;
}

/* The result of a step: libarchive's, and that of the output. */
static bool writer_result(const struct tar_writer *writer, bool ok, struct error *err)
{
    if (writer->abandoned) {
        *err = writer->failure;
        return false;
    }
    if (ok)
        return true;
    const char *reason = archive_error_string(writer->archive);
    return error_set(err, INTERNAL, "tar: %s", reason ? reason : "cannot be written");
}

bool tar_writer_new(bool binary_names, const struct tar_output *output, struct tar_writer **out,
                    struct error *err)
{
    CLEANUP(tar_writer_freep) struct tar_writer *writer = xnew(struct tar_writer);
    writer->output = *output;
    writer->archive = archive_write_new();
    struct archive *archive = writer->archive;
    if (!archive)
        abort();
    if (archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(archive, 0) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        (binary_names &&
         archive_write_set_format_option(archive, "pax", "hdrcharset", "BINARY") != ARCHIVE_OK) ||
        archive_write_open2(archive, writer, NULL, output_write, NULL, NULL) != ARCHIVE_OK)
        return writer_result(writer, false, err);
    *out = STEAL(writer);
    return true;
}

void tar_writer_free(struct tar_writer *writer)
{
    if (!writer)
        return;
    if (writer->archive) {
        writer->abandoned = true;
        (void)archive_write_free(writer->archive);
    }
    free(writer);
}

DEFINE_CLEANUP(struct archive_entry *, archive_entry_free)

bool tar_writer_file(struct tar_writer *writer, const char *path, bool executable, uint64_t size,
                     struct error *err)
{
    CLEANUP(archive_entry_freep) struct archive_entry *entry = archive_entry_new();
    if (!entry)
        abort();
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, executable ? 0755 : 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, 0, 0);
    return writer_result(writer, archive_write_header(writer->archive, entry) == ARCHIVE_OK, err);
}

bool tar_writer_bytes(struct tar_writer *writer, const void *bytes, size_t len, struct error *err)
{
    bool ok = len == 0 || archive_write_data(writer->archive, bytes, len) == (la_ssize_t)len;
    return writer_result(writer, ok, err);
}

bool tar_writer_end(struct tar_writer *writer, struct error *err)
{
    return writer_result(writer, archive_write_close(writer->archive) == ARCHIVE_OK, err);
}

uint64_t tar_writer_size(const struct tar_writer *writer)
{
    return writer->size;
}

bool tar_name_is_binary(const char *path)
{
    for (; *path; path++)
        if ((unsigned char)*path >= 0x80)
            return true;
    return false;
}

bool tar_is_binary(const void *begin, size_t len)
{
    size_t mark = strlen(BINARY_MARK);
    return len >= BLOCK + mark && memcmp((const char *)begin + BLOCK, BINARY_MARK, mark) == 0;
}
