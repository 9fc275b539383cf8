#include "sandbox/policy/plan.h"

#include <stdint.h>
#include <string.h>

#include "sandbox/policy/memory.h"

#define NODES_FIRST 32 /* as many as most profiles have */

void plan_close(struct plan *plan)
{
    for (size_t i = 0; i < plan->node_count; i++) {
        closep(&plan->nodes[i].fd);
        plan->nodes[i].fd = -1;
    }
}

void plan_clear(struct plan *plan)
{
    plan_close(plan);
    arena_free(plan->arena);
    *plan = (struct plan){ 0 };
}

/* The kernel unites rules on one inode, and those above with those below: so do we. */
bool plan_add_node(struct plan *plan, struct plan_node *node, struct error *err)
{
    for (size_t i = 0; i < plan->node_count; i++) {
        if (path_id_equal(plan->nodes[i].id, node->id)) {
            plan->nodes[i].access |= node->access;
            closep(&node->fd);
            return true;
        }
    }
    if (plan->node_count >= PLAN_NODES_MAX) {
        closep(&node->fd);
        return error_set(err, INVALID, "more than %d paths to grant", PLAN_NODES_MAX);
    }
    if (!memory_grow_from(plan->arena, NODES_FIRST, &plan->nodes, plan->node_count,
                          sizeof(*plan->nodes), err)) {
        closep(&node->fd);
        return false;
    }
    node->len = strlen(node->path);
    plan->nodes[plan->node_count++] = *node;
    return true;
}

static bool grant_skip(struct plan *plan, const struct caps_path *grant, bool closed,
                       struct error *err)
{
    if (!(grant->flags & NONO_OPTIONAL) && closed)
        return error_set(err, DENIED, "%s: %s is in a folder that may not be searched",
                         grant->source, grant->path);
    if (!(grant->flags & NONO_OPTIONAL))
        return error_set(err, NOT_FOUND, "%s: %s does not exist", grant->source, grant->path);
    if (!memory_grow(plan->arena, &plan->skipped, plan->skipped_count,
                     sizeof(const struct caps_path *), err))
        return false;
    plan->skipped[plan->skipped_count++] = grant;
    return true;
}

static bool grant_place(struct plan *plan, const struct caps_path *grant, struct path_found *found,
                        struct error *err)
{
    if (!found->exists)
        return grant_skip(plan, grant, found->closed, err);
    if (found->is_dir && grant->flags & NONO_FILE)
        return error_set(err, INVALID, "%s: %s is a folder, not a file", grant->source,
                         grant->path);
    struct plan_node node = {
        .path = found->path,
        .fd = found->fd,
        .id = found->id,
        .is_dir = found->is_dir,
        .is_device = found->is_device,
        .access = grant->access,
        .source = grant->source,
    };
    found->fd = -1;
    return plan_add_node(plan, &node, err);
}

/* Whether a link in folder leads to found out of a tree that may be written. */
static bool leads_out_of(const struct path_found *found, const char *folder,
                         const struct caps_path *grant, const struct path_found *tree)
{
    return grant->access & NONO_WRITE && tree->exists && tree->is_dir &&
           path_within(folder, tree->path) && !path_within(found->path, tree->path);
}

/*
 * A program that may write a tree may have left a link in it, for the next run to follow out of
 * it. Links that people keep elsewhere are their own business.
 */
static bool grant_is_safe(const struct caps_path *grant, const struct path_found *found,
                          const struct path_found *all, const struct caps_paths *grants,
                          struct error *err)
{
    for (size_t c = 0; c < found->crossed_count; c++) {
        for (size_t i = 0; i < grants->count && found->crossed[c].by_link; i++) {
            if (!leads_out_of(found, found->crossed[c].folder, &grants->items[i], &all[i]))
                continue;
            return error_set(err, DENIED,
                             "%s: %s leads by a symbolic link in %s, which may be written, to "
                             "%s outside of it",
                             grant->source, grant->path, all[i].path, found->path);
        }
    }
    return true;
}

struct founds {
    struct path_found *items;
    size_t count;
};

static void founds_clear(struct founds *founds)
{
    for (size_t i = 0; i < founds->count; i++)
        path_found_clear(&founds->items[i]);
}

