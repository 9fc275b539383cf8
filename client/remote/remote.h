/*
 * A registry's HTTP API (docs/registry-api.md), as the client uses it. Ours, and the parts of it
 * that the original's registry has. Answers are checked for shape here and believed nowhere: what
 * a pack is, its signature says.
 */
#pragma once

#include "lib/base/record.h"
#include "lib/http/http.h"

struct remote {
    struct http *http;
    const char *base;  /* https://registry.example.org, as url_base() makes it */
    const char *token; /* NULL: nobody */
    /* " --registry URL": what a command of advice needs to ask this one; "" when it would anyway */
    const char *option;
};

struct remote_provenance {
    const char *signer_identity, *repository, *workflow, *git_ref;
    uint64_t rekor_log_index;
    const char *signed_at;
};

struct remote_artifact {
    const char *filename, *sha256_digest, *download_url;
    uint64_t size_bytes;
};

struct remote_signer {
    const char *kind; /* "key" */
    const char *key_id, *name;
    bool revoked;
};

struct remote_archive {
    const char *digest, *tar_digest; /* "sha256:..." */
    const char *media_type, *download_url;
    uint64_t size_bytes;
};

struct pull_document {
    const char *namespace, *name, *version;
    struct remote_provenance *provenance;
    struct list artifacts; /* struct remote_artifact */
    const char *bundle_url;
    bool scan_passed;
    /* Ours; NULL when the registry is the original's. */
    struct remote_signer *signer;
    struct remote_archive *archive;
    const char *published_at, *visibility;
};

/*
 * The pull document of a version ("latest" for the newest). GONE, with the reason, when it was
 * yanked; INVALID when it is of another pack than was asked for.
 */
bool remote_pull(const struct remote *remote, const char *namespace, const char *name,
                 const char *version, struct arena *arena, struct pull_document *out,
                 struct error *err) MUST_CHECK;

/*
 * All of a version in one request: its document, its bundle and its archive. When the archive is
 * about to come, place says where it goes: *out_fd is a file open for writing, or -1 when it need
 * not come. What does not come whole, because the connection broke, is not a failure: archive_here
 * is false then, and remote_archive takes up the rest. NOT_FOUND also when the registry has no such
 * route (the original's): see remote_pull.
 */
struct remote_package {
    struct pull_document document;
    const char *bundle;
    size_t bundle_len;
    bool archive_here;
};
struct remote_place {
    void *context;
    bool (*place)(void *context, const struct pull_document *document, int *out_fd,
                  struct error *err);
};
struct remote_wanted {
    const char *namespace, *name, *version; /* or "latest" */
};
bool remote_download(const struct remote *remote, const struct remote_wanted *wanted,
                     const struct remote_place *place, struct arena *arena,
                     struct remote_package *out, struct error *err) MUST_CHECK;

/* What is missing of an archive behind the end of fd. The caller checks the digest. */
bool remote_archive_fetch(const struct remote *remote, const struct remote_archive *archive, int fd,
                          struct arena *arena, struct error *err) MUST_CHECK;

/* A pull document from its text (for download.c and tests). */
bool pull_document_parse(const char *text, size_t len, struct arena *arena,
                         struct pull_document *out, struct error *err) MUST_CHECK;
bool pull_document_check(const struct pull_document *document, const char *namespace,
                         const char *name, struct error *err) MUST_CHECK;
/* GONE, with reason and advice, for an answer of 410. */
bool remote_yanked_fail(const struct remote *remote, const struct http_response *response,
                        const char *pack, const char *version, struct error *err);
/* GONE: of a pack ("ns/name") none is left, or none in a range (" in ^1.2"). */
bool remote_all_yanked(const struct remote *remote, const char *pack, const char *in,
                       struct error *err);

/* Advice on an answer that is a failure, with this registry's address, which the answer's own
 * advice has not: where to sign in, and of a pack that is not found, where it was looked for.
 * False.
 */
bool remote_login_hint(const struct remote *remote, struct error *err);
bool remote_pack_hint(const struct remote *remote, struct error *err);

/* The bytes behind a URL of a pull document; token sent to this registry alone. */
bool remote_get(const struct remote *remote, const char *url, size_t max_bytes, struct arena *arena,
                const char **out, size_t *out_len, struct error *err) MUST_CHECK;

/* A path below /api/v1, from segments and text that are escaped already. In arena. */
const char *remote_url(const struct remote *remote, struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* GET (NULL body), or another method with a JSON body; the answer as a document. */
bool remote_call(const struct remote *remote, const char *method, const char *url,
                 const struct doc *body, struct arena *arena, struct doc **out, struct error *err)
    MUST_CHECK;
bool remote_read(const struct remote *remote, const char *url, const struct record *record,
                 struct arena *arena, void *out, struct error *err) MUST_CHECK;

/* Lists of packs: search (NULL query: popular ones). */
struct remote_pack {
    const char *namespace, *name, *description, *latest_version;
    uint64_t downloads;
};
extern const struct record remote_pack_record;
bool remote_search(const struct remote *remote, const char *query, uint64_t limit,
                   struct arena *arena, struct list *out, struct error *err) MUST_CHECK;

struct remote_version {
    const char *version, *digest, *published_at, *published_by, *yank_reason;
    uint64_t size_bytes;
    bool yanked;
    const struct doc *signer;
};
extern const struct record remote_version_record;
/* All of them, newest first, page after page. */
bool remote_versions(const struct remote *remote, const char *namespace, const char *name,
                     struct arena *arena, struct list *out, struct error *err) MUST_CHECK;

struct remote_status {
    uint64_t schema_version;
    const char *latest, *installed_status, *yank_reason;
    const struct doc *advisory;
};
bool remote_status(const struct remote *remote, const char *namespace, const char *name,
                   const char *installed, struct arena *arena, struct remote_status *out,
                   struct error *err) MUST_CHECK;

/* Keys with which an organisation signs. */
struct remote_key {
    const char *key_id, *name, *algorithm, *public_key, *created_at, *revoked_at;
};
bool remote_keys(const struct remote *remote, const char *namespace, struct arena *arena,
                 struct list *out, struct error *err) MUST_CHECK;

/* Upload of an archive and its bundle. */
struct remote_upload {
    const char *namespace, *name, *version;
    const void *archive;
    size_t archive_len;
    const char *bundle;
    const char *visibility; /* NULL: as it is */
};
struct remote_published {
    const char *id, *digest;
    bool created; /* false: these very bytes were there already */
};
bool remote_publish(const struct remote *remote, const struct remote_upload *upload,
                    struct arena *arena, struct remote_published *out, struct error *err)
    MUST_CHECK;
