/*
 * Pack archives, application/vnd.nono.pack.v1.tar+zstd: docs/formats/pack.md.
 *
 * There is one archive for a set of files: a pax tar, regular files only, sorted by the bytes of
 * their paths, mode 0644 or 0755, no owner, no time. The reader takes nothing else: it writes the
 * tar that it reads again and compares. It bounds everything that it meets, never believes a size
 * that it is told, and hands nothing on before the whole archive has passed.
 */
#pragma once

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/digest/sha256.h"
#include "lib/pack/manifest.h"

#define PACK_MEDIA_TYPE "application/vnd.nono.pack.v1.tar+zstd"

struct pack_limits {
    size_t entries;
    size_t archive_bytes;  /* compressed */
    size_t unpacked_bytes; /* sum of files */
    size_t file_bytes;     /* each */
};
extern const struct pack_limits pack_limits_default; /* those of limits.h */

struct pack_file {
    const char *path;
    bool executable;   /* mode 0755, else 0644 */
    const void *bytes; /* going in; NULL in an index */
    uint64_t size;
    uint64_t offset;          /* in an index: of its first byte in the tar */
    char sha256[SHA256_TEXT]; /* in an index */
};

/* What an archive holds. Lives in the arena that it was made with. */
struct pack_index {
    struct manifest manifest;  /* with name and version */
    const char *manifest_text; /* package.json as it stands in the archive */
    size_t manifest_len;
    struct list files; /* of struct pack_file, sorted by path */
    uint64_t archive_bytes, tar_bytes, unpacked_bytes;
    char sha256[SHA256_TEXT];     /* of the compressed bytes: the pack's address */
    char tar_sha256[SHA256_TEXT]; /* of the tar: the same for every libzstd */
};

/* The file of that path, or NULL. */
const struct pack_file *pack_index_find(const struct pack_index *index, const char *path);

struct pack_bytes {
    const void *data;
    size_t len;
};

/*
 * Writing. The result has been read back as a stranger would read it: manifest, paths,
 * completeness and limits (NULL: the defaults) hold. *out and *out_index are in arena; the bytes
 * of files are needed for the call alone. Order of files does not matter.
 */
bool archive_from_files(const struct pack_file *files, size_t count,
                        const struct pack_limits *limits, struct arena *arena,
                        struct pack_bytes *out, struct pack_index *out_index, struct error *err)
    MUST_CHECK;

/*
 * The pack in a folder: package.json, README.md and LICENSE where they are, and all that the
 * manifest names. Files are opened beneath dir and may not be links.
 */
bool archive_from_folder(int dir, const struct pack_limits *limits, struct arena *arena,
                         struct pack_bytes *out, struct pack_index *out_index, struct error *err)
    MUST_CHECK;

/*
 * The memory that reading an archive takes, kept for the next: for one who reads many. Of one
 * reading at a time. After a large archive it is not kept.
 */
struct archive_memory;
struct archive_memory *archive_memory_new(void);
void archive_memory_free(struct archive_memory *memory);

/* An archive in memory, or in a file from its beginning when bytes is NULL. */
struct archive_source {
    const void *bytes;
    size_t len;
    int fd;
    struct archive_memory *memory; /* NULL: none is kept */
};

/* What the reader of an archive already knows. NULL: anything. */
struct archive_expect {
    const char *name, *version; /* of the manifest */
    const char *sha256;         /* of the archive, lower-case hex */
    const struct pack_limits *limits;
};

/* Reads and checks the whole of an archive. INVALID or TOO_LARGE with what is wrong with it. */
bool archive_read_index(const struct archive_source *source, const struct archive_expect *expect,
                        struct arena *arena, struct pack_index *out, struct error *err) MUST_CHECK;

/*
 * The same, and what the files hold: out_files are those of the index in its order, with bytes (and
 * a NUL behind each). For whom the unpacked size is no trouble; everything is in arena.
 */
bool archive_read_files(const struct archive_source *source, const struct archive_expect *expect,
                        struct arena *arena, struct pack_index *out,
                        const struct pack_file **out_files, struct error *err) MUST_CHECK;

/*
 * Takes the files one after the other, in order. bytes comes in pieces; end only when the file is
 * what the index says. A false return stops the reading. Any may be NULL.
 */
struct archive_sink {
    void *context;
    bool (*begin)(void *context, const struct pack_file *file, struct error *err);
    bool (*bytes)(void *context, const void *bytes, size_t len, struct error *err);
    bool (*end)(void *context, const struct pack_file *file, struct error *err);
};

/* Second reading, of an archive whose index is known: fails when it is not the same archive. */
bool archive_stream(const struct archive_source *source, const struct pack_index *index,
                    const struct archive_sink *sink, struct error *err) MUST_CHECK;

/*
 * Unpacks into a new folder, parent/name, durably. CONFLICT when it is there already. On failure
 * the folder is gone again.
 */
bool archive_extract(const struct archive_source *source, const struct pack_index *index,
                     int parent, const char *name, struct error *err) MUST_CHECK;