static bool grants_resolve(const struct caps_paths *grants, const struct path_ops *ops,
                           struct arena *arena, struct founds *founds, struct error *err)
{
    founds->items = arena_try_alloc(arena, grants->count, sizeof(*founds->items));
    if (!founds->items)
        return memory_none(err);
    for (; founds->count < grants->count; founds->count++) {
        const struct caps_path *grant = &grants->items[founds->count];
        struct path_found *found = &founds->items[founds->count];
        if (!ops->resolve(ops->context, grant->path, arena, found, err))
            return error_prefix(err, "%s", grant->source);
        if (found->by_process) /* ours, say: what we happen to have open would be given */
            return error_set(err, INVALID,
                             "%s: %s leads where a process is: name what is meant itself",
                             grant->source, grant->path);
    }
    return true;
}

static bool grants_place(struct plan *plan, const struct path_ops *ops, struct error *err)
{
    const struct caps_paths *grants = &plan->caps->grants;
    CLEANUP(founds_clear) struct founds founds = { 0 };
    if (!grants_resolve(grants, ops, plan->arena, &founds, err))
        return false;
    for (size_t i = 0; i < grants->count; i++)
        if (!grant_is_safe(&grants->items[i], &founds.items[i], founds.items, grants, err))
            return false;
    for (size_t i = 0; i < grants->count; i++)
        if (!grant_place(plan, &grants->items[i], &founds.items[i], err))
            return false;
    return true;
}

/* Whether one of the same path may be there, as its end tells: most are new. It is from now on. */
static bool mask_mark(struct plan *plan, const struct plan_mask *mask)
{
    uint64_t end = mask->len;
    size_t size = mask->len < sizeof(end) ? mask->len : sizeof(end);
    memcpy(&end, mask->path + mask->len - size, size);
    size_t place = (end * UINT64_C(0x9e3779b97f4a7c15)) >> 56;
    uint64_t *marks = &plan->mask_marks[place / 64], bit = UINT64_C(1) << place % 64;
    bool marked = *marks & bit;
    *marks |= bit;
    return marked;
}

static bool mask_add(struct plan *plan, struct plan_mask *mask, struct error *err)
{
    const char *path = mask->path;
    mask->len = strlen(path);
    size_t others = mask_mark(plan, mask) ? plan->mask_count : 0;
    for (size_t i = 0; i < others; i++) {
        if (plan->masks[i].len == mask->len && memcmp(plan->masks[i].path, path, mask->len) == 0) {
            plan->masks[i].access |= mask->access;
            plan->masks[i].keeps |= mask->keeps;
            return true;
        }
    }
    if (!memory_grow_many(plan->arena, &plan->masks, plan->mask_count, sizeof(*plan->masks), err))
        return false;
    plan->masks[plan->mask_count++] = *mask;
    return true;
}

static bool way_mask(struct plan *plan, const struct caps_path *deny, char *path,
                     const struct path_ops *ops, struct error *err)
{
    struct plan_mask mask = {
        .path = path,
        .exists = true,
        .known = strlen(path),
        .access = NONO_WRITE,
        .source = deny->source,
    };
    if (!ops->identify(ops->context, mask.path, &mask.id))
        return error_set(err, NOT_FOUND, "%s: %s on the way to it went away", deny->path, path);
    return mask_add(plan, &mask, err);
}

/*
 * What is on the way to a denied path stays what it is. In the place of a link something else could
 * be put, under the very name that was denied; in the place of a file, a folder with that name in
 * it, which as long as the file is there cannot be made, and so needs nothing itself.
 */
static bool way_place(struct plan *plan, const struct caps_path *deny, struct path_found *found,
                      const struct path_ops *ops, struct error *err)
{
    for (size_t i = 0; i < found->crossed_count; i++)
        if (found->crossed[i].link && !way_mask(plan, deny, found->crossed[i].link, ops, err))
            return false;
    if (!found->below_file)
        return true;
    char *file;
    return memory_copy(plan->arena, found->path, found->known, &file, err) &&
           way_mask(plan, deny, file, ops, err);
}

