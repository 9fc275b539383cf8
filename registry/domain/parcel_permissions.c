#include <string.h>

#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/profile/permissions.h"
#include "lib/profile/profile.h"
#include "registry/domain/parcel.h"

static const struct pack_file *file_find(const struct parcel *parcel, const char *path)
{
    for (size_t i = 0; i < parcel->index.files.count; i++)
        if (strcmp(parcel->files[i].path, path) == 0)
            return &parcel->files[i];
    return NULL;
}

static void text_of(const struct pack_file *file, struct profile_text *out)
{
    *out = (struct profile_text){ .text = file->bytes, .len = file->size, .file = file->path };
    if (!profile_syntax_of(file->path, &out->syntax))
        out->syntax = PROFILE_JSON; /* the original's, whatever the file is called */
}

/* A base is built in, or another profile of the same pack: nothing else is known here. */
static bool profile_find(void *context, const char *name, const struct profile_asker *asker,
                         struct arena *arena, struct profile_text *out, struct error *err)
{
    const struct parcel *parcel = context;
    (void)asker, (void)arena, (void)err;
    *out = (struct profile_text){ 0 };
    const struct artifact *artifact = manifest_profile_find(&parcel->index.manifest, name);
    const struct pack_file *file = artifact ? file_find(parcel, artifact->path) : NULL;
    if (file)
        text_of(file, out);
    return true;
}

static bool group_find(void *context, const char *name, const char *pack, struct arena *arena,
                       struct profile_text *out, struct error *err)
{
    const struct parcel *parcel = context;
    (void)name, (void)pack, (void)arena, (void)err;
    *out = (struct profile_text){ 0 };
    const struct artifact *artifact = manifest_groups_find(&parcel->index.manifest);
    const struct pack_file *file = artifact ? file_find(parcel, artifact->path) : NULL;
    if (file) {
        text_of(file, out);
        out->syntax = PROFILE_JSON;
    }
    return true;
}

static bool profile_widen(const struct parcel *parcel, const struct profile_env *env,
                          const struct artifact *artifact, struct arena *arena,
                          struct permissions *all, struct error *err)
{
    const struct pack_file *file = file_find(parcel, artifact->path);
    struct profile_text text;
    struct permissions one;
    bool groups = artifact->type == ARTIFACT_GROUPS;
    if (!file || (artifact->type != ARTIFACT_PROFILE && !groups))
        return true;
    text_of(file, &text);
    if (groups)
        text.syntax = PROFILE_JSON;
    if (!permissions_ask(env, groups ? NULL : artifact->install_as, &text, arena, &one, err)) {
        if (err->kind == ERROR_NOT_FOUND)
            err->kind = ERROR_INVALID; /* a base that nobody has is the profile's fault */
        return error_prefix(err, "%s %s", groups ? "groups" : "profile", artifact->path);
    }
    return permissions_widen(all, &one, arena, err);
}

bool parcel_permissions(const struct parcel *parcel, struct arena *arena, const char **out,
                        struct error *err)
{
    /* No platform: every condition stays in the summary, and nothing of this machine gets in. */
    struct parcel *context = ARENA_NEW(arena, struct parcel);
    *context = *parcel;
    struct profile_env env = { .source = { context, profile_find, group_find, NULL },
                               .home = "/home/user",
                               .workdir = "/work",
                               .config_dir = "/home/user/.config/nono",
                               .packages_dir = "/home/user/.config/nono/packages" };
    struct permissions all = { 0 };
    LIST_FOREACH (parcel->index.manifest.artifacts, struct artifact, artifact)
        if (!profile_widen(parcel, &env, artifact, arena, &all, err))
            return false;
    if (!all.schema_version)
        all = (struct permissions){ .schema_version = 1, .workdir = "none" };
    *out = json_encode(&permissions_record, &all, arena);
    return true;
}
