/* Questions asked of a resolved profile before a program is started. */
#include <string.h>

#include "lib/profile/resolver.h"

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A program that is denied with its folder is denied in every other. */
static bool is_denied(const struct profile *profile, const char *name)
{
    LIST_FOREACH (profile->commands_deny, const char *, denied)
        if (strcmp(last_component(*denied), name) == 0)
            return true;
    return false;
}

bool profile_check_command(const struct profile *profile, const char *program, struct error *err)
{
    const char *name = last_component(program);
    if (profile_texts_have(&profile->commands_allow, name) || !is_denied(profile, name))
        return true;
    error_set(err, DENIED, "profile %s does not start \"%.64s\"", profile->name, name);
    return error_hint(err, "commands.allow can name it");
}

bool profile_check_supported(const struct profile *profile, struct error *err)
{
    if (!profile->unsupported.count)
        return true;
    const struct profile_note *note = LIST_AT(profile->unsupported, struct profile_note, 0);
    const struct profile_origin *at = &note->origin;
    error_set(err, UNSUPPORTED, "%s %s", note->key, note->text);
    if (at->file && at->line)
        error_prefix(err, "%s:%u:%u", at->file, at->line, at->column);
    error_field(err, "%s", note->key);
    if (profile->unsupported.count > 1)
        return error_hint(err, "and %zu more; `nono profile validate %s` lists them",
                          profile->unsupported.count - 1, profile->name);
    return error_hint(err, "nothing is run with less than its profile asks for");
}