static bool deny_place(struct plan *plan, const struct caps_path *deny, const struct path_ops *ops,
                       struct error *err)
{
    struct path_found found = { .fd = -1 };
    if (!ops->look(ops->context, deny->path, plan->arena, &found, err))
        return error_prefix(err, "%s", deny->source);
    if (found.exists && !found.is_dir && found.links > 1)
        plan->hard_linked = deny->path;
    struct plan_mask mask = {
        .path = found.path,
        .exists = found.exists,
        .known = found.known,
        .is_dir = found.is_dir,
        .keeps = deny->flags & CAPS_FOLDER,
        .id = found.id,
        .access = deny->access,
        .source = deny->source,
    };
    return mask_add(plan, &mask, err) && way_place(plan, deny, &found, ops, err);
}

static bool denies_place(struct plan *plan, const struct path_ops *ops, struct error *err)
{
    const struct caps_paths *denies = &plan->caps->denies;
    for (size_t i = 0; i < denies->count && ops->expect; i++)
        ops->expect(ops->context, denies->items[i].path);
    for (size_t i = 0; i < denies->count; i++)
        if (!deny_place(plan, &denies->items[i], ops, err))
            return false;
    return true;
}

/* path_below of paths with their lengths. Every grant is laid beside every deny, and nearly all
 * differ in the one byte that is looked at first. */
static bool is_below(const char *path, size_t len, const char *root, size_t root_len)
{
    if (root_len == 1) /* "/" */
        return len > 1;
    return len > root_len && path[root_len] == '/' && memcmp(path, root, root_len) == 0;
}

static bool is_within(const struct plan_node *node, const struct plan_mask *mask)
{
    return is_below(node->path, node->len, mask->path, mask->len) ||
           (node->len == mask->len && memcmp(node->path, mask->path, mask->len) == 0);
}

/* The folder that all masks lie in, as a rule the home folder: its length in the first one's path,
 * without a slash at its end. */
static size_t masks_folder(const struct plan *plan)
{
    size_t len = plan->mask_count ? plan->masks[0].len : 0;
    for (size_t m = 1; m < plan->mask_count; m++) {
        size_t same = 0;
        while (same < len && plan->masks[m].path[same] == plan->masks[0].path[same])
            same++;
        len = same;
    }
    while (len > 0 && plan->masks[0].path[--len] != '/')
        ;
    return len;
}

/* Most nodes are elsewhere: neither at that folder, nor in it, nor above it. */
static void nodes_part(struct plan *plan)
{
    plan->all_apart = true;
    size_t len = masks_folder(plan);
    for (size_t i = 0; i < plan->node_count; i++) {
        struct plan_node *node = &plan->nodes[i];
        size_t both = node->len < len ? node->len : len;
        node->apart = plan->mask_count == 0 || memcmp(node->path, plan->masks[0].path, both) != 0;
        plan->all_apart &= node->apart;
    }
}

/* Nodes at or below a mask lose what it takes; one that is left with nothing goes. */
static void nodes_trim(struct plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->node_count; i++) {
        struct plan_node *node = &plan->nodes[i];
        for (size_t m = 0; m < plan->mask_count && !node->apart; m++)
            if (is_within(node, &plan->masks[m]))
                node->access &= ~plan->masks[m].access;
        if (node->access)
            plan->nodes[kept++] = *node;
        else
            closep(&node->fd);
    }
    plan->node_count = kept;
}

/* What a node above already gives, a node need not repeat. */
static void nodes_merge(struct plan *plan)
{
    for (size_t i = 0; i < plan->node_count; i++) {
        struct plan_node *node = &plan->nodes[i];
        for (size_t j = 0; j < plan->node_count; j++) {
            const struct plan_node *above = &plan->nodes[j];
            if (above->is_dir && is_below(node->path, node->len, above->path, above->len))
                node->access &= ~above->access;
        }
    }
}

static void nodes_drop_empty(struct plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->node_count; i++) {
        if (plan->nodes[i].access)
            plan->nodes[kept++] = plan->nodes[i];
        else
            closep(&plan->nodes[i].fd);
    }
    plan->node_count = kept;
}

/* One that lies below another which takes as much needs nothing of its own. */
static bool is_covered(const struct plan *plan, const struct plan_mask *mask)
{
    for (size_t i = 0; i < plan->mask_count; i++)
        if (path_below(mask->path, plan->masks[i].path) &&
            (mask->access & ~plan->masks[i].access) == 0)
            return true;
    return false;
}

