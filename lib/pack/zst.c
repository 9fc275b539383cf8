#include "lib/pack/zst.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/base/encode.h"
#include "lib/base/mem.h"

#define LEVEL 9
/* Of the level's own tables, 16 MiB, a small pack fills little, and clearing them takes most of its
 * time; packs of megabytes are two in a hundred larger for it. */
#define TABLE_LOG 18
#define WINDOW_LOG                                                                \
    22 /* 4 MiB: what writer and reader need in memory, whatever a frame asks for \
        */
#define PIECE ((size_t)64 * 1024)

struct zst_writer {
    ZSTD_CCtx *zstd;
    struct buf *out;
    char piece[PIECE];
};

struct zst_writer *zst_writer_new(struct buf *out)
{
    struct zst_writer *writer = xnew(struct zst_writer);
    writer->out = out;
    writer->zstd = ZSTD_createCCtx();
    if (!writer->zstd)
        abort();
    (void)ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, LEVEL);
    (void)ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_windowLog, WINDOW_LOG);
    (void)ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_hashLog, TABLE_LOG);
    (void)ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_chainLog, TABLE_LOG);
    (void)ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1);
    return writer;
}

void zst_writer_free(struct zst_writer *writer)
{
    if (!writer)
        return;
    (void)ZSTD_freeCCtx(writer->zstd);
    free(writer);
}

static bool writer_run(struct zst_writer *writer, ZSTD_inBuffer *in, ZSTD_EndDirective end,
                       struct error *err)
{
    for (;;) {
        ZSTD_outBuffer out = { writer->piece, sizeof(writer->piece), 0 };
        size_t left = ZSTD_compressStream2(writer->zstd, &out, in, end);
        if (ZSTD_isError(left))
            return error_set(err, INTERNAL, "zstd: %s", ZSTD_getErrorName(left));
        if (!buf_append(writer->out, writer->piece, out.pos, err))
            return false;
        if (end == ZSTD_e_end ? left == 0 : in->pos == in->size)
            return true;
    }
}

bool zst_writer_bytes(struct zst_writer *writer, const void *bytes, size_t len, struct error *err)
{
    ZSTD_inBuffer in = { bytes, len, 0 };
    return len == 0 || writer_run(writer, &in, ZSTD_e_continue, err);
}

bool zst_writer_end(struct zst_writer *writer, struct error *err)
{
    ZSTD_inBuffer in = { NULL, 0, 0 };
    return writer_run(writer, &in, ZSTD_e_end, err);
}

struct archive_memory {
    ZSTD_DCtx *zstd; /* while no reader has it */
};

/* Of its window of 4 MiB a decoder has touched no more than it has put out. */
#define KEPT_MAX ((uint64_t)1024 * 1024)

struct archive_memory *archive_memory_new(void)
{
    return xnew(struct archive_memory);
}

void archive_memory_free(struct archive_memory *memory)
{
    if (!memory)
        return;
    (void)ZSTD_freeDCtx(memory->zstd);
    free(memory);
}

struct zst_reader {
    const struct archive_source *source;
    uint64_t max_in, max_out, total_in, total_out;
    ZSTD_DCtx *zstd;
    ZSTD_inBuffer in;
    bool frame_ended, input_ended;
    bool pending; /* zstd may hold more output than there was room for */
    struct sha256 sha_in, sha_out;
    char *input, *output; /* PIECE and OUTPUT of them */
};

#define OUTPUT (2 * PIECE)

static ZSTD_DCtx *decoder_take(struct archive_memory *memory)
{
    ZSTD_DCtx *zstd = memory ? STEAL(memory->zstd) : NULL;
    if (!zstd)
        zstd = ZSTD_createDCtx();
    if (!zstd)
        abort();
    (void)ZSTD_DCtx_reset(zstd, ZSTD_reset_session_and_parameters);
    (void)ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
    return zstd;
}

static void decoder_give(struct zst_reader *reader)
{
    struct archive_memory *memory = reader->source->memory;
    if (memory && !memory->zstd && reader->total_out <= KEPT_MAX)
        memory->zstd = STEAL(reader->zstd);
    (void)ZSTD_freeDCtx(reader->zstd);
}

