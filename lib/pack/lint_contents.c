/* Lint of what is in the files: programs, and documents that the client will have to read. */
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/pack/lint_parts.h"
#include "lib/profile/profile.h"

static bool is_script(const struct pack_file *file)
{
    return file->size > 2 && memcmp(file->bytes, "#!", 2) == 0;
}

static void program_check(struct linter *linter, const struct pack_file *file)
{
    if (file->executable)
        return;
    const char *hint = arena_printf(linter->arena, "chmod +x %s", file->path);
    if (pack_path_is_program(file->path))
        lint_add(linter, LINT_WARNING, file->path, 0, hint,
                 "a program by its path, but not executable");
    else if (is_script(file))
        lint_add(linter, LINT_WARNING, file->path, 0, hint,
                 "begins with #!, but is not executable");
}

/* The document of a JSON file of the pack, or NULL with a finding. A document is many times its
 * text, and a pack has many: each is gone before the next is read. */
static struct doc *json_read(struct linter *linter, const struct pack_file *file,
                             struct arena *scratch)
{
    struct doc *doc;
    struct error err;
    if (file->size > LIMIT_JSON_BYTES) {
        lint_add(linter, LINT_ERROR, file->path, 0, NULL, "over %zu bytes, which nobody reads",
                 LIMIT_JSON_BYTES);
        return NULL;
    }
    if (json_parse(file->bytes, file->size, file->path, JSON_PLAIN, scratch, &doc, &err))
        return doc;
    lint_failure(linter, LINT_ERROR, file->path, &err);
    return NULL;
}

static void expect_kind(struct linter *linter, const struct pack_file *file, enum doc_kind kind)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const struct doc *doc = json_read(linter, file, scratch);
    if (doc && doc->kind != kind)
        lint_add(linter, LINT_ERROR, file->path, doc->line, NULL, "expected %s, found %s",
                 doc_kind_name(kind), doc_kind_name(doc->kind));
}

/* Whether those who name the groups can be resolved. */
static void groups_resolve(struct linter *linter, const struct pack_file *file)
{
    const struct profile_env anywhere = { 0 };
    struct profile_text text = {
        .text = file->bytes, .len = file->size, .syntax = PROFILE_JSON, .file = file->path
    };
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct profile *profile;
    struct error err;
    if (!profile_resolve_groups(&anywhere, &text, scratch, &profile, &err))
        lint_failure(linter, LINT_ERROR, file->path, &err);
}

static void groups_check(struct linter *linter, const struct pack_file *file, const char *prefix)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const struct doc *doc = json_read(linter, file, scratch);
    if (!doc)
        return;
    if (doc->kind != DOC_TABLE) {
        lint_add(linter, LINT_ERROR, file->path, doc->line, NULL, "expected a table of groups");
        return;
    }
    DOC_FOREACH (doc, group) {
        struct profile_text builtin = { 0 };
        if (!text_starts(group->key, prefix))
            lint_add(linter, LINT_ERROR, file->path, group->key_line, NULL,
                     "the group %.64s does not begin with the prefix %.64s", group->key, prefix);
        profile_group_find(group->key, &builtin);
        if (builtin.text)
            lint_add(linter, LINT_ERROR, file->path, group->key_line, NULL,
                     "the group %.64s has the name of a built-in one", group->key);
        if (strchr(group->key, '/'))
            lint_add(linter, LINT_ERROR, file->path, group->key_line, NULL,
                     "the group %.64s has a / in its name, which only its pack's has", group->key);
    }
    groups_resolve(linter, file);
}

static void document_check(struct linter *linter, const struct pack_file *file,
                           enum profile_syntax syntax)
{
    struct profile_text text = {
        .text = file->bytes, .len = file->size, .syntax = syntax, .file = file->path
    };
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct doc *doc;
    struct error err;
    if (!profile_parse(&text, scratch, &doc, &err))
        lint_failure(linter, LINT_ERROR, file->path, &err);
}

