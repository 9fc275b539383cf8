/* USES lib/profile */
/*
 * The first byte chooses the syntax and how much the command line adds, the rest is a profile
 * without a file system to look at. What resolves has absolute paths without dots, one grant a
 * place, a closed network unless something opened it, and a summary that reads back; a difference
 * with itself is empty. What is asked for any machine says all that the profile comes to on this
 * one.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/profile/permissions.h"

#define FLAGS_MAX 32

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

static bool has_text(const struct list *list, const char *text)
{
    LIST_FOREACH (*list, const char *, item)
        if (strcmp(*item, text) == 0)
            return true;
    return false;
}

static bool is_here(const char *when, const struct profile_platform *platform)
{
    bool holds;
    struct error err; /* "a or b" is no condition: it counts as one that holds */
    return !when || !profile_when_holds(when, platform, &holds, &err) || holds;
}

static bool asks_host(const struct permissions *asked, const struct profile_host *host,
                      const struct profile_platform *platform)
{
    LIST_FOREACH (asked->hosts, struct permission_host, said)
        if (strcmp(said->host, host->written) == 0 && is_here(said->when, platform))
            return true;
    return false;
}

static bool asks_hook(const struct permissions *asked, const struct profile_hook *hook)
{
    LIST_FOREACH (asked->hooks, struct permission_hook, said)
        if (hook->written && strcmp(said->script, hook->written) == 0)
            return true;
    return !hook->written;
}

/* What somebody agreed to before they ran it. */
static void consent_check(const struct profile *profile, const struct permissions *asked,
                          const struct profile_platform *platform)
{
    struct permissions here;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    permissions_of(profile, arena, &here);
    assert(asked->network >= here.network);
    assert(asked->execute_mode <= here.execute_mode);
    assert(asked->environment_mode <= here.environment_mode);
    assert(strcmp(here.workdir, "readwrite") != 0 || strcmp(asked->workdir, "readwrite") == 0);
    if (asked->network == PROFILE_NETWORK_HOSTS && profile->network == PROFILE_NETWORK_HOSTS)
        LIST_FOREACH (profile->allow_hosts, struct profile_host, host)
            assert(asks_host(asked, host, platform));
    assert(asks_hook(asked, &profile->hook_before) && asks_hook(asked, &profile->hook_after));
    LIST_FOREACH (here.credentials, const char *, text)
        assert(has_text(&asked->credentials, *text));
    LIST_FOREACH (here.unprotected, const char *, text)
        assert(has_text(&asked->unprotected, *text));
    LIST_FOREACH (here.groups, const char *, text)
        assert(has_text(&asked->groups, *text));
}

/* What the command line adds stands between a document's grants and those of groups. */
static void flags_check(const struct profile_env *env, const struct profile_text *text,
                        size_t count)
{
    static const char *const hosts[] = { "flag.example", NULL };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_override_path paths[FLAGS_MAX];
    for (size_t i = 0; i < count; i++)
        paths[i] = (struct profile_override_path){ .path = arena_printf(arena, "/flag/%zu", i),
                                                   .access = PROFILE_READ,
                                                   .flag = "--read" };
    const struct profile_overrides overrides = { .paths = paths,
                                                 .path_count = count,
                                                 .allow_hosts = hosts };
    struct profile *profile;
    struct error err;
    if (profile_resolve(env, "fuzz", text, &overrides, arena, &profile, &err))
        profile_check(profile);
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
                                 .syntax = syntaxes[*data % COUNT(syntaxes)],
                                 .file = "f",
                                 .pack = "ns/p",
                                 .pack_dir = "/pk" };
    struct profile *profile, *here = NULL;
    struct error err = { 0 };
    if (profile_resolve(&env, "fuzz", &text, NULL, arena, &here, &err)) {
        profile = here;
        profile_check(profile);
        summary_check(profile, arena);
    } else {
        assert(err.kind != ERROR_NONE && err.message[0]);
    }
    flags_check(&env, &text, *data / COUNT(syntaxes) % FLAGS_MAX);
    env.platform = NULL;
    if (profile_resolve(&env, "fuzz", &text, NULL, arena, &profile, &err))
        summary_check(profile, arena);
    const char *const systems[] = { platform.os, NULL };
    for (size_t i = 0; here && i < COUNT(systems); i++) {
        struct permissions asked;
        env.system = systems[i];
        if (permissions_ask(&env, "fuzz", &text, arena, &asked, &err))
            consent_check(here, &asked, &platform);
    }
    return 0;
}
