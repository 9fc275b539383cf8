/* Lint of a profile: it must resolve with what the pack has and names, and nothing of this machine.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/pack/lint_parts.h"
#include "lib/pack/ref.h"
#include "lib/profile/profile.h"

static bool is_dependency(const struct manifest *manifest, const char *name)
{
    LIST_FOREACH (manifest->dependencies, const char *, dependency) {
        size_t len = strcspn(*dependency, "@");
        if (strlen(name) == len && memcmp(*dependency, name, len) == 0)
            return true;
    }
    return false;
}

/* A base from the pack itself or the built-in ones; another pack's is empty as far as lint knows.
 */
static bool base_find(void *context, const char *name, struct arena *arena,
                      struct profile_text *out, struct error *err)
{
    const struct linter *linter = context;
    (void)arena, (void)err;
    *out = (struct profile_text){ 0 };
    LIST_FOREACH (linter->manifest.artifacts, struct artifact, artifact) {
        const struct pack_file *file = lint_file(linter, artifact->path);
        if (artifact->type != ARTIFACT_PROFILE || strcmp(artifact->install_as, name) != 0 || !file)
            continue;
        out->text = file->bytes;
        out->len = file->size;
        out->file = file->path;
        (void)profile_syntax_of(file->path, &out->syntax);
        return true;
    }
    if (is_dependency(&linter->manifest, name)) {
        out->text = "extends = []\n";
        out->len = strlen(out->text);
        out->syntax = PROFILE_TOML;
        out->file = name;
    } else
        profile_builtin_find(name, out);
    return true;
}

static bool group_find(void *context, const char *name, struct arena *arena,
                       struct profile_text *out, struct error *err)
{
    const struct linter *linter = context;
    *out = (struct profile_text){ 0 };
    LIST_FOREACH (linter->manifest.artifacts, struct artifact, artifact) {
        const struct pack_file *file = lint_file(linter, artifact->path);
        struct doc *doc;
        if (artifact->type != ARTIFACT_GROUPS || !file)
            continue;
        if (!json_parse(file->bytes, file->size, file->path, JSON_PLAIN, arena, &doc, err))
            return false;
        const struct doc *group = doc_find(doc, name);
        if (!group)
            continue;
        out->text = json_print(group, JSON_PRETTY, arena);
        out->len = strlen(out->text);
        out->syntax = PROFILE_JSON;
        out->file = file->path;
        return true;
    }
    return true;
}

/* A hook runs outside the sandbox: it must be of the pack, and one that can be started. */
static void hook_check(struct linter *linter, const struct profile_hook *hook, const char *file)
{
    static const char root[] = "$PACK_DIR/";
    if (!hook->written || !text_starts(hook->written, root))
        return;
    const char *path = hook->written + sizeof(root) - 1;
    const struct pack_file *script = lint_file(linter, path);
    if (!script)
        lint_add(linter, LINT_ERROR, file, hook->origin.line, "add it to artifacts",
                 "the hook %.200s is not in the pack", path);
    else if (!script->executable)
        lint_add(linter, LINT_ERROR, path, 0, "chmod +x", "a hook of %s, but not executable", file);
}

void lint_profile(struct linter *linter, const struct artifact *artifact, uint64_t line)
{
    const struct pack_file *file = lint_file(linter, artifact->path);
    struct profile_text text = { .text = file->bytes, .len = file->size, .file = file->path };
    if (!profile_syntax_of(file->path, &text.syntax)) {
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, line,
                 "profiles end in .toml, .yaml, .yml, .json or .jsonc",
                 "%s is no name of a profile", file->path);
        return;
    }
    struct profile_env env = {
        .source = { .context = linter, .find_profile = base_find, .find_group = group_find }
    };
    struct profile *profile;
    struct error err;
    if (!profile_resolve(&env, artifact->install_as, &text, NULL, linter->arena, &profile, &err)) {
        lint_failure(linter, LINT_ERROR, file->path, &err);
        return;
    }
    hook_check(linter, &profile->hook_before, file->path);
    hook_check(linter, &profile->hook_after, file->path);
    LIST_FOREACH (profile->unsupported, struct profile_note, note)
        lint_add(linter, LINT_WARNING, file->path, note->origin.line, NULL, "%s: %s", note->key,
                 note->text);
    LIST_FOREACH (profile->warnings, struct profile_note, note)
        lint_add(linter, LINT_WARNING, file->path, note->origin.line, NULL, "%s: %s", note->key,
                 note->text);
}
