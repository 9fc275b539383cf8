#include "client/install/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"

#define NODES_MAX 4096

struct entry {
    const char *path;
    struct place place;
    struct node before, after;
    struct stat seen; /* of what is there */
};

struct plan {
    const struct folders *folders;
    const char *const *extra;
    struct arena *arena;
    struct entry *entries;
    size_t count;
    const char **dropped; /* folders */
    size_t dropped_count;
};

struct plan *plan_new(const struct folders *folders, const char *const *extra_folders,
                      struct arena *arena)
{
    struct plan *plan = ARENA_NEW(arena, struct plan);
    *plan = (struct plan){ .folders = folders, .extra = extra_folders, .arena = arena };
    plan->entries = ARENA_ARRAY(arena, struct entry, NODES_MAX);
    plan->dropped = ARENA_ARRAY(arena, const char *, NODES_MAX);
    return plan;
}

static struct entry *entry_find(const struct plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->entries[i].path, path) == 0)
            return &plan->entries[i];
    return NULL;
}

static bool link_read(int dir, const char *name, struct arena *arena, struct node *node,
                      struct error *err)
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(dir, name, target, sizeof(target));
    if (len < 0 || (size_t)len >= sizeof(target))
        return error_set_errno(err, "readlink %s", name);
    node->target = arena_strndup(arena, target, (size_t)len);
    return true;
}

static bool file_load(int dir, const char *name, struct arena *arena, struct node *node,
                      struct error *err)
{
    CLEANUP(closep) int fd = -1;
    return file_open_beneath(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, err) &&
           file_read(fd, LIMIT_ARTIFACT_BYTES, arena, &node->bytes, &node->len, err);
}

static enum node_kind kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return NODE_FILE;
    if (S_ISLNK(mode))
        return NODE_LINK;
    return S_ISDIR(mode) ? NODE_FOLDER : NODE_OTHER;
}

static bool through_link(const struct entry *entry, struct error *err)
{
    if (err->sys == ENOENT)
        return true; /* no folder yet: nothing is there */
    if (err->sys == ELOOP)
        return error_set(err, DENIED, "%s: the way to it leads through a symbolic link",
                         entry->path);
    return err->sys == ENOTDIR
               ? error_set(err, CONFLICT, "%s: a part of the way to it is not a folder",
                           entry->path)
               : false;
}

