/* GET …/versions/{version}/download: three parts of multipart/mixed, in order. */
#include <string.h>

#include "client/remote/mixed.h"
#include "client/remote/remote.h"
#include "lib/base/buf.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"

enum { PART_DOCUMENT, PART_BUNDLE, PART_ARCHIVE, PART_COUNT };

struct download {
    const char *namespace, *name;
    const struct remote_place *place;
    struct arena *arena;
    struct mixed mixed;
    struct mixed_sink sink;
    struct buf text; /* the part that is being read */
    struct remote_package package;
    unsigned parts; /* read whole */
    int fd;         /* of the archive, or -1 */
    bool stopped;   /* by us: the archive need not come */
};

static bool part_begin(void *context, const struct mixed_part *part, struct error *err)
{
    static const size_t limits[] = { LIMIT_LISTING_BYTES, LIMIT_BUNDLE_BYTES,
                                     LIMIT_PACK_ARCHIVE_BYTES };
    struct download *download = context;
    if (part->index >= PART_COUNT)
        return error_set(err, INVALID, "the registry sent more parts than a pack has");
    if (part->length > limits[part->index])
        return error_set(err, TOO_LARGE, "part %u of the pack is over %zu bytes", part->index + 1,
                         limits[part->index]);
    buf_clear(&download->text);
    if (part->index != PART_ARCHIVE)
        return true;
    const struct remote_archive *archive = download->package.document.archive;
    if (!archive || archive->size_bytes != part->length)
        return error_set(err, INVALID, "the archive has not the size that its registry lists");
    if (!download->place->place(download->place->context, &download->package.document,
                                &download->fd, err))
        return false;
    download->stopped = download->fd < 0;
    return !download->stopped || error_set(err, CONFLICT, "stopped");
}

static bool part_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    struct download *download = context;
    return download->parts == PART_ARCHIVE ? file_write_all(download->fd, bytes, len, err)
                                           : buf_append(&download->text, bytes, len, err);
}

static bool part_end(void *context, const struct mixed_part *part, struct error *err)
{
    struct download *download = context;
    struct remote_package *package = &download->package;
    const char *text = download->text.data ? download->text.data : "";
    size_t len = download->text.len;
    download->parts = part->index + 1;
    if (part->index == PART_DOCUMENT)
        return pull_document_parse(text, len, download->arena, &package->document, err) &&
               pull_document_check(&package->document, download->namespace, download->name, err);
    if (part->index == PART_BUNDLE) {
        package->bundle = arena_strndup(download->arena, text, len);
        package->bundle_len = len;
    }
    return true;
}

static bool answer_begin(void *context, const struct http_response *head, struct error *err)
{
    struct download *download = context;
    return mixed_init(&download->mixed, head->content_type, &download->sink, err);
}

static bool answer_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    struct download *download = context;
    return mixed_feed(&download->mixed, bytes, len, err);
}

/* Whether what came is enough to go on with, though the transfer did not end well. */
static bool is_enough(const struct download *download, const struct error *err)
{
    bool broken = err->kind == ERROR_UNAVAILABLE;
    return download->parts >= PART_ARCHIVE && download->package.document.archive &&
           (download->stopped || broken);
}

static bool answer_check(const struct remote *remote, const struct download *download,
                         const struct http_response *response, const char *version,
                         struct error *err)
{
    if (response->status == 410) {
        const char *pack =
            arena_printf(download->arena, "%s/%s", download->namespace, download->name);
        return remote_yanked_fail(remote, response, pack, version, err);
    }
    if (!http_require(response, err))
        return remote_login_hint(remote, err);
    if (!mixed_finish(&download->mixed, err))
        return false;
    return download->parts == PART_COUNT ||
           error_set(err, INVALID, "the registry sent only %u parts of the pack", download->parts);
}

bool remote_download(const struct remote *remote, const struct remote_wanted *wanted,
                     const struct remote_place *place, struct arena *arena,
                     struct remote_package *out, struct error *err)
{
    struct download download = { .namespace = wanted->namespace,
                                 .name = wanted->name,
                                 .place = place,
                                 .arena = arena,
                                 .fd = -1 };
    download.sink = (struct mixed_sink){ &download, part_begin, part_bytes, part_end };
    buf_init(&download.text, LIMIT_LISTING_BYTES);
    const struct http_sink sink = { &download, answer_begin, answer_bytes };
    const struct http_request request = {
        .url = remote_url(remote, arena, "/packages/%s/%s/versions/%s/download", wanted->namespace,
                          wanted->name, url_escape(wanted->version, arena)),
        .bearer = remote->token,
        .accept = "multipart/mixed",
        .max_bytes = LIMIT_LISTING_BYTES + LIMIT_BUNDLE_BYTES + LIMIT_PACK_ARCHIVE_BYTES + 64 * KIB,
        .sink = &sink,
    };
    struct http_response response;
    bool ok = http_send(remote->http, &request, arena, &response, err) &&
              answer_check(remote, &download, &response, wanted->version, err);
    buf_clear(&download.text);
    if (!ok && !is_enough(&download, err))
        return false;
    download.package.archive_here = ok;
    *out = download.package;
    return true;
}

bool remote_archive_fetch(const struct remote *remote, const struct remote_archive *archive, int fd,
                          struct arena *arena, struct error *err)
{
    const char *url;
    if (!url_resolve(remote->base, archive->download_url, arena, &url, err))
        return false;
    const struct http_download download = {
        .url = url, .bearer = remote->token, .immutable = true, .max_bytes = archive->size_bytes
    };
    return http_download(remote->http, &download, fd, arena, NULL, err);
}