struct zst_reader *zst_reader_new(const struct archive_source *source, uint64_t max_in,
                                  uint64_t max_out)
{
    struct zst_reader *reader = xnew(struct zst_reader);
    reader->source = source;
    reader->input = source->bytes ? NULL : xreallocarray(NULL, PIECE, 1);
    reader->output = xreallocarray(NULL, OUTPUT, 1);
    reader->max_in = max_in;
    reader->max_out = max_out;
    reader->zstd = decoder_take(source->memory);
    sha256_init(&reader->sha_in);
    sha256_init(&reader->sha_out);
    return reader;
}

void zst_reader_free(struct zst_reader *reader)
{
    if (!reader)
        return;
    decoder_give(reader);
    free(reader->input);
    free(reader->output);
    free(reader);
}

static bool file_piece(struct zst_reader *reader, size_t *len, struct error *err)
{
    ssize_t got;
    do {
        got = pread(reader->source->fd, reader->input, PIECE, (off_t)reader->total_in);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_errno(err, "read");
    *len = (size_t)got;
    return true;
}

/* The one format of RFC 8878: what else libzstd reads (frames to skip, its own former formats) has
 * no bounds of ours. */
static bool magic_check(const char *bytes, size_t len, struct error *err)
{
    static const unsigned char magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
    return memcmp(bytes, magic, len < sizeof(magic) ? len : sizeof(magic)) == 0 ||
           error_set(err, INVALID, "the archive is not zstd as packs have it: another format");
}

/* Fills in with the next of the compressed bytes. */
static bool input_fill(struct zst_reader *reader, struct error *err)
{
    size_t len = 0;
    const char *bytes = reader->input;
    if (reader->source->bytes) {
        bytes = (const char *)reader->source->bytes + reader->total_in;
        len = reader->source->len - (size_t)reader->total_in;
        len = len < PIECE ? len : PIECE;
    } else if (!file_piece(reader, &len, err))
        return false;
    if (reader->total_in + len > reader->max_in)
        return error_set(err, TOO_LARGE, "the archive has over %ju bytes",
                         (uintmax_t)reader->max_in);
    if (len && reader->total_in == 0 && !magic_check(bytes, len, err))
        return false;
    sha256_add(&reader->sha_in, bytes, len);
    reader->total_in += len;
    reader->in = (ZSTD_inBuffer){ bytes, len, 0 };
    reader->input_ended = len == 0;
    return true;
}

/* Nothing may stand behind the frame. */
static bool end_check(struct zst_reader *reader, struct error *err)
{
    if (reader->in.pos == reader->in.size && !input_fill(reader, err))
        return false;
    return reader->input_ended ||
           error_set(err, INVALID, "the archive has data behind its compressed frame");
}

static bool frame_read(struct zst_reader *reader, ZSTD_outBuffer *out, struct error *err)
{
    bool starved = reader->in.pos == reader->in.size && !reader->pending;
    if (starved && !input_fill(reader, err))
        return false;
    if (starved && reader->input_ended)
        return error_set(err, INVALID, "the archive is cut short");
    size_t rc = ZSTD_decompressStream(reader->zstd, out, &reader->in);
    if (ZSTD_isError(rc))
        return error_set(err, INVALID, "the archive is not zstd as packs have it: %s",
                         ZSTD_getErrorName(rc));
    reader->frame_ended = rc == 0;
    reader->pending = out->pos == out->size;
    return true;
}

bool zst_reader_next(struct zst_reader *reader, const void **bytes, size_t *len, struct error *err)
{
    ZSTD_outBuffer out = { reader->output, OUTPUT, 0 };
    while (!reader->frame_ended && out.pos < out.size)
        if (!frame_read(reader, &out, err))
            return false;
    if (out.pos == 0 && !end_check(reader, err))
        return false;
    if (reader->total_out + out.pos > reader->max_out)
        return error_set(err, TOO_LARGE, "the archive unpacks to over %ju bytes",
                         (uintmax_t)reader->max_out);
    sha256_add(&reader->sha_out, reader->output, out.pos);
    reader->total_out += out.pos;
    *bytes = reader->output;
    *len = out.pos;
    return true;
}

static void digest_text(struct sha256 *sha, char out[SHA256_TEXT])
{
    unsigned char digest[SHA256_BYTES];
    sha256_end(sha, digest);
    hex_encode(digest, sizeof(digest), out);
}

void zst_reader_totals(struct zst_reader *reader, struct zst_totals *out)
{
    out->in = reader->total_in;
    out->out = reader->total_out;
    digest_text(&reader->sha_in, out->in_sha256);
    digest_text(&reader->sha_out, out->out_sha256);
}
