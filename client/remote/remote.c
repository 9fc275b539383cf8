#include "client/remote/remote.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/digest/sha256.h"
#include "lib/json/json.h"

#define PAGE      100
#define PAGES_MAX 100
/* Of all pages together; a version takes some 500 bytes. What is read takes many times as much. */
#define VERSIONS_BYTES_MAX (8 * MIB)

static const struct field provenance_fields[] = {
    TEXT(struct remote_provenance, signer_identity, REQUIRED),
    TEXT(struct remote_provenance, repository, REQUIRED),
    TEXT(struct remote_provenance, workflow, REQUIRED),
    TEXT(struct remote_provenance, git_ref, REQUIRED),
    U64(struct remote_provenance, rekor_log_index, OPTIONAL),
    TEXT(struct remote_provenance, signed_at, OPTIONAL),
};
static const struct record provenance_record =
    RECORD_OPEN(struct remote_provenance, "provenance", provenance_fields);

static const struct field artifact_fields[] = {
    TEXT(struct remote_artifact, filename, REQUIRED),
    TEXT(struct remote_artifact, sha256_digest, REQUIRED),
    U64(struct remote_artifact, size_bytes, REQUIRED),
    TEXT(struct remote_artifact, download_url, REQUIRED),
};
static const struct record artifact_record =
    RECORD_OPEN(struct remote_artifact, "artifact", artifact_fields);

static const struct field signer_fields[] = {
    TEXT(struct remote_signer, kind, REQUIRED),
    TEXT(struct remote_signer, key_id, OPTIONAL),
    TEXT(struct remote_signer, name, OPTIONAL),
    BOOL(struct remote_signer, revoked, OPTIONAL),
};
static const struct record signer_record =
    RECORD_OPEN(struct remote_signer, "signer", signer_fields);

static const struct field archive_fields[] = {
    TEXT(struct remote_archive, digest, REQUIRED),
    TEXT(struct remote_archive, tar_digest, OPTIONAL),
    TEXT(struct remote_archive, media_type, OPTIONAL),
    TEXT(struct remote_archive, download_url, REQUIRED),
    U64(struct remote_archive, size_bytes, REQUIRED),
};
static const struct record archive_record =
    RECORD_OPEN(struct remote_archive, "archive", archive_fields);

static const struct field pull_fields[] = {
    TEXT(struct pull_document, namespace, REQUIRED),
    TEXT(struct pull_document, name, REQUIRED),
    TEXT(struct pull_document, version, REQUIRED),
    NESTED(struct pull_document, provenance, struct remote_provenance, &provenance_record,
           REQUIRED),
    LIST(struct pull_document, artifacts, &artifact_record, REQUIRED),
    TEXT(struct pull_document, bundle_url, REQUIRED),
    BOOL(struct pull_document, scan_passed, OPTIONAL),
    NESTED(struct pull_document, signer, struct remote_signer, &signer_record, OPTIONAL),
    NESTED(struct pull_document, archive, struct remote_archive, &archive_record, OPTIONAL),
    TEXT(struct pull_document, published_at, OPTIONAL),
    TEXT(struct pull_document, visibility, OPTIONAL),
};
static const struct record pull_record =
    RECORD_OPEN(struct pull_document, "pull document", pull_fields);

static const struct field pack_fields[] = {
    TEXT(struct remote_pack, namespace, REQUIRED),
    TEXT(struct remote_pack, name, REQUIRED),
    TEXT(struct remote_pack, description, OPTIONAL),
    TEXT(struct remote_pack, latest_version, OPTIONAL),
    U64(struct remote_pack, downloads, OPTIONAL),
};
const struct record remote_pack_record = RECORD_OPEN(struct remote_pack, "pack", pack_fields);

