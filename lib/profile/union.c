/* What several ask together: the profiles of a pack, or one profile on several systems. */
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/profile/permissions.h"
#include "lib/profile/resolver.h"

static void list_append(struct list *to, const struct list *from, size_t size, struct arena *arena)
{
    for (size_t i = 0; i < from->count; i++)
        memcpy(profile_list_add(arena, to, size), (const char *)from->items + i * size, size);
}

static void texts_join(struct list *to, const struct list *from, struct arena *arena)
{
    LIST_FOREACH (*from, const char *, text)
        profile_texts_add(arena, to, *text);
}

/* Which of two is wider is the order of the enumerations, but for those with a list, reversed. */
static void scalars_widen(struct permissions *all, const struct permissions *one)
{
    static const char *const widths[] = { "none", "read", "write", "readwrite" };
    if (one->network > all->network)
        all->network = one->network;
    if (one->execute_mode < all->execute_mode)
        all->execute_mode = one->execute_mode;
    if (one->environment_mode < all->environment_mode)
        all->environment_mode = one->environment_mode;
    size_t mine = 0, other = 0;
    for (size_t i = 0; i < COUNT(widths); i++) {
        if (all->workdir && strcmp(all->workdir, widths[i]) == 0)
            mine = i;
        if (one->workdir && strcmp(one->workdir, widths[i]) == 0)
            other = i;
    }
    all->workdir = widths[mine | other]; /* read and write together are readwrite: 1 | 2 is 3 */
}

/* "drop NAME" is of one alone, as a deny is. */
static void drops_leave(struct list *environment)
{
    const char **items = environment->items;
    size_t kept = 0;
    for (size_t i = 0; i < environment->count; i++)
        if (!text_starts(items[i], "drop "))
            items[kept++] = items[i];
    environment->count = kept;
}

static bool size_check(const struct permissions *all, struct error *err)
{
    size_t count = all->read.count + all->write.count + all->execute.count + all->deny.count +
                   all->bypass.count + all->sockets.count + all->hosts.count +
                   all->denied_hosts.count + all->hooks.count + all->ports.count +
                   all->credentials.count + all->environment.count + all->groups.count +
                   all->other.count;
    return count <= LIMIT_PERMISSIONS ||
           error_set(err, TOO_LARGE, "its profiles ask for over %d things", LIMIT_PERMISSIONS);
}

bool permissions_widen(struct permissions *all, const struct permissions *one, struct arena *arena,
                       struct error *err)
{
    const struct {
        struct list *to;
        const struct list *from;
        size_t size;
    } lists[] = {
        { &all->deny, &one->deny, sizeof(struct permission_path) },
        { &all->denied_hosts, &one->denied_hosts, sizeof(struct permission_host) },
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
    bool first = !all->schema_version;
    if (first) {
        *all = *one;
        all->unprotected = (struct list){ 0 };
    }
    for (size_t i = 0; i < COUNT(lists); i++) {
        if (first) /* lists of one's own: those that were read cannot grow */
            *lists[i].to = (struct list){ 0 };
        list_append(lists[i].to, lists[i].from, lists[i].size, arena);
    }
    texts_join(&all->unprotected, &one->unprotected, arena);
    if (!first) {
        all->deny = all->denied_hosts = (struct list){ 0 };
        drops_leave(&all->environment);
        scalars_widen(all, one);
    }
    return size_check(all, err);
}

/* One resolution: of a document in hand, of a table of groups, or of a name. */
static bool ask_once(const struct profile_env *env, const char *name,
                     const struct profile_text *text, struct arena *arena, struct profile **out,
                     struct error *err)
{
    if (!text)
        return profile_load(env, name, NULL, arena, out, err);
    return name ? profile_resolve(env, name, text, NULL, arena, out, err)
                : profile_resolve_groups(env, text, arena, out, err);
}

static bool same_host(const struct permission_host *a, const struct permission_host *b)
{
    return strcmp(a->host, b->host) == 0 &&
           (a->when == b->when || (a->when && b->when && strcmp(a->when, b->when) == 0));
}

/* Most of what two systems name is the same, in the same order: looked for where it ought to be. */
static void hosts_join(struct list *to, const struct list *from, struct arena *arena)
{
    size_t next = 0, count = to->count;
    LIST_FOREACH (*from, struct permission_host, host) {
        size_t tried = 0;
        while (tried < count &&
               !same_host(LIST_AT(*to, struct permission_host, (next + tried) % count), host))
            tried++;
        if (tried < count)
            next = (next + tried + 1) % count;
        else
            *LIST_ADD(arena, to, struct permission_host) = *host;
    }
}

static bool has_hook(const struct list *hooks, const struct permission_hook *wanted)
{
    LIST_FOREACH (*hooks, struct permission_hook, hook)
        if (strcmp(hook->event, wanted->event) == 0 && strcmp(hook->script, wanted->script) == 0)
            return true;
    return false;
}

/* Adds what one system makes of all that is not said entry by entry, with its condition. */
static void system_widen(struct permissions *all, const struct permissions *one,
                         struct arena *arena)
{
    hosts_join(&all->hosts, &one->hosts, arena);
    LIST_FOREACH (one->hooks, struct permission_hook, hook)
        if (!has_hook(&all->hooks, hook))
            *LIST_ADD(arena, &all->hooks, struct permission_hook) = *hook;
    texts_join(&all->credentials, &one->credentials, arena);
    texts_join(&all->environment, &one->environment, arena);
    texts_join(&all->other, &one->other, arena);
    texts_join(&all->unprotected, &one->unprotected, arena);
    scalars_widen(all, one);
}

/* What there is one of is no system's before one has said it. */
static void system_begin(struct permissions *all)
{
    all->hosts = all->hooks = all->credentials = all->environment = (struct list){ 0 };
    all->other = all->unprotected = (struct list){ 0 };
    all->network = PROFILE_NETWORK_CLOSED;
    all->execute_mode = PERMISSIONS_EXECUTE_LISTED;
    all->environment_mode = PERMISSIONS_ENVIRONMENT_LISTED;
    all->workdir = "none";
}

static bool ask(const struct profile_env *env, const char *name, const struct profile_text *text,
                struct arena *arena, struct permissions *out, struct error *err)
{
    struct profile *profile;
    if (!ask_once(env, name, text, arena, &profile, err))
        return false;
    permissions_of(profile, arena, out);
    if (env->system || !profile->overridden)
        return true;
    struct profile_env one = *env;
    unsigned overridden = profile->overridden;
    struct permissions asked;
    system_begin(out);
    for (unsigned i = 0;; i++) {
        one.system = profile_systems[i] ? profile_systems[i] : "another";
        if (!profile_systems[i] || overridden >> i & 1) {
            if (!ask_once(&one, name, text, arena, &profile, err))
                return false;
            permissions_of(profile, arena, &asked);
            system_widen(out, &asked, arena);
        }
        if (!profile_systems[i])
            return true;
    }
}

bool permissions_ask(const struct profile_env *env, const char *name,
                     const struct profile_text *text, struct arena *arena, struct permissions *out,
                     struct error *err)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new(); /* a document is far more than this */
    struct permissions asked;
    if (!ask(env, name, text, scratch, &asked, err))
        return false;
    const struct doc *doc = record_encode(&permissions_record, &asked, scratch);
    return record_decode(doc, &permissions_record, arena, out, err);
}
