/* Uploads: docs/registry-api.md, POST /packages/{ns}/{name}/versions. */
#include <string.h>

#include "client/remote/remote.h"
#include "lib/json/json.h"

static const struct field published_fields[] = {
    TEXT(struct remote_published, id, REQUIRED),
    TEXT(struct remote_published, digest, OPTIONAL),
    BOOL(struct remote_published, created, OPTIONAL),
};
static const struct record published_record =
    RECORD_OPEN(struct remote_published, "published version", published_fields);

bool remote_publish(const struct remote *remote, const struct remote_upload *upload,
                    struct arena *arena, struct remote_published *out, struct error *err)
{
    struct http_part parts[4] = {
        { .name = "version", .bytes = upload->version, .len = strlen(upload->version) },
        { .name = "bundle",
          .file_name = ".nono-trust.bundle",
          .content_type = "application/vnd.dev.sigstore.bundle.v0.3+json",
          .bytes = upload->bundle,
          .len = strlen(upload->bundle) },
        { .name = "archive",
          .file_name = "pack.tar.zst",
          .content_type = "application/vnd.nono.pack.v1.tar+zstd",
          .bytes = upload->archive,
          .len = upload->archive_len },
    };
    size_t count = 3;
    if (upload->visibility)
        parts[count++] = (struct http_part){ .name = "visibility",
                                             .bytes = upload->visibility,
                                             .len = strlen(upload->visibility) };
    const struct http_request request = {
        .url =
            remote_url(remote, arena, "/packages/%s/%s/versions", upload->namespace, upload->name),
        .bearer = remote->token,
        .accept = "application/json",
        .parts = parts,
        .part_count = count,
        .repeatable = true, /* the same bytes again are no second version */
    };
    return http_fetch(remote->http, &request, &published_record, arena, out, err) ||
           remote_login_hint(remote, err);
}
