#include "client/cmd/pkg/fetch_original.h"

#include <string.h>

#include "lib/base/limits.h"
#include "lib/digest/sha256.h"

static bool file_get(struct session *session, const struct remote *remote,
                     const struct remote_artifact *artifact, size_t left, struct pack_file *out,
                     struct error *err)
{
    const char *bytes;
    size_t len;
    char actual[SHA256_TEXT];
    size_t max = left < LIMIT_ARTIFACT_BYTES ? left : LIMIT_ARTIFACT_BYTES;
    if (!pack_path_check(artifact->filename, err) ||
        !remote_get(remote, artifact->download_url, max, session->arena, &bytes, &len, err))
        return false;
    sha256_hex(bytes, len, actual);
    if (strcmp(actual, artifact->sha256_digest) != 0)
        return error_set(err, UNTRUSTED, "%s: has another digest than the registry lists",
                         artifact->filename);
    *out = (struct pack_file){ .path = artifact->filename,
                               .executable = pack_path_is_program(artifact->filename),
                               .bytes = bytes,
                               .size = len };
    return true;
}

bool fetch_original(struct session *session, const struct remote *remote, const char *version,
                    struct fetched *fetched, struct error *err)
{
    struct arena *arena = session->arena;
    const struct pack_ref *ref = &fetched->ref;
    struct pull_document *document = &fetched->document;
    if (!remote_pull(remote, ref->namespace, ref->name, version, arena, document, err) ||
        !remote_get(remote, document->bundle_url, LIMIT_BUNDLE_BYTES, arena, &fetched->bundle,
                    &fetched->bundle_len, err))
        return false;
    document->archive = NULL; /* what is made here is not it */
    struct pack_file *files = ARENA_ARRAY(arena, struct pack_file, document->artifacts.count + 1);
    size_t count = 0, left = LIMIT_PACK_UNPACKED_BYTES;
    LIST_FOREACH (document->artifacts, const struct remote_artifact, artifact) {
        if (!file_get(session, remote, artifact, left, &files[count], err))
            return false;
        left -= (size_t)files[count++].size;
    }
    struct pack_bytes archive;
    if (!archive_from_files(files, count, NULL, arena, &archive, &fetched->index, err))
        return false;
    fetched->source =
        (struct archive_source){ .bytes = archive.data, .len = archive.len, .fd = -1 };
    return strcmp(fetched->index.manifest.name, ref->name) == 0 ||
           error_set(err, UNTRUSTED, "the pack calls itself %s", fetched->index.manifest.name);
}
