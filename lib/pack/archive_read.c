#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/pack/archive.h"
#include "lib/pack/names.h"
#include "lib/pack/tar.h"
#include "lib/pack/zst.h"

#define BLOCK ((uint64_t)512)
/* The most that the tar of an entry adds: two headers, pax records of a long name, padding. */
#define ENTRY_OVERHEAD (4 * BLOCK + 2 * (uint64_t)LIMIT_PACK_PATH_BYTES)

/* What is kept of a file: room for the size that its header tells, which is within the limits. */
struct bytes {
    char *bytes;
    size_t len, room;
};

/*
 * What of the tar has been read and not compared yet with what ought to have been: the rest of the
 * piece in hand, and before it what is left of earlier ones. libarchive reads little more than it
 * has handed on, so that a tar of which more waits is another.
 */
struct ahead {
    char *carried;
    size_t carried_len;
    const char *piece;
    size_t piece_len;
};
#define CARRIED_MAX ((size_t)16 * 1024)

/* One reading: the tar that is read, and the tar that ought to have been. */
struct reading {
    const struct pack_limits *limits;
    struct arena *arena;
    struct zst_reader *zst;
    struct archive *archive;
    struct error failure; /* of zst; kind is ERROR_NONE while there is none */
    const void *head;     /* the first piece of the tar, before libarchive has asked for it */
    size_t head_len;
    struct tar_writer *twin; /* writes the tar again */
    struct ahead ahead;
    bool binary, any_binary;
    bool misfit; /* the twin would not be the same, and is no longer written */
    struct names *names;
    struct pack_file *files;
    size_t count, room;
    uint64_t unpacked;
    bool keeps_all;       /* the bytes of every file, not of the manifest alone */
    struct bytes kept;    /* of the file in hand */
    const char *manifest; /* once it has been read */
    size_t manifest_len;
};

/* Saves what waits of a piece, whose bytes are gone with the next. */
static void ahead_carry(struct reading *reading)
{
    struct ahead *ahead = &reading->ahead;
    reading->misfit = reading->misfit || ahead->piece_len > CARRIED_MAX - ahead->carried_len;
    if (reading->misfit || ahead->piece_len == 0)
        return;
    if (!ahead->carried)
        ahead->carried = xreallocarray(NULL, CARRIED_MAX, 1);
    memcpy(ahead->carried + ahead->carried_len, ahead->piece, ahead->piece_len);
    ahead->carried_len += ahead->piece_len;
    ahead->piece_len = 0;
}

static bool piece_next(struct reading *reading, const void **out, size_t *len, struct error *err)
{
    ahead_carry(reading);
    if (!zst_reader_next(reading->zst, out, len, err))
        return false;
    reading->ahead.piece = *out;
    reading->ahead.piece_len = *len;
    return true;
}

/* Whether the next bytes that wait are these; then they are done with. */
static bool ahead_matches(struct ahead *ahead, const char *bytes, size_t len)
{
    size_t old = len < ahead->carried_len ? len : ahead->carried_len, now = len - old;
    if (now > ahead->piece_len || (old && memcmp(ahead->carried, bytes, old) != 0) ||
        (now && memcmp(ahead->piece, bytes + old, now) != 0))
        return false;
    ahead->carried_len -= old;
    if (ahead->carried_len)
        memmove(ahead->carried, ahead->carried + old, ahead->carried_len);
    ahead->piece += now;
    ahead->piece_len -= now;
    return true;
}

static la_ssize_t piece_read(struct archive *archive, void *context, const void **out)
{
    struct reading *reading = context;
    size_t len = reading->head_len;
    if (len) {
        *out = reading->head;
        reading->head_len = 0;
    } else if (!piece_next(reading, out, &len, &reading->failure)) {
        archive_set_error(archive, EIO, "input");
        return -1;
    }
    return (la_ssize_t)len;
}

static bool tar_failed(const struct reading *reading, struct error *err)
{
    if (reading->failure.kind != ERROR_NONE) {
        *err = reading->failure;
        return false;
    }
    const char *reason = archive_error_string(reading->archive);
    return error_set(err, INVALID, "the archive holds no tar that can be read: %.200s",
                     reason ? reason : "damaged");
}

/* Bytes of the twin, which come after those of the tar have been read. */
static bool twin_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    struct reading *reading = context;
    (void)err;
    reading->misfit = reading->misfit || !ahead_matches(&reading->ahead, bytes, len);
    return true;
}