/* Nobody can make anything where a mask above takes writing away. */
static bool is_sealed(const struct plan *plan, const struct plan_mask *mask)
{
    for (size_t i = 0; i < plan->mask_count; i++)
        if (plan->masks[i].access & NONO_WRITE && path_below(mask->path, plan->masks[i].path))
            return true;
    return false;
}

/* Which masks touch what is granted. Most touch nothing, and are looked at no further. */
static void mask_judge(const struct plan *plan, struct plan_mask *mask)
{
    if (plan->all_apart && !mask->exists)
        return;
    for (size_t i = 0; i < plan->node_count; i++) {
        const struct plan_node *node = &plan->nodes[i];
        /* A rule is on an object: one name of it granted, all are. */
        bool other_name = mask->exists && path_id_equal(node->id, mask->id);
        bool below =
            !node->apart && node->is_dir && is_below(mask->path, mask->len, node->path, node->len);
        if (!other_name && !below)
            continue;
        mask->in_grant |= (node->access & mask->access) != 0;
        mask->in_writable |= (node->access & NONO_WRITE) != 0;
    }
    if ((mask->in_grant || mask->in_writable) && is_covered(plan, mask))
        mask->in_grant = mask->in_writable = false;
    mask->in_writable = mask->in_writable && !is_sealed(plan, mask);
}

static void masks_judge(struct plan *plan)
{
    for (size_t m = 0; m < plan->mask_count; m++) {
        struct plan_mask *mask = &plan->masks[m];
        mask_judge(plan, mask);
        /* What the program cannot make in there is not there to be reached. */
        plan->has_absent |= mask->in_grant && !mask->exists && !mask->in_writable;
        mask->in_grant &= mask->exists || mask->in_writable;
        plan->has_overlap |= mask->in_grant;
    }
}

bool plan_make(const struct nono_caps *caps, const struct path_ops *ops, struct plan *out,
               struct error *err)
{
    CLEANUP(plan_clear) struct plan plan = { .caps = caps, .arena = arena_try_new() };
    if (!plan.arena)
        return memory_none(err);
    if (!grants_place(&plan, ops, err))
        return false;
    if (!denies_place(&plan, ops, err))
        return false;
    nodes_part(&plan);
    nodes_trim(&plan);
    masks_judge(&plan);
    nodes_merge(&plan);
    nodes_drop_empty(&plan);
    *out = plan;
    plan = (struct plan){ 0 };
    return true;
}

static bool pin_add(struct plan *plan, const char *path, size_t len, const struct path_ops *ops,
                    struct error *err)
{
    for (size_t i = 0; i < plan->pin_count; i++)
        if (strncmp(plan->pins[i].path, path, len) == 0 && plan->pins[i].path[len] == '\0')
            return true;
    char *copy;
    struct path_id id;
    if (!memory_copy(plan->arena, path, len, &copy, err) ||
        !memory_grow(plan->arena, &plan->pins, plan->pin_count, sizeof(*plan->pins), err))
        return false;
    if (!ops->identify(ops->context, copy, &id))
        return error_set(err, NOT_FOUND, "%s went away", copy);
    plan->pins[plan->pin_count++] = (struct plan_pin){ .path = copy, .id = id };
    return true;
}

/* A folder can be renamed when the one that holds it may be written. */
static bool is_writable(const struct plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->node_count; i++)
        if (plan->nodes[i].access & NONO_WRITE && path_below(path, plan->nodes[i].path))
            return true;
    return false;
}

static bool mask_pin(struct plan *plan, const struct plan_mask *mask, const struct path_ops *ops,
                     struct error *err)
{
    char *path;
    if (!memory_copy(plan->arena, mask->path, mask->len, &path, err))
        return false;
    for (size_t i = 1; path[i]; i++) {
        if (path[i] != '/' || i > mask->known)
            continue;
        path[i] = '\0';
        bool pin = is_writable(plan, path);
        path[i] = '/';
        if (pin && !pin_add(plan, path, i, ops, err))
            return false;
    }
    return true;
}

bool plan_hold(struct plan *plan, enum plan_method method, const struct path_ops *ops,
               struct error *err)
{
    plan->method = method;
    if (method == PLAN_SPLIT)
        return plan_split(plan, ops, err);
    for (size_t i = 0; i < plan->mask_count; i++)
        if (plan->masks[i].in_grant && !mask_pin(plan, &plan->masks[i], ops, err))
            return false;
    return true;
}
