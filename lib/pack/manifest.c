#include "lib/pack/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/pack/ref.h"
#include "lib/pack/semver.h"
#include "lib/profile/profile.h"

const char *const artifact_type_names[] = { "profile", "instruction", "trust_policy",
                                            "groups",  "plugin",      NULL };
const char *const directive_type_names[] = {
    "symlink", "write_file", "json_merge", "json_array_append", "toml_block", "yaml_merge", NULL
};
static const char *const position_names[] = { "bottom", "top", NULL };
static const char *const platform_names[] = { "linux", "macos", "windows", NULL };

static const struct field artifact_fields[] = {
    ENUM(struct artifact, type, artifact_type_names, REQUIRED),
    TEXT(struct artifact, path, REQUIRED),
    TEXT(struct artifact, install_as, OPTIONAL),
    TEXT(struct artifact, placement, OPTIONAL),
    TEXT(struct artifact, prefix, OPTIONAL),
    TEXTS(struct artifact, aliases, OPTIONAL),
};
static const struct record artifact_record =
    RECORD_OPEN(struct artifact, "artifact", artifact_fields);

static const struct field directive_fields[] = {
    ENUM(struct directive, type, directive_type_names, REQUIRED),
    DOC(struct directive, when, OPTIONAL),
    TEXT(struct directive, link, OPTIONAL),
    TEXT(struct directive, target, OPTIONAL),
    TEXT(struct directive, source, OPTIONAL),
    TEXT(struct directive, dest, OPTIONAL),
    TEXT(struct directive, file, OPTIONAL),
    TEXT(struct directive, patch, OPTIONAL),
    TEXT(struct directive, path, OPTIONAL),
    TEXT(struct directive, patch_entries, OPTIONAL),
    TEXT(struct directive, key_field, OPTIONAL),
    TEXT(struct directive, marker_id, OPTIONAL),
    TEXT(struct directive, content, OPTIONAL),
    ENUM(struct directive, position, position_names, OPTIONAL),
};
static const struct record directive_record =
    RECORD_OPEN(struct directive, "wiring directive", directive_fields);

static const struct field manifest_fields[] = {
    U64(struct manifest, schema_version, REQUIRED),
    TEXT(struct manifest, name, REQUIRED),
    TEXT(struct manifest, version, OPTIONAL),
    TEXT(struct manifest, description, OPTIONAL),
    TEXT(struct manifest, license, OPTIONAL),
    TEXT(struct manifest, homepage, OPTIONAL),
    TEXT(struct manifest, repository, OPTIONAL),
    TEXT(struct manifest, min_nono_version, OPTIONAL),
    TEXTS(struct manifest, platforms, OPTIONAL),
    TEXTS(struct manifest, keywords, OPTIONAL),
    TEXTS(struct manifest, agents, OPTIONAL),
    TEXTS(struct manifest, dependencies, OPTIONAL),
    LIST(struct manifest, artifacts, &artifact_record, OPTIONAL),
    LIST(struct manifest, wiring, &directive_record, OPTIONAL),
};
static const struct record manifest_record =
    RECORD_OPEN(struct manifest, "manifest", manifest_fields);

/* The keys that each directive must have; the first is where it acts, the last what it reads. */
#define KEY(member) offsetof(struct directive, member), #member
static const struct {
    struct {
        size_t offset;
        const char *name;
    } keys[5];
} directive_keys[] = {
    [DIRECTIVE_SYMLINK] = { { { KEY(link) }, { KEY(target) } } },
    [DIRECTIVE_WRITE_FILE] = { { { KEY(dest) }, { KEY(source) } } },
    [DIRECTIVE_JSON_MERGE] = { { { KEY(file) }, { KEY(patch) } } },
    [DIRECTIVE_JSON_ARRAY_APPEND] = { { { KEY(file) },
                                        { KEY(path) },
                                        { KEY(key_field) },
                                        { KEY(patch_entries) } } },
    [DIRECTIVE_TOML_BLOCK] = { { { KEY(file) }, { KEY(marker_id) }, { KEY(content) } } },
    [DIRECTIVE_YAML_MERGE] = { { { KEY(file) }, { KEY(patch) } } },
};

static const char *directive_key(const struct directive *directive, size_t offset)
{
    return *(const char *const *)((const char *)directive + offset);
}

const char *directive_destination(const struct directive *directive)
{
    return directive_key(directive, directive_keys[directive->type].keys[0].offset);
}

