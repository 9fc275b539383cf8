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

static bool answers_to(const struct artifact *artifact, const char *name)
{
    if (artifact->install_as && strcmp(artifact->install_as, name) == 0)
        return true;
    LIST_FOREACH (artifact->aliases, const char *, alias)
        if (strcmp(*alias, name) == 0)
            return true;
    return false;
}

/* A base is built in, or another profile of the same pack: nothing else is known here. */
static bool profile_find(void *context, const char *name, struct arena *arena,
                         struct profile_text *out, struct error *err)
{
    const struct parcel *parcel = context;
    (void)arena, (void)err;
    LIST_FOREACH (parcel->index.manifest.artifacts, struct artifact, artifact) {
        const struct pack_file *file = file_find(parcel, artifact->path);
        if (artifact->type == ARTIFACT_PROFILE && file && answers_to(artifact, name)) {
            text_of(file, out);
            return true;
        }
    }
    profile_builtin_find(name, out);
    return true;
}

static bool group_find(void *context, const char *name, struct arena *arena,
                       struct profile_text *out, struct error *err)
{
    const struct parcel *parcel = context;
    *out = (struct profile_text){ 0 };
    LIST_FOREACH (parcel->index.manifest.artifacts, struct artifact, artifact) {
        const struct pack_file *file = file_find(parcel, artifact->path);
        struct doc *groups;
        if (artifact->type != ARTIFACT_GROUPS || !file)
            continue;
        if (!json_parse(file->bytes, file->size, file->path, JSON_PLAIN, arena, &groups, err))
            return false;
        const struct doc *group = doc_find(groups, name);
        if (group) {
            const char *text = json_print(group, JSON_COMPACT_KEPT, arena);
            *out = (struct profile_text){
                .text = text, .len = strlen(text), .syntax = PROFILE_JSON, .file = file->path
            };
        }
    }
    return true;
}

static void list_append(struct list *to, const struct list *from, size_t size, struct arena *arena)
{
    if (from->count == 0)
        return;
    char *items = arena_alloc(arena, to->count + from->count, size);
    if (to->count)
        memcpy(items, to->items, to->count * size);
    memcpy(items + to->count * size, from->items, from->count * size);
    *to = (struct list){ items, to->count + from->count };
}

/* Which of two is wider is the order of the enumerations, but for execute, where it is reversed. */
static void scalars_widen(struct permissions *all, const struct permissions *one)
{
    static const char *const widths[] = { "none", "read", "write", "readwrite" };
    if (one->network > all->network)
        all->network = one->network;
    if (one->execute_mode < all->execute_mode)
        all->execute_mode = one->execute_mode;
    size_t mine = 0, other = 0;
    for (size_t i = 0; i < COUNT(widths); i++) {
        if (all->workdir && strcmp(all->workdir, widths[i]) == 0)
            mine = i;
        if (one->workdir && strcmp(one->workdir, widths[i]) == 0)
            other = i;
    }
    all->workdir = widths[mine | other]; /* read and write together are readwrite: 1 | 2 is 3 */
}

/* deny narrows one profile alone, so it is not the pack's: such lists are left out of a union. */
static void permissions_widen(struct permissions *all, const struct permissions *one,
                              struct arena *arena)
{
    const struct {
        struct list *to;
        const struct list *from;
        size_t size;
    } lists[] = {
        { &all->read, &one->read, sizeof(struct permission_path) },
        { &all->write, &one->write, sizeof(struct permission_path) },
        { &all->execute, &one->execute, sizeof(struct permission_path) },
        { &all->bypass, &one->bypass, sizeof(struct permission_path) },
        { &all->sockets, &one->sockets, sizeof(struct permission_path) },
        { &all->hosts, &one->hosts, sizeof(struct permission_host) },
        { &all->hooks, &one->hooks, sizeof(struct permission_hook) },
        { &all->ports, &one->ports, sizeof(const char *) },
        { &all->credentials, &one->credentials, sizeof(const char *) },
        { &all->environment, &one->environment, sizeof(const char *) },
        { &all->extends, &one->extends, sizeof(const char *) },
        { &all->groups, &one->groups, sizeof(const char *) },
        { &all->other, &one->other, sizeof(const char *) },
    };
    for (size_t i = 0; i < COUNT(lists); i++)
        list_append(lists[i].to, lists[i].from, lists[i].size, arena);
    all->deny = all->denied_hosts = (struct list){ 0 };
    scalars_widen(all, one);
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
    struct permissions all = { .schema_version = 1 };
    bool first = true;
    LIST_FOREACH (parcel->index.manifest.artifacts, struct artifact, artifact) {
        const struct pack_file *file = file_find(parcel, artifact->path);
        if (artifact->type != ARTIFACT_PROFILE || !file)
            continue;
        struct profile_text text;
        struct profile *profile;
        struct permissions one;
        text_of(file, &text);
        if (!profile_resolve(&env, artifact->install_as, &text, NULL, arena, &profile, err)) {
            if (err->kind == ERROR_NOT_FOUND)
                err->kind = ERROR_INVALID; /* a base that nobody has is the profile's fault */
            return error_prefix(err, "profile %s", artifact->path);
        }
        permissions_of(profile, arena, &one);
        if (first)
            all = one;
        else
            permissions_widen(&all, &one, arena);
        first = false;
    }
    if (first)
        all.workdir = "none";
    *out = json_encode(&permissions_record, &all, arena);
    return true;
}