static bool kind_check(struct archive_entry *entry, struct error *err)
{
    if (archive_entry_hardlink(entry))
        return error_set(err, INVALID, "a pack has no hard links");
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        break;
    case AE_IFLNK:
        return error_set(err, INVALID, "a pack has no symbolic links");
    case AE_IFDIR:
        return error_set(err, INVALID, "a pack has no entries for folders");
    case AE_IFCHR:
    case AE_IFBLK:
        return error_set(err, INVALID, "a pack has no devices");
    case AE_IFIFO:
        return error_set(err, INVALID, "a pack has no fifos");
    default:
        return error_set(err, INVALID, "a pack has only regular files");
    }
    if (archive_entry_sparse_count(entry) > 0)
        return error_set(err, INVALID, "a pack has no sparse files");
    unsigned perm = archive_entry_perm(entry);
    if (perm & 07000)
        return error_set(err, INVALID, "a pack has no setuid, setgid or sticky files");
    return perm == 0644 || perm == 0755 ||
           error_set(err, INVALID, "the mode is %04o, not 0644 or 0755", perm);
}

static bool order_check(const struct reading *reading, const char *path, struct error *err)
{
    const char *before = reading->count ? reading->files[reading->count - 1].path : NULL;
    return !before || strcmp(before, path) < 0 ||
           error_set(err, INVALID, "the files are not in the order of their paths");
}

static struct pack_file *file_add(struct reading *reading, const char *path)
{
    if (reading->count == reading->room) {
        size_t room = reading->room ? 2 * reading->room : 16;
        struct pack_file *more = ARENA_ARRAY(reading->arena, struct pack_file, room);
        if (reading->count)
            memcpy(more, reading->files, reading->count * sizeof(*more));
        reading->files = more;
        reading->room = room;
    }
    struct pack_file *file = &reading->files[reading->count++];
    file->path = path;
    return file;
}

/* The name of an entry, as raw bytes whatever the locale is. */
static const char *entry_path(struct archive_entry *entry, struct arena *arena)
{
    const char *path = archive_entry_pathname(entry);
    if (!path)
        path = archive_entry_pathname_utf8(entry);
    return path ? arena_strndup(arena, path, strlen(path)) : NULL;
}

static bool is_manifest(const struct pack_file *file)
{
    return strcmp(file->path, PACK_MANIFEST) == 0;
}

static bool bytes_keep(struct reading *reading, const struct pack_file *file, const void *bytes,
                       size_t len, struct error *err)
{
    struct bytes *kept = &reading->kept;
    if (is_manifest(file) && kept->len + len > LIMIT_MANIFEST_BYTES)
        return error_set(err, TOO_LARGE, "over %zu bytes", LIMIT_MANIFEST_BYTES);
    if (!reading->keeps_all && !is_manifest(file))
        return true;
    if (len >= kept->room - kept->len)
        return error_set(err, INVALID, "it is longer than its header says");
    memcpy(kept->bytes + kept->len, bytes, len);
    kept->len += len;
    return true;
}

static void keep_begin(struct reading *reading, const struct pack_file *file, uint64_t told)
{
    reading->kept = (struct bytes){ .bytes = NULL };
    if (!reading->keeps_all && !is_manifest(file))
        return;
    reading->kept.room = (size_t)told + 1;
    reading->kept.bytes = arena_alloc(reading->arena, reading->kept.room, 1);
}

static void keep_end(struct reading *reading, struct pack_file *file)
{
    file->bytes = reading->kept.bytes;
    if (!is_manifest(file))
        return;
    reading->manifest = reading->kept.bytes;
    reading->manifest_len = reading->kept.len;
}

/* Takes the bytes of a file as they are; what the header said of their number is compared later. */
static bool file_read_through(struct reading *reading, struct pack_file *file, struct error *err)
{
    unsigned char digest[SHA256_BYTES];
    struct sha256 sha;
    sha256_init(&sha);
    for (;;) {
        const void *bytes;
        size_t len;
        la_int64_t offset;
        int rc = archive_read_data_block(reading->archive, &bytes, &len, &offset);
        if (rc == ARCHIVE_EOF)
            break;
        if (rc != ARCHIVE_OK)
            return tar_failed(reading, err);
        file->size += len;
        reading->unpacked += len;
        if (file->size > reading->limits->file_bytes)
            return error_set(err, TOO_LARGE, "over %zu bytes", reading->limits->file_bytes);
        if (reading->unpacked > reading->limits->unpacked_bytes)
            return error_set(err, TOO_LARGE, "the archive's files have over %zu bytes together",
                             reading->limits->unpacked_bytes);
        sha256_add(&sha, bytes, len);
        if (!bytes_keep(reading, file, bytes, len, err) ||
            (!reading->misfit && !tar_writer_bytes(reading->twin, bytes, len, err)))
            return false;
    }
    sha256_end(&sha, digest);
    hex_encode(digest, sizeof(digest), file->sha256);
    return true;
}