const char *directive_source(const struct directive *directive)
{
    switch ((enum directive_type)directive->type) {
    case DIRECTIVE_SYMLINK:
        return NULL;
    case DIRECTIVE_WRITE_FILE:
        return directive->source;
    case DIRECTIVE_JSON_MERGE:
    case DIRECTIVE_YAML_MERGE:
        return directive->patch;
    case DIRECTIVE_JSON_ARRAY_APPEND:
        return directive->patch_entries;
    case DIRECTIVE_TOML_BLOCK:
        return directive->content;
    }
    __builtin_unreachable();
}

/* Puts the place of a value, or of its table, before a failure that is already there. */
static bool fault(struct error *err, const struct doc *table, const char *key)
{
    const struct doc *value = doc_find(table, key);
    struct error inner = *err;
    doc_fault(err, value ? value : table, "%s: %s", key, inner.message);
    error_hint(err, "%s", inner.hint);
    return error_field(err, "%s", key);
}

static bool is_reserved(const char *path)
{
    return strcasecmp(path, PACK_MANIFEST) == 0 || strcasecmp(path, PACK_TRUST_BUNDLE) == 0;
}

/* The name of a file that profile and prefix names become part of. */
static bool plain_name_check(const char *name, struct error *err)
{
    if (!name)
        return error_set(err, INVALID, "missing");
    return pack_name_check(name, "name", err);
}

/* No pack brings the base of all others: it would change what they mean. */
static bool profile_name_check(const char *name, struct error *err)
{
    if (!plain_name_check(name, err))
        return false;
    if (strcmp(name, PROFILE_DEFAULT) == 0)
        return error_set(err, INVALID, "no pack's profile can be called \"%s\"", name);
    return true;
}

static bool artifact_check(const struct artifact *artifact, const struct doc *doc,
                           struct error *err)
{
    if (!pack_path_check(artifact->path, err))
        return fault(err, doc, "path");
    if (is_reserved(artifact->path)) {
        error_set(err, INVALID, "%s is no artifact", artifact->path);
        return fault(err, doc, "path");
    }
    if (artifact->type == ARTIFACT_PROFILE && !profile_name_check(artifact->install_as, err))
        return fault(err, doc, "install_as");
    if (artifact->type == ARTIFACT_GROUPS && (!artifact->prefix || !*artifact->prefix)) {
        error_set(err, INVALID, "missing");
        return fault(err, doc, "prefix");
    }
    LIST_FOREACH (artifact->aliases, const char *, alias)
        if (!profile_name_check(*alias, err))
            return fault(err, doc, "aliases");
    return true;
}

static bool marker_check(const struct directive *directive, struct error *err)
{
    return !directive->marker_id || pack_name_check(directive->marker_id, "marker", err) ||
           fault(err, directive->doc, "marker_id");
}

static bool destination_check(const struct directive *directive, struct error *err)
{
    const char *dest = directive_destination(directive);
    const char *key = directive_keys[directive->type].keys[0].name;
    if (!*dest || strlen(dest) > LIMIT_PACK_PATH_BYTES || !text_is_printable(dest)) {
        error_set(err, INVALID, "expected a path");
        return fault(err, directive->doc, key);
    }
    for (const char *at = dest;; at++) {
        size_t len = strcspn(at, "/");
        if (len == 2 && memcmp(at, "..", 2) == 0) {
            error_set(err, INVALID, "the path has a \"..\" segment");
            return fault(err, directive->doc, key);
        }
        at += len;
        if (!*at)
            return true;
    }
}

static bool directive_check(const struct directive *directive, struct error *err)
{
    const char *name = NULL;
    for (size_t i = 0; i < 5 && directive_keys[directive->type].keys[i].name; i++) {
        name = directive_keys[directive->type].keys[i].name;
        if (directive_key(directive, directive_keys[directive->type].keys[i].offset))
            continue;
        error_set(err, INVALID, "missing, which %s needs", directive_type_names[directive->type]);
        return fault(err, directive->doc, name);
    }
    const char *source = directive_source(directive);
    if (source && !pack_path_check(source, err))
        return fault(err, directive->doc, name);
    bool holds;
    return destination_check(directive, err) && marker_check(directive, err) &&
           profile_when_doc(directive->when, NULL, &holds, err);
}

