#include "client/install/signers.h"

#include <string.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define SIGNERS_BYTES (16 * MIB)

struct known {
    uint64_t version;
    const struct doc *packs; /* "ns/name" -> signer */
};

static const struct field known_fields[] = {
    U64(struct known, version, REQUIRED),
    DOC(struct known, packs, REQUIRED),
};
static const struct record known_record = RECORD_OPEN(struct known, "signers", known_fields);

/* *out is NULL when nothing was ever pinned. */
static bool known_load(const struct store *store, struct arena *arena, const struct doc **out,
                       struct error *err)
{
    const char *path = path_join(arena, store->folders.config, SIGNERS_NAME), *text;
    size_t len;
    struct known known;
    *out = NULL;
    if (!file_read_path(path, SIGNERS_BYTES, arena, &text, &len, err))
        return err->kind == ERROR_NOT_FOUND;
    if (!json_decode(text, len, &known_record, arena, &known, err))
        return error_prefix(err, "%s", path);
    if (known.packs->kind != DOC_TABLE)
        return error_set(err, INVALID, "%s: packs: expected a table", path);
    *out = known.packs;
    return true;
}

static const char *lock_signer(const struct lock_pack *pack)
{
    return pack && pack->provenance ? pack->provenance->signer_identity : NULL;
}

static const struct lock_pack *lock_find(const struct store *store, const char *key)
{
    LIST_FOREACH (store->lockfile.packs, const struct lock_pack, pack)
        if (strcmp(pack->key, key) == 0)
            return pack;
    return NULL;
}

bool signer_find(const struct store *store, const char *key, struct arena *arena, const char **out,
                 struct error *err)
{
    const struct doc *known;
    if (!known_load(store, arena, &known, err))
        return false;
    const char *signer = lock_signer(lock_find(store, key));
    *out = signer || !known ? signer : doc_text(known, key);
    return true;
}

bool signer_known_for(const struct store *store, const char *namespace, const char *signer,
                      size_t *out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct doc *known;
    const char *prefix = arena_printf(arena, "%s/", namespace);
    if (!known_load(store, arena, &known, err))
        return false;
    *out = 0;
    if (known)
        DOC_FOREACH (known, item)
            *out += text_starts(item->key, prefix) && item->kind == DOC_TEXT &&
                    strcmp(item->text, signer) == 0;
    return true;
}

bool signer_is_pinned(const struct store *store, const char *key, const char *signer, bool *out,
                      struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct doc *known;
    if (!known_load(store, arena, &known, err))
        return false;
    const char *pinned = known ? doc_text(known, key) : NULL;
    *out = pinned && strcmp(pinned, signer) == 0;
    return true;
}

bool signers_print(const struct store *store, const char *key, const char *signer,
                   struct arena *arena, const char **out, struct error *err)
{
    const struct doc *known;
    if (!known_load(store, arena, &known, err))
        return false;
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_integer(arena, doc, "version", 1);
    struct doc *packs = doc_add_table(arena, doc, "packs");
    if (known)
        DOC_FOREACH (known, item)
            if (strcmp(item->key, key) != 0)
                doc_append(packs, doc_copy(arena, item));
    doc_add_text(arena, packs, key, signer);
    *out = arena_printf(arena, "%s\n", json_print(doc, JSON_PRETTY, arena));
    return true;
}

bool signer_pin(const struct store *store, const char *key, const char *signer, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closep) int dir = -1;
    const char *text;
    return signers_print(store, key, signer, arena, &text, err) &&
           dir_open(store->folders.config, &dir, err) &&
           file_replace(dir, SIGNERS_NAME, text, strlen(text), 0600, err);
}
