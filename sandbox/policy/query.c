#include "sandbox/policy/query.h"

#include <stdio.h>
#include <string.h>

#include "sandbox/policy/host_rules.h"
#include "sandbox/policy/memory.h"

#define HTTPS_PORT 443

static const char *const reason_names[] = {
    [NONO_REASON_GRANTED_PATH] = "granted_path",
    [NONO_REASON_GRANTED_PATH_UNION] = "granted_path_union",
    [NONO_REASON_PATH_NOT_GRANTED] = "path_not_granted",
    [NONO_REASON_INSUFFICIENT_ACCESS] = "insufficient_access",
    [NONO_REASON_FILESYSTEM_DENY] = "filesystem_deny",
    [NONO_REASON_NETWORK_ALLOWED] = "network_allowed",
    [NONO_REASON_NETWORK_BLOCKED] = "network_blocked",
    [NONO_REASON_PROXY_ALLOWED] = "proxy_allowed",
    [NONO_REASON_PROXY_FILTERED] = "proxy_filtered",
    [NONO_REASON_SCOPE_OPEN] = "scope_open",
    [NONO_REASON_SCOPE_ENFORCED] = "scope_enforced",
};

const char *query_reason_name(int reason)
{
    size_t count = sizeof(reason_names) / sizeof(reason_names[0]);
    return reason >= 0 && (size_t)reason < count ? reason_names[reason] : NULL;
}

/* What is gathered on the way from the root down to a path. */
struct walk {
    const struct plan *plan;
    unsigned wanted;
    unsigned granted;
    const struct plan_node *best;    /* gave most of what is wanted, the deepest of equals */
    const struct plan_node *nearest; /* gave anything at all */
    const struct plan_mask *mask;    /* takes away some of what is wanted */
    unsigned denied;
};

static void walk_step(struct walk *walk, struct path_id id, bool last)
{
    for (size_t i = 0; i < walk->plan->node_count; i++) {
        const struct plan_node *node = &walk->plan->nodes[i];
        if (!path_id_equal(node->id, id) || (!node->is_dir && !last))
            continue;
        walk->granted |= node->access;
        walk->nearest = node;
        unsigned gives = node->access & walk->wanted;
        unsigned before = walk->best ? walk->best->access & walk->wanted : 0;
        if (gives && (gives & before) == before)
            walk->best = node;
    }
}

static bool mask_hides(const struct plan *plan, const struct plan_mask *mask)
{
    return mask->in_grant && plan->method == PLAN_MOUNT;
}

static bool crosses(const struct path_found *found, const char *folder)
{
    for (size_t i = 0; i < found->crossed_count; i++)
        if (path_within(found->crossed[i].folder, folder))
            return true;
    return false;
}

/* A way through a hidden folder is not there to be taken. */
static void walk_crossed(struct walk *walk, const struct path_found *found)
{
    for (size_t i = 0; i < walk->plan->mask_count; i++) {
        const struct plan_mask *mask = &walk->plan->masks[i];
        bool hidden = mask_hides(walk->plan, mask) && mask->access & NONO_READ;
        if (hidden && crosses(found, mask->path)) {
            walk->denied |= NONO_ALL;
            walk->mask = mask;
        }
    }
}

/*
 * Nodes have been trimmed by masks already, so a mask takes away only what it hides by path: a
 * granted file that has a second name in a denied folder is reached by both names, unless a mount
 * is in the way.
 */
static void walk_masks(struct walk *walk, const char *path)
{
    for (size_t i = 0; i < walk->plan->mask_count; i++) {
        const struct plan_mask *mask = &walk->plan->masks[i];
        if (!path_within(path, mask->path))
            continue;
        if (mask_hides(walk->plan, mask) || !mask->exists)
            walk->denied |= mask->access;
        if (mask->access & walk->wanted)
            walk->mask = mask;
    }
}

/* The kernel goes up from an object to the root and unites the rules that it meets. */
static bool walk_path(struct walk *walk, const struct path_ops *ops, const char *path,
                      struct arena *arena, struct error *err)
{
    char *prefix;
    struct path_id id;
    if (!memory_copy(arena, path, strlen(path), &prefix, err))
        return false;
    bool root_only = path[1] == '\0';
    if (ops->identify(ops->context, "/", &id))
        walk_step(walk, id, root_only);
    for (size_t i = 1; !root_only; i++) {
        if (prefix[i] != '/' && prefix[i] != '\0')
            continue;
        bool last = prefix[i] == '\0';
        prefix[i] = '\0';
        if (!ops->identify(ops->context, prefix, &id))
            break;
        walk_step(walk, id, last);
        if (last)
            break;
        prefix[i] = '/';
    }
    walk_masks(walk, path);
    return true;
}

