/* What depends on the whole of a profile, once all its documents are applied. */
#include <stdlib.h>
#include <string.h>

#include "lib/profile/resolver.h"

static bool has_default(const struct resolver *resolver)
{
    LIST_FOREACH (resolver->profile->parts, struct profile_part, part)
        if (part->builtin && strcmp(part->name, PROFILE_DEFAULT) == 0)
            return true;
    return false;
}

static void include_add(struct resolver *resolver, const char *name)
{
    struct profile_group_ref *ref = profile_group_ref_new(resolver->arena, &resolver->include);
    *ref = (struct profile_group_ref){ .name = name };
}

/* A profile without `default` may name some of what protects; under a condition counts for nothing.
 */
static void protections_settle(struct resolver *resolver)
{
    struct list protections;
    if (has_default(resolver))
        return;
    profile_protections(resolver->arena, &protections);
    LIST_FOREACH (protections, const char *, name) {
        bool held = false;
        LIST_FOREACH (resolver->include, struct profile_group_ref, ref)
            held |= !ref->when && strcmp(ref->name, *name) == 0;
        if (!held)
            profile_texts_add(resolver->arena, &resolver->profile->unprotected, *name);
    }
}

/* What the original's `default` gives and ours does not: temporary files, the user's own tools. */
static void original_groups_add(struct resolver *resolver)
{
    if (resolver->profile->dialect != PROFILE_DIALECT_ORIGINAL || !has_default(resolver))
        return;
    include_add(resolver, "system_write_linux");
    include_add(resolver, "user_tools");
}

static bool preset_apply(struct resolver *resolver)
{
    struct profile_text text;
    struct doc *doc;
    const char *name = resolver->network_preset;
    if (!name)
        return true;
    profile_preset_find(name, &text);
    if (!text.text) {
        const struct profile_origin *at = &resolver->preset_origin;
        error_set(resolver->err, INVALID, "%s:%u:%u: there is no network profile \"%.64s\"",
                  at->file ? at->file : "profile", at->line, at->column, name);
        return error_field(resolver->err, "network.network_profile");
    }
    if (!profile_parse(&text, resolver->arena, &doc, resolver->err))
        return false;
    resolver->level = PROFILE_FROM_GROUP;
    resolver->origin_name = arena_printf(resolver->arena, "network profile %s", name);
    resolver->hosts_named = true;
    return profile_keys_apply(resolver, doc);
}

static void hosts_add(struct resolver *resolver, const char *const *hosts, struct list *list,
                      bool *ok)
{
    for (; *ok && hosts && *hosts; hosts++) {
        struct profile_host host;
        *ok = profile_host_parse(resolver->arena, *hosts, &host, resolver->err);
        if (!*ok)
            return;
        host.origin =
            (struct profile_origin){ .level = PROFILE_FROM_USER, .name = resolver->origin_name };
        *LIST_ADD(resolver->arena, list, struct profile_host) = host;
    }
}

static void ports_add(struct resolver *resolver, const uint16_t *ports, struct list *list)
{
    for (; ports && *ports; ports++)
        *LIST_ADD(resolver->arena, list, struct profile_port) = (struct profile_port){
            *ports, *ports, { .level = PROFILE_FROM_USER, .name = "the command line" }
        };
}

static bool user_path_add(struct resolver *resolver, struct list *list, const char *path,
                          const char *flag, struct profile_path **out)
{
    const char *clean = profile_path_clean(resolver->arena, resolver->env->workdir, path);
    if (!*path || !clean)
        return error_set(resolver->err, INVALID, "%s: \"%.256s\": %s", flag, path,
                         *path ? "a path cannot have .." : "an empty path");
    struct profile_path *added = profile_path_new(resolver, list);
    added->written = path;
    added->path = clean;
    added->origin = (struct profile_origin){ .level = PROFILE_FROM_USER, .name = flag };
    *out = added;
    return true;
}

