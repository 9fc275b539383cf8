#include "lib/base/doc.h"
#include "lib/base/limits.h"
#include "registry/api/api.h"
#include "registry/api/openapi.h"

static size_t limit_or(size_t configured, size_t fallback)
{
    return configured ? configured : fallback;
}

/* GET /registry */
bool registry_show(struct registry *registry, const struct request *req, struct response *res,
                   struct error *err)
{
    static const char *const features[] = { "archive-upload", "device-login",  "key-signatures",
                                            "multi-download", "private-packs", "yank" };
    const struct registry_settings *settings = registry->settings;
    struct arena *arena = req->arena;
    (void)err;

    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, doc, "name", settings->name);
    doc_add_text(arena, doc, "version", NONO_VERSION);
    doc_add_text(arena, doc, "base_url", settings->base_url);
    struct doc *limits = doc_add_table(arena, doc, "limits");
    doc_add_integer(arena, limits, "archive_bytes",
                    (int64_t)limit_or(settings->archive_bytes_max, LIMIT_PACK_ARCHIVE_BYTES));
    doc_add_integer(arena, limits, "unpacked_bytes",
                    (int64_t)limit_or(settings->unpacked_bytes_max, LIMIT_PACK_UNPACKED_BYTES));
    doc_add_integer(arena, limits, "entries",
                    (int64_t)limit_or(settings->entries_max, LIMIT_PACK_ENTRIES));
    doc_add_integer(arena, limits, "bundle_bytes", (int64_t)LIMIT_BUNDLE_BYTES);
    struct doc *list = doc_add_list(arena, doc, "features");
    for (size_t i = 0; i < COUNT(features); i++)
        doc_add_text(arena, list, NULL, features[i]);

    response_doc(res, 200, doc, arena);
    res->freshness = FRESH_CHECKED;
    return true;
}

/* GET /openapi.yaml */
bool openapi_show(struct registry *registry, const struct request *req, struct response *res,
                  struct error *err)
{
    (void)registry, (void)req, (void)err;
    response_bytes(res, 200, "application/yaml", openapi_text, openapi_len);
    res->freshness = FRESH_CHECKED;
    return true;
}