static const struct field version_fields[] = {
    TEXT(struct remote_version, version, REQUIRED),
    TEXT(struct remote_version, digest, OPTIONAL),
    U64(struct remote_version, size_bytes, OPTIONAL),
    TEXT(struct remote_version, published_at, OPTIONAL),
    TEXT(struct remote_version, published_by, OPTIONAL),
    BOOL(struct remote_version, yanked, OPTIONAL),
    TEXT(struct remote_version, yank_reason, OPTIONAL),
    DOC(struct remote_version, signer, OPTIONAL),
};
const struct record remote_version_record =
    RECORD_OPEN(struct remote_version, "version", version_fields);

static const struct field status_fields[] = {
    U64(struct remote_status, schema_version, REQUIRED),
    TEXT(struct remote_status, latest, OPTIONAL),
    TEXT(struct remote_status, installed_status, OPTIONAL),
    TEXT(struct remote_status, yank_reason, OPTIONAL),
    DOC(struct remote_status, advisory, OPTIONAL),
};
static const struct record status_record =
    RECORD_OPEN(struct remote_status, "status", status_fields);

static const struct field key_fields[] = {
    TEXT(struct remote_key, key_id, REQUIRED),     TEXT(struct remote_key, name, OPTIONAL),
    TEXT(struct remote_key, algorithm, OPTIONAL),  TEXT(struct remote_key, public_key, REQUIRED),
    TEXT(struct remote_key, created_at, OPTIONAL), TEXT(struct remote_key, revoked_at, OPTIONAL),
};
static const struct record key_record = RECORD_OPEN(struct remote_key, "key", key_fields);