static void walk_judge(const struct walk *walk, struct query_result *out)
{
    *out = (struct query_result){ .granted = walk->granted & ~walk->denied };
    const struct plan_node *node = walk->best ? walk->best : walk->nearest;
    out->allowed = (out->granted & walk->wanted) == walk->wanted;
    if (!out->allowed && walk->mask) {
        out->reason = NONO_REASON_FILESYSTEM_DENY;
        out->path = walk->mask->path;
        out->source = walk->mask->source;
        return;
    }
    bool alone = walk->best && (walk->best->access & walk->wanted) == walk->wanted;
    if (!out->allowed)
        out->reason = out->granted ? NONO_REASON_INSUFFICIENT_ACCESS : NONO_REASON_PATH_NOT_GRANTED;
    else
        out->reason = alone ? NONO_REASON_GRANTED_PATH : NONO_REASON_GRANTED_PATH_UNION;
    out->path = node ? node->path : NULL;
    out->source = node ? node->source : NULL;
}

bool query_path(const struct plan *plan, const struct path_ops *ops, const char *path,
                unsigned access, struct query_result *out, struct error *err)
{
    if (!access || access & ~NONO_ALL)
        return error_set(err, INVALID, "unknown access 0x%x", access);
    CLEANUP(arena_freep) struct arena *arena = arena_try_new();
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    if (!arena)
        return memory_none(err);
    if (!ops->resolve(ops->context, path, arena, &found, err))
        return false;
    struct walk walk = { .plan = plan, .wanted = access };
    if (!walk_path(&walk, ops, found.path, arena, err))
        return false;
    walk_crossed(&walk, &found);
    walk_judge(&walk, out);
    return true;
}

bool query_entry(const struct plan *plan, const struct path_ops *ops, const char *path,
                 struct query_result *out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_try_new();
    char *folder;
    if (!arena || !memory_copy(arena, path, strlen(path), &folder, err))
        return arena ? false : memory_none(err);
    char *slash = strrchr(folder, '/');
    const char *name = slash ? slash + 1 : path;
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return error_set(err, INVALID, "%s does not end in a name", path);
    if (slash)
        slash[slash == folder] = '\0';

    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    if (!ops->resolve(ops->context, slash ? folder : ".", arena, &found, err))
        return false;
    struct walk walk = { .plan = plan, .wanted = NONO_WRITE };
    if (!walk_path(&walk, ops, found.path, arena, err))
        return false;
    size_t len = strlen(found.path) + strlen(name) + 2;
    char *entry = arena_try_alloc(arena, len, 1);
    if (!entry)
        return memory_none(err);
    (void)snprintf(entry, len, "%s/%s", found.path[1] ? found.path : "", name);
    walk_masks(&walk, entry);
    walk_crossed(&walk, &found);
    walk_judge(&walk, out);
    return true;
}

static bool rules_of(const struct nono_caps *caps, struct arena *arena, struct host_rules *out,
                     struct error *err)
{
    struct list allow = { .items = caps->allowed.items, .count = caps->allowed.count };
    struct list deny = { .items = caps->denied.items, .count = caps->denied.count };
    return host_rules_parse(&allow, &deny, arena, out, err);
}

bool query_host(const struct nono_caps *caps, const char *host, uint16_t port,
                struct query_result *out, struct error *err)
{
    struct authority authority;
    if (!authority_parse(host, strlen(host), port ? port : HTTPS_PORT, &authority, err))
        return false;
    *out = (struct query_result){ 0 };
    if (caps->network != NONO_NETWORK_PROXY) {
        out->allowed = caps->network == NONO_NETWORK_OPEN;
        out->reason = out->allowed ? NONO_REASON_NETWORK_ALLOWED : NONO_REASON_NETWORK_BLOCKED;
        return true;
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct host_rules rules;
    struct host_judgement judgement;
    if (!rules_of(caps, arena, &rules, err))
        return false;
    host_rules_judge(&rules, &authority, &judgement);
    out->allowed = judgement.allowed;
    out->reason = out->allowed ? NONO_REASON_PROXY_ALLOWED : NONO_REASON_PROXY_FILTERED;
    memcpy(out->details, judgement.reason, sizeof(out->details));
    return true;
}

void query_scope(const struct nono_caps *caps, enum nono_scope scope, struct query_result *out)
{
    bool open = caps->scope_open[scope];
    *out = (struct query_result){
        .allowed = open,
        .reason = open ? NONO_REASON_SCOPE_OPEN : NONO_REASON_SCOPE_ENFORCED,
    };
}
