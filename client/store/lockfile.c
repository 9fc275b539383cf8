#include "client/store/lockfile.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/digest/sha256.h"
#include "lib/json/json.h"

static const struct field provenance_fields[] = {
    TEXT(struct lock_provenance, signer_identity, REQUIRED),
    TEXT(struct lock_provenance, repository, OPTIONAL),
    TEXT(struct lock_provenance, workflow, OPTIONAL),
    TEXT_AS("ref", struct lock_provenance, git_ref, OPTIONAL),
    U64(struct lock_provenance, rekor_log_index, OPTIONAL),
    TEXT(struct lock_provenance, signed_at, OPTIONAL),
};
static const struct record provenance_record =
    RECORD_OPEN(struct lock_provenance, "provenance", provenance_fields);

/* The fields of an entry that records can read; artifacts are a table, installed_at may be odd. */
struct entry {
    const char *version, *installed_at;
    bool pinned;
    struct lock_provenance *provenance;
    const struct doc *artifacts, *wiring_record;
    const char *registry, *archive_digest, *manifest_sha256;
};

static const struct field entry_fields[] = {
    TEXT(struct entry, version, REQUIRED),
    TEXT(struct entry, installed_at, OPTIONAL),
    BOOL(struct entry, pinned, OPTIONAL),
    NESTED(struct entry, provenance, struct lock_provenance, &provenance_record, OPTIONAL),
    DOC(struct entry, artifacts, OPTIONAL),
    DOC(struct entry, wiring_record, OPTIONAL),
    TEXT(struct entry, registry, OPTIONAL),
    TEXT(struct entry, archive_digest, OPTIONAL),
    TEXT(struct entry, manifest_sha256, OPTIONAL),
};
static const struct record entry_record = RECORD_OPEN(struct entry, "pack", entry_fields);

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool lock_name_is_valid(const char *name, size_t len)
{
    if (len == 0 || len > LIMIT_PACK_NAME_BYTES || !is_alnum(name[0]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_alnum(name[i]) && !(name[i] == '.' || name[i] == '_' || name[i] == '-'))
            return false;
    return true;
}

static bool segment_is_plain(const char *segment, size_t len)
{
    bool dots = (len == 1 && segment[0] == '.') || (len == 2 && memcmp(segment, "..", 2) == 0);
    return len > 0 && !dots && !memchr(segment, '\\', len);
}

bool lock_path_is_valid(const char *path)
{
    if (!text_is_printable(path) || strlen(path) > LIMIT_PACK_PATH_BYTES)
        return false;
    for (const char *at = path;; at++) {
        size_t len = strcspn(at, "/");
        if (!segment_is_plain(at, len))
            return false;
        at += len;
        if (!*at)
            return true;
    }
}

static bool artifacts_decode(const struct doc *doc, struct arena *arena, struct list *out,
                             struct error *err)
{
    *out = (struct list){ 0 };
    if (!doc)
        return true;
    if (doc->kind != DOC_TABLE)
        return doc_fault(err, doc, "artifacts: expected a table");
    if (doc->count > LOCK_ARTIFACTS_MAX)
        return doc_fault(err, doc, "artifacts: over %d", LOCK_ARTIFACTS_MAX);
    struct lock_artifact *items = ARENA_ARRAY(arena, struct lock_artifact, doc->count + 1);
    size_t count = 0;
    DOC_FOREACH (doc, item) {
        const char *sha256 = doc_text(item, "sha256"), *type = doc_text(item, "type");
        if (!lock_path_is_valid(item->key))
            return doc_fault_key(err, item, "artifacts: not a path inside the pack");
        if (!sha256 || !sha256_is_text(sha256))
            return doc_fault(err, item, "artifacts: %.200s: no sha256", item->key);
        items[count++] = (struct lock_artifact){ item->key, sha256, type ? type : "" };
    }
    *out = (struct list){ items, count };
    return true;
}

/* "acme/web" in its two parts. */
static bool key_split(const struct doc *entry, struct arena *arena, struct lock_pack *pack,
                      struct error *err)
{
    const char *slash = strchr(entry->key, '/');
    size_t len = slash ? (size_t)(slash - entry->key) : 0;
    if (!slash || !lock_name_is_valid(entry->key, len) ||
        !lock_name_is_valid(slash + 1, strlen(slash + 1)))
        return doc_fault_key(err, entry, "\"%.200s\" is not namespace/name",
                             text_escape(entry->key, arena));
    pack->key = entry->key;
    pack->namespace = arena_strndup(arena, entry->key, len);
    pack->name = slash + 1;
    return true;
}

static bool digest_is_valid(const char *digest)
{
    return text_starts(digest, "sha256:") && sha256_is_text(digest + strlen("sha256:"));
}

static bool pack_decode(const struct doc *doc, struct arena *arena, struct lock_pack *out,
                        struct error *err)
{
    struct entry entry;
    struct lock_pack pack = { .entry = doc };
    if (!key_split(doc, arena, &pack, err) ||
        !record_decode(doc, &entry_record, arena, &entry, err) ||
        !artifacts_decode(entry.artifacts, arena, &pack.artifacts, err))
        return false;
    if (entry.archive_digest && !digest_is_valid(entry.archive_digest))
        return doc_fault(err, doc_find(doc, "archive_digest"),
                         "archive_digest: expected sha256:HEX");
    if (entry.wiring_record && entry.wiring_record->kind != DOC_LIST)
        return doc_fault(err, entry.wiring_record, "wiring_record: expected a list");
    if (!entry.installed_at || !clock_parse(entry.installed_at, &pack.installed_at))
        pack.installed_at = 0;
    pack.version = entry.version;
    pack.pinned = entry.pinned;
    pack.provenance = entry.provenance;
    pack.wiring_record = entry.wiring_record;
    pack.registry = entry.registry;
    pack.archive_digest = entry.archive_digest;
    pack.manifest_sha256 = entry.manifest_sha256;
    *out = pack;
    return true;
}

static int pack_order(const void *a, const void *b)
{
    return strcmp(((const struct lock_pack *)a)->key, ((const struct lock_pack *)b)->key);
}

static bool packs_decode(const struct doc *packs, struct arena *arena, struct lockfile *lockfile,
                         struct error *err)
{
    if (!packs)
        return true;
    if (packs->kind != DOC_TABLE)
        return doc_fault(err, packs, "packages: expected a table");
    struct lock_pack *items = ARENA_ARRAY(arena, struct lock_pack, packs->count + 1);
    size_t count = 0;
    DOC_FOREACH (packs, item) {
        if (!pack_decode(item, arena, &items[count], err))
            return false;
        count++;
    }
    if (count)
        qsort(items, count, sizeof(*items), pack_order);
    lockfile->packs = (struct list){ items, count };
    return true;
}

bool lockfile_parse(const char *text, size_t len, struct arena *arena, struct lockfile *out,
                    struct error *err)
{
    struct lockfile lockfile = { 0 };
    struct doc *doc = doc_new(arena, DOC_TABLE);
    if (len && !json_parse(text, len, "lockfile.json", JSON_PLAIN, arena, &doc, err))
        return false;
    if (doc->kind != DOC_TABLE)
        return error_set(err, INVALID, "lockfile.json: expected a table");
    const struct doc *version = doc_find(doc, "lockfile_version");
    if (version && (version->kind != DOC_INTEGER || version->integer > LOCKFILE_VERSION))
        return doc_fault(err, version, "lockfile_version: this nono reads up to %d",
                         LOCKFILE_VERSION);
    lockfile.doc = doc;
    const char *registry = doc_text(doc, "registry");
    lockfile.registry = registry && registry[0] ? registry : NULL;
    if (!packs_decode(doc_find(doc, "packages"), arena, &lockfile, err))
        return false;
    *out = lockfile;
    return true;
}

static bool is_known(const char *key, const char *const *known)
{
    for (; *known; known++)
        if (strcmp(key, *known) == 0)
            return true;
    return false;
}

/* What the former document had and we do not know, as it was. */
static void unknown_copy(struct doc *out, const struct doc *former, const char *const *known,
                         struct arena *arena)
{
    if (former)
        DOC_FOREACH (former, item)
            if (!is_known(item->key, known))
                doc_append(out, doc_copy(arena, item));
}

static void artifacts_add(struct doc *out, const struct list *artifacts, struct arena *arena)
{
    struct doc *table = doc_add_table(arena, out, "artifacts");
    LIST_FOREACH (*artifacts, const struct lock_artifact, artifact) {
        struct doc *item = doc_add_table(arena, table, artifact->path);
        doc_add_text(arena, item, "sha256", artifact->sha256);
        doc_add_text(arena, item, "type", artifact->type);
    }
}

/* The original refuses a whole lock file in which one of these keys is missing. */
static struct doc *provenance_doc(const struct lock_provenance *provenance, struct arena *arena)
{
    struct lock_provenance whole = *provenance;
    const char **texts[] = { &whole.repository, &whole.workflow, &whole.git_ref, &whole.signed_at };
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!*texts[i])
            *texts[i] = "";
    return record_encode(&provenance_record, &whole, arena);
}