const char *remote_url(const struct remote *remote, struct arena *arena, const char *format, ...)
{
    char path[LIMIT_URL_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(path, sizeof(path), format, args);
    va_end(args);
    return arena_printf(arena, "%s/api/v1%s", remote->base, path);
}

bool remote_login_hint(const struct remote *remote, struct error *err)
{
    return err->kind == ERROR_UNAUTHORIZED ? error_hint(err, "nono auth login %s", remote->base)
                                           : false;
}

bool remote_pack_hint(const struct remote *remote, struct error *err)
{
    if (err->kind != ERROR_NOT_FOUND || err->hint[0])
        return remote_login_hint(remote, err);
    if (remote->token)
        return error_hint(err, "%s was asked, where capitals count in names", remote->base);
    return error_hint(err,
                      "%s was asked, where capitals count in names; what is private needs nono "
                      "auth login %s",
                      remote->base, remote->base);
}

bool remote_read(const struct remote *remote, const char *url, const struct record *record,
                 struct arena *arena, void *out, struct error *err)
{
    const struct http_request request = { .url = url,
                                          .bearer = remote->token,
                                          .accept = "application/json" };
    return http_fetch(remote->http, &request, record, arena, out, err) ||
           remote_login_hint(remote, err);
}

bool remote_call(const struct remote *remote, const char *method, const char *url,
                 const struct doc *body, struct arena *arena, struct doc **out, struct error *err)
{
    const char *text = body ? json_print(body, JSON_COMPACT_KEPT, arena) : NULL;
    const struct http_request request = {
        .method = method,
        .url = url,
        .bearer = remote->token,
        .accept = "application/json",
        .content_type = text ? "application/json" : NULL,
        .body = text,
        .body_len = text ? strlen(text) : 0,
        .max_bytes = LIMIT_LISTING_BYTES,
    };
    struct http_response response;
    if (!http_send(remote->http, &request, arena, &response, err))
        return false;
    if (!http_require(&response, err))
        return remote_login_hint(remote, err);
    *out = doc_new(arena, DOC_NULL);
    return response.body_len == 0 ||
           json_parse(response.body, response.body_len, NULL, JSON_PLAIN, arena, out, err) ||
           error_prefix(err, "the answer of %.200s", url);
}

bool remote_all_yanked(const struct remote *remote, const char *pack, const char *in,
                       struct error *err)
{
    error_set(err, GONE, "every version of %s%s is yanked", pack, in);
    return error_hint(err, "nono versions %s%s says why", pack, remote->option);
}

/* "has been yanked (reason); what to do", from the body of a 410. Only where there is no other is
 * the latest one that was yanked. */
bool remote_yanked_fail(const struct remote *remote, const struct http_response *response,
                        const char *pack, const char *version, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *body = NULL;
    struct error ignored;
    if (strcmp(version, "latest") == 0)
        return remote_all_yanked(remote, pack, "", err);
    bool ok =
        json_parse(response->body, response->body_len, NULL, JSON_PLAIN, arena, &body, &ignored);
    const char *reason = ok ? doc_text(body, "yank_reason") : NULL;
    error_set(err, GONE, "%s@%s has been yanked%s%.200s", pack, version, reason ? ": " : "",
              reason ? text_escape(reason, arena) : "");
    return error_hint(err, "nono pull %s%s installs the newest release that is not", pack,
                      remote->option);
}

bool pull_document_check(const struct pull_document *document, const char *namespace,
                         const char *name, struct error *err)
{
    if (strcmp(document->namespace, namespace) != 0 || strcmp(document->name, name) != 0)
        return error_set(err, UNTRUSTED, "asked for %s/%s, the registry answered with %.64s/%.64s",
                         namespace, name, document->namespace, document->name);
    if (document->artifacts.count == 0 || document->artifacts.count > LIMIT_PACK_ENTRIES)
        return error_set(err, INVALID, "the registry lists no files, or too many");
    LIST_FOREACH (document->artifacts, const struct remote_artifact, artifact)
        if (!sha256_is_text(artifact->sha256_digest))
            return error_set(err, INVALID, "the registry lists a file without its digest");
    const struct remote_archive *archive = document->archive;
    if (archive && (!text_starts(archive->digest, "sha256:") ||
                    !sha256_is_text(archive->digest + strlen("sha256:")) ||
                    archive->size_bytes > LIMIT_PACK_ARCHIVE_BYTES))
        return error_set(err, INVALID, "the registry describes an archive that cannot be");
    return true;
}

bool pull_document_parse(const char *text, size_t len, struct arena *arena,
                         struct pull_document *out, struct error *err)
{
    return json_decode(text, len, &pull_record, arena, out, err) ||
           error_prefix(err, "the registry's answer");
}

bool remote_pull(const struct remote *remote, const char *namespace, const char *name,
                 const char *version, struct arena *arena, struct pull_document *out,
                 struct error *err)
{
    const struct http_request request = {
        .url = remote_url(remote, arena, "/packages/%s/%s/versions/%s/pull", namespace, name,
                          url_escape(version, arena)),
        .bearer = remote->token,
        .accept = "application/json",
        .max_bytes = LIMIT_LISTING_BYTES,
    };
    struct http_response response;
    struct pull_document document = { 0 };
    if (!http_send(remote->http, &request, arena, &response, err))
        return false;
    if (response.status == 410)
        return remote_yanked_fail(remote, &response, arena_printf(arena, "%s/%s", namespace, name),
                                  version, err);
    if (!http_require(&response, err))
        return remote_pack_hint(remote, err);
    if (!pull_document_parse(response.body, response.body_len, arena, &document, err) ||
        !pull_document_check(&document, namespace, name, err))
        return false;
    *out = document;
    return true;
}

static bool bytes_get(const struct remote *remote, const char *url, size_t max_bytes,
                      struct arena *arena, const char **out, size_t *out_len, struct error *err)
{
    const struct http_request request = { .url = url,
                                          .bearer = remote->token,
                                          .max_bytes = max_bytes };
    struct http_response response;
    if (!http_send(remote->http, &request, arena, &response, err) || !http_require(&response, err))
        return false;
    *out = response.body;
    *out_len = response.body_len;
    return true;
}

bool remote_get(const struct remote *remote, const char *url, size_t max_bytes, struct arena *arena,
                const char **out, size_t *out_len, struct error *err)
{
    const char *whole;
    return url_resolve(remote->base, url, arena, &whole, err) &&
           (bytes_get(remote, whole, max_bytes, arena, out, out_len, err) ||
            error_prefix(err, "%.200s", url));
}

struct page {
    struct list packages, versions, keys;
    const char *next_cursor;
};

static bool page_read(const struct remote *remote, const char *url, const struct field *items,
                      struct arena *arena, struct page *out, struct error *err)
{
    const struct field fields[] = { *items, TEXT(struct page, next_cursor, OPTIONAL) };
    const struct record record = RECORD_OPEN(struct page, "list", fields);
    *out = (struct page){ 0 };
    return remote_read(remote, url, &record, arena, out, err);
}

bool remote_search(const struct remote *remote, const char *query, uint64_t limit,
                   struct arena *arena, struct list *out, struct error *err)
{
    static const struct field packages = LIST(struct page, packages, &remote_pack_record, REQUIRED);
    struct page page;
    const char *url = query ? remote_url(remote, arena, "/packages?q=%s&limit=%llu",
                                         url_escape(query, arena), (unsigned long long)limit)
                            : remote_url(remote, arena, "/packages/popular?limit=%llu",
                                         (unsigned long long)limit);
    if (!page_read(remote, url, &packages, arena, &page, err))
        return false;
    *out = page.packages;
    return true;
}

/* Takes what it reads from *left. */
static bool versions_page(const struct remote *remote, const char *url, size_t *left,
                          struct arena *arena, struct page *out, struct error *err)
{
    static const struct field fields[] = {
        LIST(struct page, versions, &remote_version_record, REQUIRED),
        TEXT(struct page, next_cursor, OPTIONAL),
    };
    static const struct record record = RECORD_OPEN(struct page, "list", fields);
    const char *body;
    size_t len;
    if (!bytes_get(remote, url, *left < LIMIT_JSON_BYTES ? *left : LIMIT_JSON_BYTES, arena, &body,
                   &len, err))
        return err->kind == ERROR_TOO_LARGE ? error_prefix(err, "the list of versions")
                                            : remote_pack_hint(remote, err);
    *left -= len;
    return json_decode(body, len, &record, arena, out, err) ||
           error_prefix(err, "the answer of %.200s", url);
}

bool remote_versions(const struct remote *remote, const char *namespace, const char *name,
                     struct arena *arena, struct list *out, struct error *err)
{
    struct remote_version *all =
        ARENA_ARRAY(arena, struct remote_version, (size_t)PAGE * PAGES_MAX);
    size_t count = 0, left = VERSIONS_BYTES_MAX;
    const char *cursor = "";
    for (unsigned page_count = 0; cursor && page_count < PAGES_MAX; page_count++) {
        struct page page = { 0 };
        const char *url =
            remote_url(remote, arena, "/packages/%s/%s/versions?limit=%d%s%s", namespace, name,
                       PAGE, *cursor ? "&cursor=" : "", url_escape(cursor, arena));
        if (!versions_page(remote, url, &left, arena, &page, err))
            return false;
        LIST_FOREACH (page.versions, const struct remote_version, version)
            if (count < (size_t)PAGE * PAGES_MAX)
                all[count++] = *version;
        cursor = page.next_cursor;
    }
    *out = (struct list){ all, count };
    return true;
}

bool remote_status(const struct remote *remote, const char *namespace, const char *name,
                   const char *installed, struct arena *arena, struct remote_status *out,
                   struct error *err)
{
    const char *url = remote_url(remote, arena, "/packages/%s/%s/status?installed=%s", namespace,
                                 name, url_escape(installed, arena));
    return remote_read(remote, url, &status_record, arena, out, err);
}

bool remote_keys(const struct remote *remote, const char *namespace, struct arena *arena,
                 struct list *out, struct error *err)
{
    static const struct field keys = LIST(struct page, keys, &key_record, REQUIRED);
    struct page page;
    const char *url = remote_url(remote, arena, "/organisations/%s/keys", namespace);
    if (!page_read(remote, url, &keys, arena, &page, err))
        return false;
    *out = page.keys;
    return true;
}
