/* USES lib/profile */
/*
 * The first byte chooses the syntax, the rest is a profile without a file system to look at. What
 * resolves has absolute paths without dots, one grant a place, a closed network unless something
 * opened it, and a summary that reads back; a difference with itself is empty.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/profile/permissions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void path_check(const char *path)
{
    assert(*path == '/');
    assert(!strstr(path, "//") && !strstr(path, "/../") && !strstr(path, "/./"));
    assert(!path[1] || path[strlen(path) - 1] != '/');
}

static void profile_check(const struct profile *profile)
{
    const struct profile_path *last = NULL;
    LIST_FOREACH (profile->grants, struct profile_path, grant) {
        path_check(grant->path);
        assert(!last || strcmp(last->path, grant->path) < 0 ||
               (strcmp(last->path, grant->path) == 0 && !last->is_file && grant->is_file));
        last = grant;
    }
    LIST_FOREACH (profile->denies, struct profile_path, deny)
        path_check(deny->path);
    if (profile->network == PROFILE_NETWORK_HOSTS)
        assert(profile->allow_hosts.count);
    LIST_FOREACH (profile->allow_hosts, struct profile_host, host)
        assert(*host->host && !strpbrk(host->host, " /@"));
}

static void summary_check(const struct profile *profile, struct arena *arena)
{
    struct permissions permissions, again;
    struct list lines, changes;
    struct error err;
    permissions_of(profile, arena, &permissions);
    const struct doc *doc = record_encode(&permissions_record, &permissions, arena);
    assert(record_decode(doc, &permissions_record, arena, &again, &err));
    permissions_words(&again, arena, &lines);
    assert(lines.count);
    permissions_diff(&permissions, &again, arena, &changes);
    assert(!changes.count);
    (void)profile_print(profile, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum profile_syntax syntaxes[] = { PROFILE_TOML, PROFILE_YAML, PROFILE_JSON };
    static const struct profile_platform platform = { .os = "linux", .id = "debian" };
    if (size < 1 || memchr(data, '*', size) || size > 8192)
        return 0; /* patterns would read the file system */
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env = { .platform = &platform,
                               .home = "/home/u",
                               .workdir = "/w",
                               .config_dir = "/home/u/.config/nono",
                               .packages_dir = "/home/u/.config/nono/packages" };
    struct profile_text text = { .text = (const char *)data + 1,
                                 .len = size - 1,
                                 .syntax = syntaxes[*data % 3],
                                 .file = "f",
                                 .pack = "ns/p",
                                 .pack_dir = "/pk" };
    struct profile *profile;
    struct error err = { 0 };
    if (profile_resolve(&env, "fuzz", &text, NULL, arena, &profile, &err)) {
        profile_check(profile);
        summary_check(profile, arena);
    } else {
        assert(err.kind != ERROR_NONE && err.message[0]);
    }
    env.platform = NULL;
    if (profile_resolve(&env, "fuzz", &text, NULL, arena, &profile, &err))
        summary_check(profile, arena);
    return 0;
}