static void entry_add(struct doc *packs, const struct lock_pack *pack, struct arena *arena)
{
    static const char *const known[] = { "version",    "installed_at",   "pinned",
                                         "provenance", "artifacts",      "wiring_record",
                                         "registry",   "archive_digest", "manifest_sha256",
                                         NULL };
    struct doc *entry = doc_add_table(arena, packs, pack->key);
    doc_add_text(arena, entry, "version", pack->version);
    doc_add_time(arena, entry, "installed_at", pack->installed_at);
    doc_add_bool(arena, entry, "pinned", pack->pinned);
    if (pack->provenance)
        doc_insert(arena, entry, "provenance", provenance_doc(pack->provenance, arena));
    artifacts_add(entry, &pack->artifacts, arena);
    if (pack->wiring_record)
        doc_insert(arena, entry, "wiring_record", doc_copy(arena, pack->wiring_record));
    doc_add_text(arena, entry, "registry", pack->registry);
    doc_add_text(arena, entry, "archive_digest", pack->archive_digest);
    doc_add_text(arena, entry, "manifest_sha256", pack->manifest_sha256);
    unknown_copy(entry, pack->entry, known, arena);
}

static void packs_add(struct doc *packs, const struct lockfile *lockfile,
                      const struct lock_change *change, struct arena *arena)
{
    const struct lock_pack *changed = change->changed;
    LIST_FOREACH (lockfile->packs, const struct lock_pack, pack) {
        if (change->removed && strcmp(pack->key, change->removed) == 0)
            continue;
        int order = changed ? strcmp(changed->key, pack->key) : 1;
        if (changed && order <= 0) {
            entry_add(packs, changed, arena);
            changed = NULL;
        }
        if (order != 0)
            doc_append(packs, doc_copy(arena, pack->entry));
    }
    if (changed)
        entry_add(packs, changed, arena);
}