/* What stands on disk; nothing, when its folder is not there. */
static bool disk_read(struct arena *arena, struct entry *entry, struct error *err)
{
    CLEANUP(closep) int root = -1;
    CLEANUP(closep) int dir = -1;
    const char *relative = entry->place.relative, *slash = strrchr(relative, '/');
    const char *name = slash ? slash + 1 : relative;
    const char *folder = slash ? arena_strndup(arena, relative, (size_t)(slash - relative)) : ".";
    if (!dir_open(entry->place.root, &root, err))
        return false;
    if (!file_open_beneath(root, folder, O_RDONLY | O_DIRECTORY, 0, &dir, err))
        return through_link(entry, err);
    if (fstatat(dir, name, &entry->seen, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? (entry->seen = (struct stat){ 0 }, true)
                               : error_set_errno(err, "%s", entry->path);
    struct node *node = &entry->before;
    node->kind = kind_of(entry->seen.st_mode);
    node->mode = entry->seen.st_mode & 07777;
    if (node->kind == NODE_FILE)
        return file_load(dir, name, arena, node, err) || error_prefix(err, "%s", entry->path);
    return node->kind != NODE_LINK || link_read(dir, name, arena, node, err);
}

static bool entry_add(struct plan *plan, const char *path, const struct place *place,
                      struct entry **out, struct error *err)
{
    if (plan->count >= NODES_MAX)
        return error_set(err, TOO_LARGE, "the wiring touches over %d names", NODES_MAX);
    struct entry *entry = &plan->entries[plan->count];
    *entry =
        (struct entry){ .path = arena_strndup(plan->arena, path, strlen(path)), .place = *place };
    if (!disk_read(plan->arena, entry, err))
        return false;
    entry->after = entry->before;
    plan->count++;
    *out = entry;
    return true;
}

static bool entry_get(struct plan *plan, const char *path, struct entry **out, struct error *err)
{
    *out = entry_find(plan, path);
    struct place place;
    return *out || (place_find(plan->folders, plan->extra, path, plan->arena, &place, err) &&
                    entry_add(plan, path, &place, out, err));
}

static bool folder_get(struct plan *plan, const char *path, struct entry **out, struct error *err)
{
    *out = entry_find(plan, path);
    struct place place;
    return *out || (place_of_folder(path, plan->arena, &place, err) &&
                    entry_add(plan, path, &place, out, err));
}

/* Each folder between the place's root and the name, outermost first; made when make is set. */
static bool way_walk(struct plan *plan, const struct entry *entry, bool make, bool *out_there,
                     struct error *err)
{
    const char *path = entry->path, *at = path + strlen(path) - strlen(entry->place.relative);
    *out_there = true;
    for (const char *slash; (slash = strchr(at, '/')); at = slash + 1) {
        const char *folder = arena_strndup(plan->arena, path, (size_t)(slash - path));
        struct entry *way;
        if (!folder_get(plan, folder, &way, err))
            return false;
        if (way->after.kind == NODE_ABSENT) {
            *out_there = false;
            if (make)
                way->after = (struct node){ .kind = NODE_FOLDER, .mode = 0755 };
        } else if (way->after.kind == NODE_LINK) {
            return error_set(err, DENIED, "%s: the way to it leads through a symbolic link", path);
        } else if (way->after.kind != NODE_FOLDER) {
            return error_set(err, CONFLICT, "%s: %s is not a folder", path, folder);
        }
    }
    return true;
}

bool plan_get(struct plan *plan, const char *path, struct node *out, struct error *err)
{
    struct entry *entry;
    bool there;
    if (!entry_get(plan, path, &entry, err) || !way_walk(plan, entry, false, &there, err))
        return false;
    *out = entry->after;
    return true;
}

bool plan_put(struct plan *plan, const char *path, const struct node *node, struct error *err)
{
    struct entry *entry;
    bool there;
    if (!entry_get(plan, path, &entry, err) ||
        !way_walk(plan, entry, node->kind != NODE_ABSENT, &there, err))
        return false;
    if (entry->after.kind == NODE_FOLDER || entry->after.kind == NODE_OTHER)
        return error_set(err, CONFLICT, "%s is neither a file nor a link", path);
    entry->after = *node;
    return true;
}

const struct node *plan_before(const struct plan *plan, const char *path)
{
    const struct entry *entry = entry_find(plan, path);
    return entry ? &entry->before : NULL;
}

mode_t plan_file_mode(const struct plan *plan, const char *path)
{
    const struct node *before = plan_before(plan, path);
    return before && before->kind == NODE_FILE ? before->mode : 0644;
}

const char *plan_real_path(const struct plan *plan, const char *path)
{
    const struct entry *entry = entry_find(plan, path);
    return entry ? place_real(plan->folders, &entry->place, plan->arena) : NULL;
}

void plan_drop_folder(struct plan *plan, const char *path)
{
    if (plan->dropped_count < NODES_MAX)
        plan->dropped[plan->dropped_count++] = path;
}

static bool node_equal(const struct node *a, const struct node *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == NODE_FILE)
        return a->len == b->len && a->mode == b->mode &&
               (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
    return a->kind != NODE_LINK || strcmp(a->target, b->target) == 0;
}

static bool is_made(const struct entry *entry)
{
    return entry->before.kind == NODE_ABSENT && entry->after.kind == NODE_FOLDER;
}

struct list plan_made_folders(const struct plan *plan)
{
    const char **made = ARENA_ARRAY(plan->arena, const char *, plan->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (is_made(&plan->entries[i]))
            made[count++] = plan->entries[i].path;
    return (struct list){ made, count };
}

static int change_order(const void *a, const void *b)
{
    return strcmp(((const struct plan_change *)a)->path, ((const struct plan_change *)b)->path);
}

struct list plan_changes(const struct plan *plan)
{
    struct plan_change *changes = ARENA_ARRAY(plan->arena, struct plan_change, plan->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct entry *entry = &plan->entries[i];
        if (!node_equal(&entry->before, &entry->after))
            changes[count++] = (struct plan_change){ entry->path, &entry->before, &entry->after };
    }
    if (count)
        qsort(changes, count, sizeof(*changes), change_order);
    return (struct list){ changes, count };
}

static struct change change_of(const struct entry *entry)
{
    const struct node *after = &entry->after;
    struct change change = {
        .root = entry->place.root,
        .path = entry->place.relative,
        .bytes = after->bytes,
        .len = after->len,
        .mode = after->mode,
        .target = after->target,
        .replaces = entry->before.kind != NODE_ABSENT,
    };
    if (change.replaces)
        change.seen = entry->seen;
    change.kind = after->kind == NODE_FOLDER ? CHANGE_MAKE_DIR
                  : after->kind == NODE_FILE ? CHANGE_PUT_FILE
                  : after->kind == NODE_LINK ? CHANGE_PUT_LINK
                                             : CHANGE_DROP;
    return change;
}

static int path_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Innermost first; the same folder twice does no harm. */
static bool folders_emit(const struct plan *plan, struct change *changes, size_t *count,
                         struct error *err)
{
    if (plan->dropped_count)
        qsort(plan->dropped, plan->dropped_count, sizeof(*plan->dropped), path_order);
    for (size_t i = plan->dropped_count; i-- > 0;) {
        struct place place;
        if (!place_of_folder(plan->dropped[i], plan->arena, &place, err))
            return false;
        changes[(*count)++] =
            (struct change){ .kind = CHANGE_DROP_DIR, .root = place.root, .path = place.relative };
    }
    return true;
}

bool plan_emit(const struct plan *plan, size_t more, struct change **out, size_t *out_count,
               struct error *err)
{
    size_t room = plan->count + plan->dropped_count + more + 1, count = 0;
    struct change *changes = ARENA_ARRAY(plan->arena, struct change, room);
    struct list changed = plan_changes(plan); /* sorted: folders before what is in them */
    for (int folders = 1; folders >= 0; folders--) {
        LIST_FOREACH (changed, const struct plan_change, item) {
            const struct entry *entry = entry_find(plan, item->path);
            if (is_made(entry) == (folders == 1))
                changes[count++] = change_of(entry);
        }
    }
    if (!folders_emit(plan, changes, &count, err))
        return false;
    *out = changes;
    *out_count = count;
    return true;
}