static bool entry_read(struct reading *reading, struct archive_entry *entry, struct error *err)
{
    const char *path = entry_path(entry, reading->arena);
    if (!path)
        return error_set(err, INVALID, "the path is not UTF-8");
    if (!kind_check(entry, err) || !pack_path_check(path, err) ||
        !names_add(reading->names, path, err) || !order_check(reading, path, err))
        return false;
    if (reading->count == reading->limits->entries)
        return error_set(err, TOO_LARGE, "the archive has over %zu files",
                         reading->limits->entries);
    struct pack_file *file = file_add(reading, path);
    file->executable = archive_entry_perm(entry) == 0755;
    reading->any_binary = reading->any_binary || tar_name_is_binary(path);
    la_int64_t told = archive_entry_size(entry);
    if (told < 0 || (uint64_t)told > reading->limits->file_bytes)
        return error_set(err, TOO_LARGE, "over %zu bytes", reading->limits->file_bytes);
    reading->misfit = reading->misfit || (!reading->binary && reading->any_binary);
    if (!reading->misfit &&
        !tar_writer_file(reading->twin, path, file->executable, (uint64_t)told, err))
        return false;
    file->offset = tar_writer_size(reading->twin);
    keep_begin(reading, file, (uint64_t)told);
    if (!file_read_through(reading, file, err))
        return false;
    keep_end(reading, file);
    return true;
}

static bool entries_read(struct reading *reading, struct error *err)
{
    for (struct archive_entry *entry;;) {
        int rc = archive_read_next_header(reading->archive, &entry);
        if (rc == ARCHIVE_EOF)
            return true;
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN) /* a warning: a name in no known charset */
            return tar_failed(reading, err);
        if (!entry_read(reading, entry, err)) {
            char path[128];
            const char *name = archive_entry_pathname(entry);
            (void)snprintf(path, sizeof(path), "%.*s", 100, name ? name : "?");
            CLEANUP(arena_freep) struct arena *arena = arena_new();
            return error_prefix(err, "entry %s", text_escape(path, arena));
        }
    }
}

/* Reads to the end of the frame, and compares what was read with what should have been. */
static bool twin_check(struct reading *reading, struct zst_totals *totals, struct error *err)
{
    uint64_t read = (uint64_t)archive_filter_bytes(reading->archive, 0);
    for (size_t len = 1; len;) {
        const void *bytes;
        if (!piece_next(reading, &bytes, &len, err))
            return false;
    }
    zst_reader_totals(reading->zst, totals);
    if (!reading->misfit && !tar_writer_end(reading->twin, err))
        return false;
    if (totals->out > read + BLOCK)
        return error_set(err, INVALID, "the archive has data behind its last file");
    if (reading->misfit || reading->binary != reading->any_binary ||
        reading->ahead.carried_len + reading->ahead.piece_len > 0) {
        error_set(err, INVALID, "the archive is not in the one form that its files have");
        return error_hint(err, "owners, times, padding or headers differ; use nono pack build");
    }
    return true;
}

/* Both lists are sorted: what the manifest wants must be there, and nothing that it does not name.
 */
static bool completeness_check(const struct pack_index *index, struct arena *arena,
                               struct error *err)
{
    struct list paths;
    manifest_paths(&index->manifest, arena, &paths);
    const char *const *wanted = paths.items, *const *end = wanted + paths.count;
    LIST_FOREACH (index->files, struct pack_file, file) {
        int order = wanted < end ? strcmp(*wanted, file->path) : 1;
        if (order < 0)
            break;
        if (order == 0)
            wanted++;
        else if (!manifest_allows(file->path)) {
            error_set(err, INVALID, "%s is in the archive, but the manifest does not name it",
                      file->path);
            return error_field(err, "%.90s", file->path);
        }
    }
    if (wanted < end) {
        error_set(err, INVALID, "%s is named by the manifest, but is not in the archive", *wanted);
        return error_field(err, "%.90s", *wanted);
    }
    return true;
}