const char *lockfile_print(const struct lockfile *lockfile, const struct lock_change *change,
                           struct arena *arena)
{
    static const char *const known[] = { "lockfile_version", "registry", "packages", NULL };
    struct doc *out = doc_new(arena, DOC_TABLE);
    doc_add_integer(arena, out, "lockfile_version", LOCKFILE_VERSION);
    const char *registry = change->registry ? change->registry : lockfile->registry;
    doc_add_text(arena, out, "registry", registry ? registry : "");
    packs_add(doc_add_table(arena, out, "packages"), lockfile, change, arena);
    unknown_copy(out, lockfile->doc, known, arena);
    return arena_printf(arena, "%s\n", json_print(out, JSON_PRETTY, arena));
}

const struct lock_pack *lockfile_find(const struct lockfile *lockfile, const char *namespace,
                                      const char *name)
{
    LIST_FOREACH (lockfile->packs, const struct lock_pack, pack)
        if (strcmp(pack->namespace, namespace) == 0 && strcmp(pack->name, name) == 0)
            return pack;
    return NULL;
}

const struct lock_artifact *lock_artifact_find(const struct lock_pack *pack, const char *path)
{
    LIST_FOREACH (pack->artifacts, const struct lock_artifact, artifact)
        if (strcmp(artifact->path, path) == 0)
            return artifact;
    return NULL;
}
