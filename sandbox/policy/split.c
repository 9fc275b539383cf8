/*
 * Denies without mounts. The tree of a grant is opened up along the way to each mask: a folder on
 * the way gets no rule of its own, its other entries get one each. Nothing can be added to such a
 * folder, so a denied path that does not exist cannot come to be there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/policy/memory.h"
#include "sandbox/policy/plan.h"

struct split {
    struct plan *plan;
    const struct path_ops *ops;
    struct error *err;
    const char *folder; /* the one being opened up */
    unsigned access;
    const char *source;
    unsigned depth;
};

#define SPLIT_DEPTH_MAX 256

static bool folder_split(struct split *split, const char *path);

/* Whether some mask lies strictly below path and takes what is being given. */
static bool has_mask_below(const struct split *split, const char *path)
{
    for (size_t i = 0; i < split->plan->mask_count; i++) {
        const struct plan_mask *mask = &split->plan->masks[i];
        if (mask->in_grant && mask->access & split->access && path_below(mask->path, path))
            return true;
    }
    return false;
}

static unsigned access_after_masks(const struct split *split, const char *path)
{
    unsigned access = split->access;
    for (size_t i = 0; i < split->plan->mask_count; i++)
        if (path_within(path, split->plan->masks[i].path))
            access &= ~split->plan->masks[i].access;
    return access;
}

/* Without mounts, a denied object may be granted by no name at all. */
static unsigned access_of_object(const struct plan *plan, struct path_id id, unsigned access)
{
    for (size_t i = 0; i < plan->mask_count; i++)
        if (plan->masks[i].exists && path_id_equal(plan->masks[i].id, id))
            access &= ~plan->masks[i].access;
    return access;
}

static bool entry_grant(struct split *split, const char *path, unsigned access,
                        struct arena *scratch)
{
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    char *kept;
    if (!split->ops->resolve(split->ops->context, path, scratch, &found, split->err))
        return false;
    access = access_of_object(split->plan, found.id, access);
    /* A link is followed by whoever uses it, and judged where it leads. */
    if (!found.exists || found.crossed_count > 0 || !access)
        return true;
    if (!memory_copy(split->plan->arena, found.path, strlen(found.path), &kept, split->err))
        return false;
    struct plan_node node = {
        .path = kept,
        .fd = STEAL_FD(found.fd),
        .id = found.id,
        .is_dir = found.is_dir,
        .is_device = found.is_device,
        .access = access,
        .source = split->source,
    };
    return plan_add_node(split->plan, &node, split->err);
}

/* A folder may have any number of entries, most of which come to nothing: no more is kept. */
static bool entry_split(void *data, const char *name)
{
    struct split *split = data;
    CLEANUP(arena_freep) struct arena *scratch = arena_try_new();
    size_t len = strlen(split->folder) + strlen(name) + 2;
    char *path = scratch ? arena_try_alloc(scratch, len, 1) : NULL;
    if (!path)
        return memory_none(split->err);
    (void)snprintf(path, len, "%s/%s", split->folder[1] ? split->folder : "", name);
    if (has_mask_below(split, path)) {
        struct split below = *split;
        return folder_split(&below, path);
    }
    return entry_grant(split, path, access_after_masks(split, path), scratch);
}

static bool folder_split(struct split *split, const char *path)
{
    if (++split->depth > SPLIT_DEPTH_MAX)
        return error_set(split->err, INVALID, "%s: nested too deep to deny a path in it", path);
    split->folder = path;
    return split->ops->list(split->ops->context, path, entry_split, split, split->err) ||
           error_prefix(split->err, "deny inside %s", path);
}

/* The part of a node's access that some mask below takes away. */
static unsigned access_masked(const struct plan *plan, const struct plan_node *node)
{
    unsigned access = 0;
    for (size_t i = 0; i < plan->mask_count; i++)
        if (plan->masks[i].in_grant && path_below(plan->masks[i].path, node->path))
            access |= plan->masks[i].access & node->access;
    return access;
}

bool plan_split(struct plan *plan, const struct path_ops *ops, struct error *err)
{
    for (size_t i = 0; i < plan->node_count; i++)
        plan->nodes[i].access = access_of_object(plan, plan->nodes[i].id, plan->nodes[i].access);
    size_t count = plan->node_count; /* those added by splitting need none themselves */
    for (size_t i = 0; i < count; i++) {
        unsigned masked = plan->nodes[i].is_dir ? access_masked(plan, &plan->nodes[i]) : 0;
        if (!masked)
            continue;
        plan->nodes[i].access &= ~masked;
        struct split split = {
            .plan = plan,
            .ops = ops,
            .err = err,
            .access = masked,
            .source = plan->nodes[i].source,
        };
        if (!folder_split(&split, plan->nodes[i].path))
            return false;
    }
    return true;
}