static bool manifest_check(struct pack_index *index, const struct archive_expect *expect,
                           struct arena *arena, struct error *err)
{
    if (!index->manifest_text)
        return error_set(err, INVALID, "the archive has no %s", PACK_MANIFEST);
    struct manifest *manifest = &index->manifest;
    if (!manifest_parse(index->manifest_text, index->manifest_len, PACK_MANIFEST, arena, manifest,
                        err))
        return false;
    if (!manifest->version) {
        error_set(err, INVALID, "%s: version: missing", PACK_MANIFEST);
        return error_field(err, "version");
    }
    if (expect->name && strcmp(expect->name, manifest->name) != 0) {
        error_set(err, INVALID, "%s: the name is %s, not %s", PACK_MANIFEST, manifest->name,
                  expect->name);
        return error_field(err, "name");
    }
    if (expect->version && strcmp(expect->version, manifest->version) != 0) {
        error_set(err, INVALID, "%s: the version is %s, not %s", PACK_MANIFEST, manifest->version,
                  expect->version);
        return error_field(err, "version");
    }
    return completeness_check(index, arena, err);
}

static bool reading_start(struct reading *reading, struct error *err)
{
    if (!piece_next(reading, &reading->head, &reading->head_len, err))
        return false;
    reading->binary = tar_is_binary(reading->head, reading->head_len);
    reading->names = names_new(reading->arena);
    struct tar_output output = { reading, twin_bytes };
    if (!tar_writer_new(reading->binary, &output, &reading->twin, err))
        return false;
    reading->archive = archive_read_new();
    if (!reading->archive)
        abort();
    if (archive_read_support_format_tar(reading->archive) != ARCHIVE_OK ||
        archive_read_open(reading->archive, reading, NULL, piece_read, NULL) != ARCHIVE_OK)
        return tar_failed(reading, err);
    return true;
}

static void reading_clear(struct reading *reading)
{
    if (reading->archive)
        (void)archive_read_free(reading->archive);
    tar_writer_free(reading->twin);
    zst_reader_free(reading->zst);
    free(reading->ahead.carried);
}

static bool archive_pass(struct reading *reading, struct zst_totals *totals, struct error *err)
{
    return reading_start(reading, err) && entries_read(reading, err) &&
           twin_check(reading, totals, err);
}

static bool archive_read(const struct archive_source *source, const struct archive_expect *expect,
                         bool keeps_all, struct arena *arena, struct pack_index *out,
                         struct error *err)
{
    const struct pack_limits *limits = expect->limits ? expect->limits : &pack_limits_default;
    uint64_t max_tar = limits->unpacked_bytes + (limits->entries + 1) * ENTRY_OVERHEAD + 2 * BLOCK;
    CLEANUP(reading_clear)
    struct reading reading = { .limits = limits,
                               .arena = arena,
                               .keeps_all = keeps_all,
                               .zst = zst_reader_new(source, limits->archive_bytes, max_tar) };
    struct zst_totals totals;
    if (!archive_pass(&reading, &totals, err))
        return false;
    if (expect->sha256 && strcmp(expect->sha256, totals.in_sha256) != 0)
        return error_set(err, UNTRUSTED, "the archive's digest is %s, not %s", totals.in_sha256,
                         expect->sha256);

    struct pack_index index = { .manifest_text = reading.manifest,
                                .manifest_len = reading.manifest_len,
                                .files = { reading.files, reading.count },
                                .archive_bytes = totals.in,
                                .tar_bytes = totals.out,
                                .unpacked_bytes = reading.unpacked };
    memcpy(index.sha256, totals.in_sha256, sizeof(index.sha256));
    memcpy(index.tar_sha256, totals.out_sha256, sizeof(index.tar_sha256));
    if (!manifest_check(&index, expect, arena, err))
        return false;
    *out = index;
    return true;
}

/* An index has no bytes: they are of those who asked for them. */
static void bytes_leave(const struct list *files)
{
    LIST_FOREACH (*files, struct pack_file, file)
        file->bytes = NULL;
}

bool archive_read_index(const struct archive_source *source, const struct archive_expect *expect,
                        struct arena *arena, struct pack_index *out, struct error *err)
{
    if (!archive_read(source, expect, false, arena, out, err))
        return false;
    bytes_leave(&out->files);
    return true;
}

bool archive_read_files(const struct archive_source *source, const struct archive_expect *expect,
                        struct arena *arena, struct pack_index *out,
                        const struct pack_file **out_files, struct error *err)
{
    if (!archive_read(source, expect, true, arena, out, err))
        return false;
    struct pack_file *files = ARENA_ARRAY(arena, struct pack_file, out->files.count + 1);
    if (out->files.count)
        memcpy(files, out->files.items, out->files.count * sizeof(*files));
    bytes_leave(&out->files);
    *out_files = files;
    return true;
}