static bool overrides_apply(struct resolver *resolver, const struct profile_overrides *overrides)
{
    struct profile *profile = resolver->profile;
    struct profile_path *added;
    bool ok = true;
    if (!overrides)
        return true;
    for (size_t i = 0; i < overrides->path_count; i++) {
        const struct profile_override_path *path = &overrides->paths[i];
        if (!user_path_add(resolver, &profile->grants, path->path, path->flag, &added))
            return false;
        added->access = path->access;
        added->is_file = path->is_file;
    }
    for (const char *const *path = overrides->bypass; path && *path; path++)
        if (!user_path_add(resolver, &profile->bypasses, *path, "--bypass-protection", &added))
            return false;
    resolver->origin_name = "--allow-domain";
    hosts_add(resolver, overrides->allow_hosts, &profile->allow_hosts, &ok);
    resolver->origin_name = "--deny-domain";
    hosts_add(resolver, overrides->deny_hosts, &profile->deny_hosts, &ok);
    resolver->hosts_named |= overrides->allow_hosts && *overrides->allow_hosts;
    ports_add(resolver, overrides->connect_ports, &profile->connect_ports);
    ports_add(resolver, overrides->localhost_ports, &profile->localhost_ports);
    ports_add(resolver, overrides->listen_ports, &profile->listen_ports);
    return ok;
}

static void network_settle(struct resolver *resolver, const struct profile_overrides *overrides)
{
    struct profile *profile = resolver->profile;
    bool block = overrides && overrides->block_network;
    bool open = overrides && overrides->open_network;
    bool by_default = profile->dialect == PROFILE_DIALECT_ORIGINAL && !resolver->ours;
    bool hosts = resolver->hosts_named || profile->credentials.count;

    profile->network_blocked |= block;
    if (block || (profile->network_blocked && !open))
        profile->network = PROFILE_NETWORK_CLOSED;
    else if (open || resolver->network_opened)
        profile->network = PROFILE_NETWORK_OPEN;
    else if (hosts)
        profile->network =
            profile->allow_hosts.count ? PROFILE_NETWORK_HOSTS : PROFILE_NETWORK_CLOSED;
    else
        profile->network = by_default ? PROFILE_NETWORK_OPEN : PROFILE_NETWORK_CLOSED;

    profile->deny_cloud_metadata = resolver->metadata_said
                                       ? resolver->metadata_denied
                                       : profile->network != PROFILE_NETWORK_OPEN;
}

/* Name services are of use to a program that has a network. */
static bool lookup_add(struct resolver *resolver)
{
    if (resolver->profile->network == PROFILE_NETWORK_CLOSED || !has_default(resolver))
        return true;
    include_add(resolver, "linux_name_lookup");
    return profile_groups_settle(resolver);
}

/* In a summary without a platform paths are compared as they were written. */
static const char *path_of(const struct profile_path *path)
{
    return path->path ? path->path : path->written;
}

static int by_place(const void *a, const void *b)
{
    const struct profile_path *left = *(const struct profile_path *const *)a;
    const struct profile_path *right = *(const struct profile_path *const *)b;
    return strcmp(path_of(left), path_of(right));
}

/* Places in the order of their text, so that those above a path are found without a walk. */
struct places {
    const struct profile_path **sorted;
    size_t count;
};

static struct places places_new(struct arena *arena, size_t room)
{
    return (struct places){ ARENA_ARRAY(arena, const struct profile_path *, room + 1), 0 };
}

static void places_sort(struct places *places)
{
    qsort(places->sorted, places->count, sizeof(const struct profile_path *), by_place);
}

static int against_place(const void *text, const void *place)
{
    return strcmp(text, path_of(*(const struct profile_path *const *)place));
}

/* The one that path is in, or is; NULL: none. As profile_path_is_in judges it. */
static const struct profile_path *place_above(struct arena *arena, const struct places *places,
                                              const char *path)
{
    char *folder = arena_strndup(arena, path, strlen(path));
    for (size_t len = strlen(folder); len; len--) {
        bool root = len == 1 && *path == '/';
        if (!root && path[len] && path[len] != '/')
            continue;
        folder[len] = '\0';
        const struct profile_path **found =
            bsearch(folder, places->sorted, places->count, sizeof(const struct profile_path *),
                    against_place);
        if (found)
            return *found;
    }
    return NULL;
}

