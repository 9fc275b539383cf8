/* Lint of a profile: it must resolve with what the pack has and names, and nothing of this machine.
 */
#include <string.h>

#include "lib/base/text.h"
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
static bool base_find(void *context, const char *name, const struct profile_asker *asker,
                      struct arena *arena, struct profile_text *out, struct error *err)
{
    const struct linter *linter = context;
    (void)asker, (void)arena, (void)err;
    *out = (struct profile_text){ 0 };
    const struct artifact *artifact = manifest_profile_find(&linter->manifest, name);
    const struct pack_file *file = artifact ? lint_file(linter, artifact->path) : NULL;
    if (file) {
        *out = (struct profile_text){ .text = file->bytes, .len = file->size, .file = file->path };
        (void)profile_syntax_of(file->path, &out->syntax);
    } else if (is_dependency(&linter->manifest, name)) {
        out->text = "extends = []\n";
        out->len = strlen(out->text);
        out->syntax = PROFILE_TOML;
        out->file = name;
    }
    return true;
}

static bool group_find(void *context, const char *name, const char *pack, struct arena *arena,
                       struct profile_text *out, struct error *err)
{
    const struct linter *linter = context;
    (void)name, (void)pack, (void)arena, (void)err;
    *out = (struct profile_text){ 0 };
    const struct artifact *artifact = manifest_groups_find(&linter->manifest);
    const struct pack_file *file = artifact ? lint_file(linter, artifact->path) : NULL;
    if (file)
        *out = (struct profile_text){
            .text = file->bytes, .len = file->size, .syntax = PROFILE_JSON, .file = file->path
        };
    return true;
}

/* A hook runs outside the sandbox: it must be of the pack, and one that can be started. */
static void hook_check(struct linter *linter, const struct profile_hook *hook, const char *file)
{
    static const char *const roots[] = { "$PACK_DIR/", "${PACK_DIR}/" };
    const char *path = NULL;
    for (size_t i = 0; hook->written && i < COUNT(roots); i++)
        if (text_starts(hook->written, roots[i]))
            path = hook->written + strlen(roots[i]);
    if (hook->written && !path)
        lint_add(linter, LINT_ERROR, file, hook->origin.line, "its own begin with $PACK_DIR/",
                 "the hook %.200s is not a file of the pack", hook->written);
    if (!path)
        return;
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
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct profile *profile;
    struct error err;
    if (!profile_resolve(&env, artifact->install_as, &text, NULL, scratch, &profile, &err)) {
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
