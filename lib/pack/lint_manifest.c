/* Lint of the manifest itself: keys that nobody reads, what is missing, and the wiring. */
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pack/agents.h"
#include "lib/pack/lint_parts.h"

static const char *const top_keys[] = {
    "schema_version", "name",         "version",          "description", "license",
    "homepage",       "repository",   "min_nono_version", "platforms",   "keywords",
    "agents",         "dependencies", "artifacts",        "wiring",      "$schema",
};
static const char *const artifact_keys[] = { "type",      "path",   "install_as",
                                             "placement", "prefix", "aliases" };
static const char *const directive_common[] = { "type", "when" };
static const char *const directive_extra[][5] = {
    [DIRECTIVE_SYMLINK] = { "link", "target" },
    [DIRECTIVE_WRITE_FILE] = { "source", "dest" },
    [DIRECTIVE_JSON_MERGE] = { "file", "patch" },
    [DIRECTIVE_JSON_ARRAY_APPEND] = { "file", "path", "patch_entries", "key_field" },
    [DIRECTIVE_TOML_BLOCK] = { "file", "marker_id", "content", "position" },
    [DIRECTIVE_YAML_MERGE] = { "file", "patch" },
};

static bool is_among(const char *key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i] && strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static void unknown_key(struct linter *linter, const struct doc *item, const char *const *keys,
                        size_t count)
{
    const char *near = text_nearest(item->key, keys, count);
    const char *hint = near ? arena_printf(linter->arena, "did you mean \"%s\"?", near) : NULL;
    lint_add(linter, LINT_WARNING, PACK_MANIFEST, item->key_line, hint,
             "%.64s: unknown key, which nobody reads", item->key);
}

static void keys_check(struct linter *linter, const struct doc *table, const char *const *keys,
                       size_t count)
{
    DOC_FOREACH (table, item)
        if (!is_among(item->key, keys, count))
            unknown_key(linter, item, keys, count);
}

static void directive_keys_check(struct linter *linter, const struct directive *directive)
{
    const char *keys[COUNT(directive_common) + COUNT(directive_extra[0])];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(directive_common); i++)
        keys[count++] = directive_common[i];
    for (size_t i = 0; i < COUNT(directive_extra[0]); i++)
        if (directive_extra[directive->type][i])
            keys[count++] = directive_extra[directive->type][i];
    keys_check(linter, directive->doc, keys, count);
}

/* Variables are upper-case names behind '$'; "$x" is plain text. */
static void variables_check(struct linter *linter, const struct doc *item, const char *text)
{
    static const char *const known[] = { "PACK_DIR",        "NS",          "PLUGIN",        "HOME",
                                         "XDG_CONFIG_HOME", "NONO_CONFIG", "NONO_PACKAGES", "NOW" };
    for (const char *at = text ? strchr(text, '$') : NULL; at; at = strchr(at + 1, '$')) {
        char name[64];
        size_t len = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
        if (len == 0 || (at[1] >= '0' && at[1] <= '9') || len >= sizeof(name))
            continue;
        memcpy(name, at + 1, len);
        name[len] = '\0';
        if (!is_among(name, known, COUNT(known))) {
            lint_add(linter, LINT_ERROR, PACK_MANIFEST, item->line,
                     "there are PACK_DIR NS PLUGIN HOME XDG_CONFIG_HOME NONO_CONFIG NONO_PACKAGES "
                     "NOW",
                     "there is no variable $%s", name);
        }
    }
}

static bool is_inside_pack(const char *target)
{
    static const char root[] = "$PACK_DIR";
    size_t len = sizeof(root) - 1;
    if (!text_starts(target, root) || (target[len] && target[len] != '/'))
        return false;
    struct error err;
    return !target[len] || pack_path_check(target + len + 1, &err);
}

static void destination_check(struct linter *linter, const struct directive *directive)
{
    const char *destination = directive_destination(directive);
    uint64_t line = directive->doc->line;
    variables_check(linter, directive->doc, destination);
    variables_check(linter, directive->doc, directive->target);
    if (!agent_place_holds(destination))
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, line,
                 "wiring may act below the folders of agents, such as $HOME/.claude",
                 "%.200s is not in an agent's folder", destination);
    if (directive->target && !is_inside_pack(directive->target))
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, line, "as in $PACK_DIR/skills/mine",
                 "the target %.200s is not inside $PACK_DIR", directive->target);
}