static bool versions_check(const struct manifest *manifest, struct error *err)
{
    struct semver version;
    const char *least = manifest->min_nono_version;
    if (manifest->schema_version != 1) {
        error_set(err, UNSUPPORTED, "only version 1 is known, not %ju",
                  (uintmax_t)manifest->schema_version);
        return fault(err, manifest->doc, "schema_version");
    }
    if (manifest->version && !semver_parse(manifest->version, &version, err))
        return fault(err, manifest->doc, "version");
    if (least && !semver_parse(least + (*least == 'v'), &version, err))
        return fault(err, manifest->doc, "min_nono_version");
    return true;
}

static bool platforms_check(const struct manifest *manifest, struct error *err)
{
    LIST_FOREACH (manifest->platforms, const char *, platform) {
        bool known = false;
        for (size_t i = 0; platform_names[i]; i++)
            known = known || strcmp(*platform, platform_names[i]) == 0;
        if (!known) {
            error_set(err, INVALID, "unknown platform \"%.64s\"", *platform);
            fault(err, manifest->doc, "platforms");
            return error_hint(err, "one of: linux, macos, windows");
        }
    }
    return true;
}

static bool dependencies_check(const struct manifest *manifest, struct error *err)
{
    LIST_FOREACH (manifest->dependencies, const char *, dependency) {
        struct pack_ref ref;
        if (!pack_ref_parse(*dependency, &ref, err))
            return error_prefix(err, "\"%.64s\"", *dependency),
                   fault(err, manifest->doc, "dependencies");
    }
    return true;
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool profiles_count(const struct manifest *manifest, struct error *err)
{
    size_t count = 0;
    LIST_FOREACH (manifest->artifacts, const struct artifact, artifact)
        count += artifact->type == ARTIFACT_PROFILE;
    return count <= LIMIT_PACK_PROFILES ||
           error_set(err, TOO_LARGE, "over %d profiles", LIMIT_PACK_PROFILES);
}

/* A name means one profile of the pack, whatever its syntax: what is agreed to is what is run. */
static bool names_check(const struct manifest *manifest, struct error *err)
{
    LIST_FOREACH (manifest->artifacts, const struct artifact, artifact) {
        if (artifact->type != ARTIFACT_PROFILE ||
            manifest_profile_find(manifest, artifact->install_as) == artifact)
            continue;
        error_set(err, INVALID, "two profiles are called %s", artifact->install_as);
        return fault(err, manifest->doc, "artifacts");
    }
    return true;
}

/* Two that are the same text, or NULL. Sorts. */
static const char *twice(const char **texts, size_t count)
{
    qsort(texts, count, sizeof(*texts), text_order);
    for (size_t i = 1; i < count; i++)
        if (strcmp(texts[i - 1], texts[i]) == 0)
            return texts[i];
    return NULL;
}

/* No two artifacts may come to stand at one path, nor be one file. */
static bool paths_check(const struct manifest *manifest, struct arena *arena, struct error *err)
{
    size_t count = manifest->artifacts.count;
    const char **installed = ARENA_ARRAY(arena, const char *, count);
    const char **paths = ARENA_ARRAY(arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        const struct artifact *artifact = LIST_AT(manifest->artifacts, struct artifact, i);
        paths[i] = artifact->path;
        installed[i] = artifact_installed_path(artifact, arena);
        if (is_reserved(installed[i])) {
            error_set(err, INVALID, "one of them would be installed as %s", installed[i]);
            return fault(err, manifest->doc, "artifacts");
        }
    }
    const char *same = twice(installed, count), *file = twice(paths, count);
    if (!same && !file)
        return true;
    if (same)
        error_set(err, INVALID, "two of them would be installed as %s", same);
    else
        error_set(err, INVALID, "two of them are the file %s", file);
    return fault(err, manifest->doc, "artifacts");
}

static bool lists_check(struct manifest *manifest, struct arena *arena, struct error *err)
{
    size_t i = 0;
    if (manifest->artifacts.count > LIMIT_PACK_ENTRIES ||
        manifest->wiring.count > LIMIT_PACK_ENTRIES)
        return error_set(err, TOO_LARGE, "over %d artifacts or directives", LIMIT_PACK_ENTRIES);
    if (manifest->artifacts.count) {
        DOC_FOREACH (doc_find(manifest->doc, "artifacts"), doc)
            if (!artifact_check(LIST_AT(manifest->artifacts, struct artifact, i++), doc, err))
                return false;
    }
    i = 0;
    if (manifest->wiring.count) {
        DOC_FOREACH (doc_find(manifest->doc, "wiring"), doc) {
            struct directive *directive = LIST_AT(manifest->wiring, struct directive, i++);
            directive->doc = doc;
            if (!directive_check(directive, err))
                return false;
        }
    }
    return profiles_count(manifest, err) && paths_check(manifest, arena, err) &&
           names_check(manifest, err);
}

/* Of what nobody reads, too: a registry keeps the whole document, and PostgreSQL no text with NUL.
 * NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool texts_check(const struct doc *doc, const char *key, struct error *err)
{
    if (doc->kind == DOC_TEXT && strlen(doc->text) != doc->len) {
        doc_fault(err, doc, "%.64s: expected text without NUL", key);
        return error_field(err, "%s", key);
    }
    if (doc->kind != DOC_LIST && doc->kind != DOC_TABLE)
        return true;
    DOC_FOREACH (doc, child)
        if (!texts_check(child, child->key ? child->key : key, err))
            return false;
    return true;
}

bool manifest_parse(const char *text, size_t len, const char *source, struct arena *arena,
                    struct manifest *out, struct error *err)
{
    struct manifest manifest = { 0 };
    struct doc *doc;
    if (len > LIMIT_MANIFEST_BYTES)
        return error_set(err, TOO_LARGE, "%s: over %zu bytes", source ? source : PACK_MANIFEST,
                         LIMIT_MANIFEST_BYTES);
    if (!json_parse(text, len, source, JSON_PLAIN, arena, &doc, err) ||
        !record_decode(doc, &manifest_record, arena, &manifest, err) || !texts_check(doc, "", err))
        return false;
    manifest.doc = doc;
    if (!pack_name_check(manifest.name, "name", err))
        return fault(err, doc, "name");
    if (!versions_check(&manifest, err) || !platforms_check(&manifest, err) ||
        !dependencies_check(&manifest, err) || !lists_check(&manifest, arena, err))
        return false;
    *out = manifest;
    return true;
}

const struct artifact *manifest_profile_find(const struct manifest *manifest, const char *name)
{
    LIST_FOREACH (manifest->artifacts, const struct artifact, artifact)
        if (artifact->type == ARTIFACT_PROFILE && strcmp(artifact->install_as, name) == 0)
            return artifact;
    LIST_FOREACH (manifest->artifacts, const struct artifact, artifact) {
        if (artifact->type != ARTIFACT_PROFILE)
            continue;
        LIST_FOREACH (artifact->aliases, const char *, alias)
            if (strcmp(*alias, name) == 0)
                return artifact;
    }
    return NULL;
}

const struct artifact *manifest_groups_find(const struct manifest *manifest)
{
    LIST_FOREACH (manifest->artifacts, const struct artifact, artifact)
        if (artifact->type == ARTIFACT_GROUPS)
            return artifact;
    return NULL;
}

const char *artifact_project_name(const struct artifact *artifact)
{
    if (artifact->type != ARTIFACT_INSTRUCTION || !artifact->placement ||
        strcmp(artifact->placement, "project") != 0)
        return NULL;
    const char *slash = strrchr(artifact->path, '/');
    return slash ? slash + 1 : artifact->path;
}

bool project_name_is_harmless(const char *name)
{
    return name[0] != '.' &&
           (text_ends(name, ".md") || text_ends(name, ".mdc") || text_ends(name, ".txt"));
}

bool manifest_allows(const char *path)
{
    return strcmp(path, PACK_README) == 0 || strcmp(path, PACK_LICENSE) == 0;
}

void manifest_paths(const struct manifest *manifest, struct arena *arena, struct list *out)
{
    size_t count = 0, unique = 0;
    const char **paths =
        ARENA_ARRAY(arena, const char *, 1 + manifest->artifacts.count + manifest->wiring.count);
    paths[count++] = PACK_MANIFEST;
    LIST_FOREACH (manifest->artifacts, struct artifact, artifact)
        paths[count++] = artifact->path;
    LIST_FOREACH (manifest->wiring, struct directive, directive)
        if (directive_source(directive))
            paths[count++] = directive_source(directive);
    qsort(paths, count, sizeof(*paths), text_order);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(paths[i], paths[unique - 1]) != 0)
            paths[unique++] = paths[i];
    *out = (struct list){ paths, unique };
}