static bool bypass_check(struct resolver *resolver, const struct profile_path *bypass)
{
    if (bypass->origin.level != PROFILE_FROM_USER)
        return true;
    LIST_FOREACH (resolver->profile->grants, struct profile_path, grant)
        if (grant->origin.level != PROFILE_FROM_GROUP &&
            (profile_path_is_in(path_of(grant), path_of(bypass)) ||
             profile_path_is_in(path_of(bypass), path_of(grant))))
            return true;
    error_set(resolver->err, INVALID, "--bypass-protection %.256s: nothing is allowed there",
              bypass->written);
    return error_hint(resolver->err, "grant it too, with --read or --allow");
}

static bool denies_settle(struct resolver *resolver)
{
    struct profile *profile = resolver->profile;
    struct list kept = { 0 };
    if (!profile->bypasses.count)
        return true;
    struct places bypasses = places_new(resolver->arena, profile->bypasses.count);
    LIST_FOREACH (profile->bypasses, struct profile_path, bypass) {
        if (!bypass_check(resolver, bypass))
            return false;
        bypasses.sorted[bypasses.count++] = bypass;
    }
    places_sort(&bypasses);
    LIST_FOREACH (profile->denies, struct profile_path, deny)
        if (deny->origin.level != PROFILE_FROM_GROUP ||
            !place_above(resolver->arena, &bypasses, path_of(deny)))
            *profile_path_new(resolver, &kept) = *deny;
    profile->denies = kept;
    return true;
}

/* By path, then folders before files, then in the order in which they were added. */
static int by_path(const void *a, const void *b)
{
    const struct profile_path *left = *(const struct profile_path *const *)a;
    const struct profile_path *right = *(const struct profile_path *const *)b;
    int order = strcmp(path_of(left), path_of(right));
    if (!order)
        order = left->is_file - right->is_file;
    return order ? order : (left > right) - (left < right);
}

static bool same_place(const struct profile_path *a, const struct profile_path *b)
{
    bool same_when = a->when == b->when || (a->when && b->when && strcmp(a->when, b->when) == 0);
    return strcmp(path_of(a), path_of(b)) == 0 && a->is_file == b->is_file && same_when;
}

/* One grant of two for the same place: a group's gives way, else both hold. */
static void grant_fold(struct profile_path *into, const struct profile_path *grant)
{
    bool group = into->origin.level == PROFILE_FROM_GROUP;
    bool other = grant->origin.level == PROFILE_FROM_GROUP;
    if (group != other) {
        if (group)
            *into = *grant;
        return;
    }
    const unsigned sockets = PROFILE_CONNECT | PROFILE_BIND;
    bool below = ((into->access & sockets) && !(into->access & PROFILE_CHILDREN)) ||
                 ((grant->access & sockets) && !(grant->access & PROFILE_CHILDREN));
    if (!(into->access & ~into->common)) /* who asks for more than everybody gets is named */
        into->origin = grant->origin;
    into->access |= grant->access;
    into->common |= grant->common;
    if (below)
        into->access &= ~(unsigned)PROFILE_CHILDREN;
    into->is_optional &= grant->is_optional;
    into->is_state |= grant->is_state;
}

static void grants_settle(struct resolver *resolver)
{
    struct list *grants = &resolver->profile->grants, kept = { 0 };
    const struct profile_path **order =
        ARENA_ARRAY(resolver->arena, const struct profile_path *, grants->count + 1);
    for (size_t i = 0; i < grants->count; i++)
        order[i] = LIST_AT(*grants, struct profile_path, i);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
    qsort(order, grants->count, sizeof(*order), by_path);

    struct profile_path *items = ARENA_ARRAY(resolver->arena, struct profile_path, grants->count);
    for (size_t i = 0; i < grants->count; i++) {
        if (kept.count && same_place(&items[kept.count - 1], order[i]))
            grant_fold(&items[kept.count - 1], order[i]);
        else
            items[kept.count++] = *order[i];
    }
    kept.items = items; /* without room: nothing is added any more */
    LIST_FOREACH (kept, struct profile_path, grant) {
        if (resolver->profile->execute_listed && !(grant->access & PROFILE_ARG_LISTED))
            grant->access &= ~(unsigned)PROFILE_EXECUTE;
        grant->access &= ~PROFILE_ARG_LISTED;
    }
    *grants = kept;
}