/* An installed pack has its plugins at their own paths, and nothing else there. */
static void source_check(struct linter *linter, const struct directive *directive)
{
    const char *source = directive_source(directive);
    if (!source)
        return;
    LIST_FOREACH (linter->manifest.artifacts, struct artifact, artifact)
        if (artifact->type == ARTIFACT_PLUGIN && strcmp(artifact->path, source) == 0)
            return;
    lint_add(linter, LINT_ERROR, PACK_MANIFEST, directive->doc->line,
             "add it to artifacts, with the type plugin",
             "%.200s is not installed, so that wiring cannot read it", source);
}

static void project_advice(struct linter *linter)
{
    LIST_FOREACH (linter->manifest.artifacts, struct artifact, artifact) {
        const char *name = artifact_project_name(artifact);
        if (name && !project_name_is_harmless(name))
            lint_add(linter, LINT_WARNING, PACK_MANIFEST, 0,
                     "those are .md, .mdc and .txt files that are not hidden",
                     "artifacts: nono pull --init refuses to put %.100s into a project", name);
    }
}

/* A list of packs has them of every pack: one that is long makes it too long for all. */
static void words_check(struct linter *linter)
{
    const struct manifest *manifest = &linter->manifest;
    const char *description = manifest->description;
    const struct doc *keywords = doc_find(manifest->doc, "keywords");
    if (description && !text_is_line(description, 0, LIMIT_DESCRIPTION_CHARS)) {
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, doc_find(manifest->doc, "description")->line,
                 "what is longer has its place in the README",
                 "description: expected one line of at most %d characters",
                 LIMIT_DESCRIPTION_CHARS);
    }
    if (manifest->keywords.count > LIMIT_KEYWORDS) {
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, keywords->line, NULL, "keywords: over %d",
                 LIMIT_KEYWORDS);
    }
    LIST_FOREACH (manifest->keywords, const char *, keyword) {
        if (strlen(*keyword) <= LIMIT_KEYWORD_BYTES && text_is_printable(*keyword))
            continue;
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, keywords->line, NULL,
                 "keywords: expected at most %d bytes of printable text each, found \"%.64s\"",
                 LIMIT_KEYWORD_BYTES, *keyword);
        break;
    }
}

static void advice(struct linter *linter)
{
    const struct manifest *manifest = &linter->manifest;
    bool profile = false;
    LIST_FOREACH (manifest->artifacts, struct artifact, artifact)
        profile = profile || artifact->type == ARTIFACT_PROFILE;
    if (!manifest->version)
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, 0, "as in \"version\": \"1.0.0\"",
                 "version: missing");
    if (!manifest->description)
        lint_add(linter, LINT_WARNING, PACK_MANIFEST, 0, NULL,
                 "description: missing; search shows and finds packs by it");
    if (!manifest->license)
        lint_add(linter, LINT_WARNING, PACK_MANIFEST, 0, NULL, "license: missing");
    if (!profile)
        lint_add(linter, LINT_WARNING, PACK_MANIFEST, 0, NULL,
                 "no artifact is a profile: there is nothing to run under");
    project_advice(linter);
    const struct pack_file *readme = lint_file(linter, PACK_README);
    if (!readme)
        lint_add(linter, LINT_WARNING, PACK_README, 0, NULL,
                 "there is none; it is the pack's page in the registry");
    else if (!lint_readme_is_shown(readme))
        lint_add(linter, LINT_WARNING, PACK_README, 0, NULL,
                 "is not shown in the registry: it has to be text in UTF-8, of at most %zu bytes",
                 LIMIT_README_BYTES);
}

bool lint_readme_is_shown(const struct pack_file *readme)
{
    return readme->size <= LIMIT_README_BYTES && text_is_utf8(readme->bytes, readme->size) &&
           !memchr(readme->bytes, '\0', readme->size);
}

void lint_manifest(struct linter *linter)
{
    const struct manifest *manifest = &linter->manifest;
    keys_check(linter, manifest->doc, top_keys, COUNT(top_keys));
    if (manifest->artifacts.count) {
        DOC_FOREACH (doc_find(manifest->doc, "artifacts"), item)
            keys_check(linter, item, artifact_keys, COUNT(artifact_keys));
    }
    LIST_FOREACH (manifest->wiring, struct directive, directive) {
        directive_keys_check(linter, directive);
        destination_check(linter, directive);
        source_check(linter, directive);
    }
    words_check(linter);
    advice(linter);
}
