/* Downloads into a file, taken up where they broke. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/http/transfer.h"

struct writer {
    int fd;
    uint64_t from; /* what was asked for */
    uint64_t size; /* what the file holds */
    const char *etag;
    struct arena *arena;
};

/* 206 goes on; 200 is the whole again, and then the file begins anew. */
static bool writer_begin(void *context, const struct http_response *head, struct error *err)
{
    struct writer *writer = context;
    if (head->status != 206)
        writer->size = 0;
    if (ftruncate(writer->fd, (off_t)writer->size) != 0 ||
        lseek(writer->fd, (off_t)writer->size, SEEK_SET) < 0)
        return error_set_errno(err, "write the download");
    writer->etag = arena_strndup(writer->arena, head->etag, strlen(head->etag));
    return true;
}

static bool writer_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    struct writer *writer = context;
    if (!file_write_all(writer->fd, bytes, len, err))
        return error_prefix(err, "write the download");
    writer->size += len;
    return true;
}

/* A weak tag does not promise the same bytes (RFC 9110, 13.1.5). */
static bool is_strong(const char *etag)
{
    return etag && etag[0] == '"';
}

static bool piece_fetch(struct http *http, const struct http_download *download,
                        struct writer *writer, struct http_response *out, struct error *err)
{
    const struct http_sink sink = { writer, writer_begin, writer_bytes };
    writer->from = is_strong(writer->etag) || download->immutable ? writer->size : 0;
    if (download->max_bytes < writer->from)
        return error_set(err, TOO_LARGE, "the download is over %zu bytes", download->max_bytes);
    const struct http_request request = {
        .url = download->url,
        .bearer = download->bearer,
        .max_bytes = download->max_bytes - writer->from,
        .range_from = writer->from,
        .if_range = download->immutable ? NULL : writer->etag,
        .sink = &sink,
    };
    return http_send(http, &request, writer->arena, out, err);
}

bool http_download(struct http *http, const struct http_download *download, int fd,
                   struct arena *arena, const char **out_etag, struct error *err)
{
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return error_set_errno(err, "the download's file");
    struct writer writer = {
        .fd = fd, .size = (uint64_t)end, .etag = download->etag, .arena = arena
    };
    struct http_response response;
    for (unsigned attempt = 0;; attempt++) {
        uint64_t before = writer.size;
        if (piece_fetch(http, download, &writer, &response, err))
            break;
        bool moved = writer.size > before;
        if (err->kind != ERROR_UNAVAILABLE || !moved || attempt >= 10 * http->setup.attempts)
            return false;
    }
    if (response.status == 416 && writer.from) { /* it was whole, or is another: the digest tells */
        if (out_etag)
            *out_etag = writer.etag;
        return true;
    }
    if (!http_require(&response, err))
        return false;
    if (out_etag)
        *out_etag = writer.etag ? writer.etag : "";
    return true;
}
