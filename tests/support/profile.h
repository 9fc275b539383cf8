/* The world that profile tests resolve in: a home, a platform, documents by name, a pack's groups.
 */
#pragma once

#include "tests/support/test.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/profile/profile.h"

/* Documents by name, as a client's folder would have them. */
struct named {
    const char *name, *text;
    enum profile_syntax syntax;
    const char *pack_dir;
};

static const struct named *documents;

static inline bool find_profile(void *context, const char *name, const struct profile_asker *asker,
                                struct arena *arena, struct profile_text *out, struct error *err)
{
    (void)asker, (void)context, (void)arena, (void)err;
    for (const struct named *at = documents; at && at->name; at++) {
        if (strcmp(at->name, name) != 0)
            continue;
        *out = (struct profile_text){ .text = at->text,
                                      .len = strlen(at->text),
                                      .syntax = at->syntax,
                                      .file = at->name,
                                      .pack = at->pack_dir ? "ns/pack" : NULL,
                                      .pack_dir = at->pack_dir };
    }
    return true;
}

static inline bool list_profiles(void *context, struct arena *arena, struct list *out,
                                 struct error *err)
{
    static const char *names[] = { "claude-code", "secure-coding" };
    (void)context, (void)arena, (void)err;
    *out = (struct list){ names, COUNT(names) };
    return true;
}

static inline bool find_group(void *context, const char *name, const char *pack,
                              struct arena *arena, struct profile_text *out, struct error *err)
{
    static const char text[] =
        "{\"pack_tools\":{\"description\":\"d\",\"allow\":{\"read\":[\"/opt/x\","
        "\"$PACK_TOOLS\"]},\"deny\":{\"access\":[\"/opt/x/secret\"],"
        "\"commands\":[\"rm\"]}},\"pack_usr\":{\"platform\":\"linux\",\"allow\":{\"write\":"
        "[\"/usr\"]}},\"pack_usr2\":{\"platform\":\"linux\",\"allow\":{\"write\":[\"/usr/two\"]}},\"bad\":{\"allows\":{}},\"odd\":3}";
    (void)context, (void)pack, (void)arena, (void)err;
    if (text_starts(name, "pack_") || strcmp(name, "bad") == 0 || strcmp(name, "odd") == 0)
        *out = (struct profile_text){
            .text = text, .len = sizeof(text) - 1, .syntax = PROFILE_JSON, .file = "groups.json"
        };
    return true;
}

static inline const char *variable(const char *name)
{
    if (strcmp(name, "TMPDIR") == 0)
        return "/var/tmp/u";
    return strcmp(name, "PACK_TOOLS") == 0 ? "/opt/tools" : NULL;
}

static const struct profile_platform debian = { .os = "linux", .id = "debian", .version = "12" };

static inline struct profile_env env_of(void)
{
    return (struct profile_env){
        .source = { NULL, find_profile, find_group, list_profiles },
        .platform = &debian,
        .home = "/home/u",
        .workdir = "/home/u/project",
        .config_dir = "/home/u/.config/nono",
        .packages_dir = "/home/u/.config/nono/packages",
        .variable = variable,
        .uid = 1000,
    };
}

static inline bool resolve(struct arena *arena, enum profile_syntax syntax, const char *text,
                           const struct profile_overrides *overrides, struct profile **out,
                           struct error *err)
{
    struct profile_env env = env_of();
    struct profile_text document = {
        .text = text, .len = strlen(text), .syntax = syntax, .file = "p", .pack_dir = "/pk"
    };
    return profile_resolve(&env, "test", &document, overrides, arena, out, err);
}

static inline const struct profile_path *grant_of(const struct profile *profile, const char *path)
{
    LIST_FOREACH (profile->grants, struct profile_path, grant)
        if (strcmp(grant->path, path) == 0)
            return grant;
    return NULL;
}

static inline bool denied(const struct profile *profile, const char *path)
{
    LIST_FOREACH (profile->denies, struct profile_path, deny)
        if (strcmp(deny->path, path) == 0)
            return true;
    return false;
}

#define RX (PROFILE_READ | PROFILE_EXECUTE)