static struct places protections_sorted(struct resolver *resolver)
{
    const struct list *denies = &resolver->profile->denies;
    struct places protections = places_new(resolver->arena, denies->count);
    LIST_FOREACH (*denies, struct profile_path, deny)
        if (deny->origin.level == PROFILE_FROM_GROUP && !deny->is_glob)
            protections.sorted[protections.count++] = deny;
    places_sort(&protections);
    return protections;
}

/* A profile's own wish that a protection makes void deserves a word. */
static void void_grants_warn(struct resolver *resolver)
{
    struct profile *profile = resolver->profile;
    struct places protections = { 0 };
    LIST_FOREACH (profile->grants, struct profile_path, grant) {
        if (grant->origin.level == PROFILE_FROM_GROUP)
            continue;
        if (!protections.sorted) /* many profiles have no wishes of their own */
            protections = protections_sorted(resolver);
        const struct profile_path *deny =
            place_above(resolver->arena, &protections, path_of(grant));
        if (!deny)
            continue;
        struct profile_note *note =
            LIST_ADD(resolver->arena, &profile->warnings, struct profile_note);
        note->key = "filesystem";
        note->text = arena_printf(resolver->arena,
                                  "%s stays closed: %s protects it, unless "
                                  "bypass_protection names it",
                                  grant->written, deny->origin.name);
        note->origin = grant->origin;
    }
}

static void endpoints_check(struct resolver *resolver)
{
    LIST_FOREACH (resolver->profile->allow_hosts, struct profile_host, host)
        if (host->path || (host->method && strcmp(host->method, "*") != 0)) {
            bool ours = profile_said_at(resolver, "network.allow_endpoints").line > 0;
            profile_unheld(
                resolver, NULL, ours ? "network.allow_endpoints" : "network.allow_domain",
                "asks for %s: endpoints with paths are not held by this version", host->written);
        }
}

static void unheld_settle(struct resolver *resolver)
{
    const struct profile *profile = resolver->profile;
    if (profile->network == PROFILE_NETWORK_HOSTS)
        endpoints_check(resolver);
    if (profile->credentials.count)
        profile_unheld(resolver, NULL, "network.credentials",
                       "asks for \"%s\": credentials are not held by this version",
                       *LIST_AT(profile->credentials, const char *, 0));
    if (profile->credentials_proxy)
        profile_unheld(resolver, NULL, "credentials.proxy_mode", "is not held by this version");
    if (profile->keystore)
        profile_unheld(resolver, NULL, "credentials.keystore", "is not held by this version");
    if (profile->audit_level == PROFILE_AUDIT_SUPERVISED)
        profile_unheld(resolver, NULL, "audit.level", "\"supervised\" is not held by this version");
    if (profile->audit_evidence_fs)
        profile_unheld(resolver, NULL, "audit.evidence_fs", "is not held by this version");
    if (profile->network == PROFILE_NETWORK_OPEN && profile->deny_cloud_metadata)
        profile_unheld(resolver, NULL, "network.deny_cloud_metadata",
                       "cannot be held while the network is open: name hosts instead");
    if (profile->network == PROFILE_NETWORK_OPEN && profile->deny_hosts.count)
        profile_unheld(resolver, NULL, "network.deny_hosts",
                       "cannot be held while the network is open: name hosts to allow");
}

bool profile_finish(struct resolver *resolver, const struct profile_overrides *overrides)
{
    original_groups_add(resolver);
    protections_settle(resolver);
    if (!profile_groups_settle(resolver) || !preset_apply(resolver) ||
        !overrides_apply(resolver, overrides))
        return false;
    network_settle(resolver, overrides);
    if (!lookup_add(resolver) || !denies_settle(resolver))
        return false;
    grants_settle(resolver);
    void_grants_warn(resolver);
    unheld_settle(resolver);
    return true;
}