static void patch_check(struct linter *linter, const struct directive *directive)
{
    const char *source = directive_source(directive);
    const struct pack_file *file = source ? lint_file(linter, source) : NULL;
    if (!file)
        return;
    switch ((enum directive_type)directive->type) {
    case DIRECTIVE_JSON_MERGE:
        expect_kind(linter, file, DOC_TABLE);
        break;
    case DIRECTIVE_JSON_ARRAY_APPEND:
        expect_kind(linter, file, DOC_LIST);
        break;
    case DIRECTIVE_TOML_BLOCK:
        document_check(linter, file, PROFILE_TOML);
        break;
    case DIRECTIVE_YAML_MERGE:
        document_check(linter, file, PROFILE_YAML);
        break;
    case DIRECTIVE_SYMLINK:
    case DIRECTIVE_WRITE_FILE:
        break;
    }
}

static bool same_patch(const struct directive *a, const struct directive *b)
{
    const char *left = directive_source(a), *right = directive_source(b);
    return a->type == b->type && left && right && strcmp(left, right) == 0;
}

/* A patch that many directives apply is read once. */
static void patches_check(struct linter *linter)
{
    LIST_FOREACH (linter->manifest.wiring, struct directive, directive) {
        const struct directive *first = linter->manifest.wiring.items;
        while (first < directive && !same_patch(first, directive))
            first++;
        if (first == directive)
            patch_check(linter, directive);
    }
}

static void artifact_check(struct linter *linter, const struct artifact *artifact, uint64_t line)
{
    const struct pack_file *file = lint_file(linter, artifact->path);
    if (!file)
        return;
    switch ((enum artifact_type)artifact->type) {
    case ARTIFACT_PROFILE:
        lint_profile(linter, artifact, line);
        break;
    case ARTIFACT_TRUST_POLICY:
        expect_kind(linter, file, DOC_TABLE);
        break;
    case ARTIFACT_GROUPS:
        groups_check(linter, file, artifact->prefix);
        break;
    case ARTIFACT_PLUGIN:
        program_check(linter, file);
        break;
    case ARTIFACT_INSTRUCTION:
        if (!text_is_utf8(file->bytes, file->size))
            lint_add(linter, LINT_ERROR, file->path, 0, NULL, "an instruction is text in UTF-8");
        break;
    }
}

/* Names under which tools keep what is for their user alone. */
static bool is_private_name(const char *name, size_t len)
{
    static const char *const names[] = { ".env",        ".git",    ".ssh",
                                         ".gnupg",      ".aws",    ".netrc",
                                         ".npmrc",      ".pypirc", ".git-credentials",
                                         ".vault-token" };
    for (size_t i = 0; i < COUNT(names); i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return true;
    return len > strlen(".env.") && text_starts(name, ".env."); /* ".env.local" */
}

static bool is_private_key(const struct pack_file *file)
{
    static const char head[] = "-----BEGIN ", end[] = "PRIVATE KEY-----";
    const char *text = file->bytes;
    size_t line = strcspn(text, "\r\n");
    return text_starts(text, head) && line >= strlen(end) &&
           memcmp(text + line - strlen(end), end, strlen(end)) == 0;
}

/* Who wrote the manifest is not always who publishes: an agent may name what it cannot read. */
static void private_check(struct linter *linter, const struct pack_file *file)
{
    static const char hint[] = "leave it out of the manifest, or give an example another name";
    for (const char *at = file->path; *at; at += strspn(at, "/")) {
        size_t len = strcspn(at, "/");
        if (is_private_name(at, len)) {
            lint_add(linter, LINT_ERROR, file->path, 0, hint, "would publish what %.*s is for",
                     (int)len, at);
            return;
        }
        at += len;
    }
    if (is_private_key(file))
        lint_add(linter, LINT_ERROR, file->path, 0, hint, "would publish a private key");
}

void lint_contents(struct linter *linter)
{
    LIST_FOREACH (linter->files, const struct pack_file, file)
        private_check(linter, file);
    const struct manifest *manifest = &linter->manifest;
    if (manifest->artifacts.count) {
        size_t i = 0;
        DOC_FOREACH (doc_find(manifest->doc, "artifacts"), item)
            artifact_check(linter, LIST_AT(manifest->artifacts, struct artifact, i++), item->line);
    }
    patches_check(linter);
}
