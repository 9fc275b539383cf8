#include "sandbox/snapshot/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "sandbox/policy/placeholder.h"
#include "sandbox/snapshot/content.h"
#include "sandbox/snapshot/facts.h"
#include "sandbox/snapshot/folder.h"
#include "sandbox/snapshot/notes.h"
#include "sandbox/snapshot/path.h"
#include "sandbox/snapshot/tree.h"

#define LISTING_LEN (64 * KIB)
#define TRIES       3 /* at an entry that changes its kind under our eyes */

/* What a walk needs besides its outcome. */
struct walk {
    struct scan *scan;
    struct content content;
    char *listing; /* LISTING_LEN, of getdents64 */
    struct path path;
    unsigned depth;
    uint64_t entries;
    struct writer object;
};

/* What is known of a folder or an entry before it is looked at. */
struct known {
    const struct node *old;  /* by the last look, or NULL */
    const struct node *want; /* by the snapshot, or NULL */
};

static bool folder_take(struct walk *walk, int fd, const struct known *known, struct node *folder,
                        struct error *err);

static void note_add(struct walk *walk, const char *what)
{
    notes_add(&walk->scan->notes, walk->scan->arena, walk->path.text, what);
}

/* The racy rule: what changed in the tick of the last look may have changed after it. */
static bool is_unchanged(const struct scan *scan, const struct node *old, const struct node *now)
{
    return old && old->kind == now->kind && old->ino == now->ino && old->size == now->size &&
           old->mtime_ns == now->mtime_ns && old->ctime_ns == now->ctime_ns &&
           now->ctime_ns < scan->old_taken_ns - SCAN_TICK_NS &&
           (!scan->store || object_find(scan->store, old->digest));
}

/* What was not read is like nothing that a snapshot holds, and known to no later look. */
static void content_leave(struct node *node)
{
    memset(node->digest, 0, SHA256_BYTES);
    node->ctime_ns = 0;
}

/* Reading what differs anyway is waste, and a program can make it hours of waste: a sparse file. */
static bool differs_unread(const struct scan *scan, const struct node *want,
                           const struct node *node)
{
    return scan->want && node->kind == NODE_FILE &&
           (!want || want->kind != NODE_FILE || want->size != node->size);
}

static bool is_refused(const struct error *err)
{
    return err->sys == EACCES || err->sys == EPERM || err->sys == EIO || err->sys == EAGAIN;
}

static bool content_take(struct walk *walk, int dir, const struct known *known, struct node *node,
                         struct error *err)
{
    struct scan *scan = walk->scan;
    if (is_unchanged(scan, known->old, node)) {
        memcpy(node->digest, known->old->digest, SHA256_BYTES);
        return true;
    }
    if (differs_unread(scan, known->want, node)) {
        CLEANUP(closep) int named = -1; /* another file may be mounted on it */
        content_leave(node);
        return file_open_same_mount(dir, node->name, O_PATH | O_NOFOLLOW, 0, &named, err);
    }
    bool steady = true;
    if (node->kind == NODE_LINK ? !content_link(&walk->content, dir, node, err)
                                : !content_file(&walk->content, dir, node, &steady, err)) {
        if (!scan->want || !is_refused(err))
            return false;
        content_leave(node);
        return true;
    }
    node->read = true;
    scan->files_read++;
    if (!steady)
        note_add(walk, "changed while it was read");
    return true;
}

/* Below the deepest that a snapshot has. To be removed it need not be looked into. */
static bool beyond_take(struct walk *walk, int dir, struct node *node, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    if (!walk->scan->want)
        return error_set(err, TOO_LARGE, "folders are nested deeper than %d", LIMIT_SNAPSHOT_DEPTH);
    node->beyond = true;
    return file_open_same_mount(dir, node->name, O_PATH | O_DIRECTORY, 0, &fd, err);
}

static const struct node *as_folder(const struct node *node)
{
    return node && node->kind == NODE_FOLDER ? node : NULL;
}

static bool subfolder_take(struct walk *walk, int dir, const struct known *known, struct node *node,
                           struct error *err)
{
    CLEANUP(closep) int fd = -1;
    mode_t was = 0;
    bool closed = walk->scan->want && (node->mode & FOLDER_LOOK) != FOLDER_LOOK;
    if (walk->depth == LIMIT_SNAPSHOT_DEPTH || walk->path.len >= LIMIT_SNAPSHOT_PATH_BYTES)
        return beyond_take(walk, dir, node, err);
    if (closed ? !folder_open_up(dir, node->name, FOLDER_LOOK, &fd, &was, err)
               : !file_open_same_mount(dir, node->name, O_RDONLY | O_DIRECTORY, 0, &fd, err))
        return false;
    const struct known inside = { as_folder(known->old), as_folder(known->want) };
    walk->depth++;
    bool ok = folder_take(walk, fd, &inside, node, err);
    walk->depth--;
    if (closed)
        (void)fchmod(fd, was); /* as far as it can be, nothing was changed */
    return ok;
}

static void node_count(struct walk *walk, struct node *node)
{
    struct scan *scan = walk->scan;
    if (node->kind == NODE_FILE)
        scan->files++;
    else if (node->kind == NODE_FOLDER)
        scan->folders++;
    else if (node->kind == NODE_LINK)
        scan->links++;
    else
        scan->left_out++;
    scan->bytes += node->kind == NODE_FILE ? node->size : 0;
    if (node->kind == NODE_MOUNT)
        note_add(walk, "another file system: not looked into");
    else if (node_is_left_out(node))
        note_add(walk, "a device, fifo or socket: only its name is kept");
}

/* Whether a run stands on a placeholder. One that none does is what a killed run left, or a file
 * that a program made look so to have it spared. */
static bool is_held(int dir, const char *name)
{
    struct error err;
    CLEANUP(closep) int fd = -1;
    if (!file_open_same_mount(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, &err))
        return true; /* who cannot ask lets it be */
    return flock(fd, LOCK_EX | LOCK_NB) != 0;
}

/* Asked of the entry itself, for what is done with a content may cross file systems too. */
static bool is_mount(int dir, const char *name)
{
    struct error err;
    CLEANUP(closep) int fd = -1;
    return !file_open_same_mount(dir, name, O_PATH | O_NOFOLLOW, 0, &fd, &err) && err.sys == EXDEV;
}

/* One look at an entry whose name is known. *gone when there is none (any more). */
static bool entry_look(struct walk *walk, int dir, const struct known *known, struct node *node,
                       bool *gone, struct error *err)
{
    struct stat st;
    *gone = false;
    if (fstatat(dir, node->name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) {
        *gone = errno == ENOENT;
        return *gone || error_set_errno(err, "stat");
    }
    facts_take(&st, node);
    if (node_is_left_out(node))
        return true;
    if (placeholder_is(&st) && (walk->scan->store || is_held(dir, node->name))) {
        *gone = walk->scan->store != NULL;
        node->held = true;
        content_leave(node);
        return true;
    }
    bool ok = node->kind == NODE_FOLDER ? subfolder_take(walk, dir, known, node, err)
                                        : content_take(walk, dir, known, node, err);
    if (!ok && err->sys == EXDEV && is_mount(dir, node->name)) {
        node->kind = NODE_MOUNT;
        node->size = 0;
        return true;
    }
    return ok;
}

static bool entry_take(struct walk *walk, int dir, const struct known *known, struct node *node,
                       bool *gone, struct error *err)
{
    if (++walk->entries > LIMIT_SNAPSHOT_ENTRIES)
        return error_set(err, TOO_LARGE, "more than %d files and folders", LIMIT_SNAPSHOT_ENTRIES);
    if (!walk->scan->want && walk->path.len >= LIMIT_SNAPSHOT_PATH_BYTES)
        return error_set(err, TOO_LARGE, "a path is over %zu bytes", LIMIT_SNAPSHOT_PATH_BYTES);
    for (int tries = 1;; tries++) {
        if (entry_look(walk, dir, known, node, gone, err)) {
            if (!*gone)
                node_count(walk, node);
            return true;
        }
        /* another kind of thing than it was a moment ago */
        bool raced = err->sys == ENOENT || err->sys == ELOOP || err->sys == ENOTDIR;
        if (!raced || tries == TRIES)
            return false;
    }
}

struct names {
    struct node *nodes;
    size_t count, room;
};

static void names_clear(struct names *names)
{
    free(names->nodes);
}

static bool listing_take(struct walk *walk, const char *listing, ssize_t len, struct names *names,
                         struct error *err)
{
    for (ssize_t at = 0; at < len;) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(listing + at);
        at += entry->d_reclen;
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (names->count == LIMIT_SNAPSHOT_ENTRIES)
            return error_set(err, TOO_LARGE, "more than %d entries", LIMIT_SNAPSHOT_ENTRIES);
        if (names->count == names->room) {
            names->room = names->room ? 2 * names->room : 32;
            names->nodes = xreallocarray(names->nodes, names->room, sizeof(*names->nodes));
        }
        size_t name_len = strlen(name);
        names->nodes[names->count++] =
            (struct node){ .name = arena_strndup(walk->scan->arena, name, name_len),
                           .name_len = (uint16_t)name_len };
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct node *)a)->name, ((const struct node *)b)->name);
}

static bool names_list(struct walk *walk, int fd, struct names *names, struct error *err)
{
    ssize_t len;
    while ((len = getdents64(fd, (void *)walk->listing, LISTING_LEN)) > 0)
        if (!listing_take(walk, walk->listing, len, names, err))
            return false;
    if (len < 0)
        return error_set_errno(err, "list");
    if (names->count)
        qsort(names->nodes, names->count, sizeof(*names->nodes), by_name);
    return true;
}

/* The child of a known folder with that name; both are sorted, so *at only goes forward. */
static const struct node *known_child(const struct node *folder, size_t *at,
                                      const struct node *node)
{
    int order = 1;
    while (folder && *at < folder->count &&
           (order = strcmp(folder->children[*at].name, node->name)) < 0)
        ++*at;
    return order == 0 ? &folder->children[(*at)++] : NULL;
}

/* Fills the nodes from the disk and drops those that are skipped or gone. */
static bool entries_take(struct walk *walk, int fd, const struct known *folder, struct names *names,
                         struct error *err)
{
    size_t kept = 0, old_at = 0, want_at = 0;
    for (size_t i = 0; i < names->count; i++) {
        struct node *node = &names->nodes[kept];
        size_t before;
        bool gone = true;
        *node = names->nodes[i];
        if (!path_push(&walk->path, node, &before, err))
            return false;
        const struct known known = { known_child(folder->old, &old_at, node),
                                     known_child(folder->want, &want_at, node) };
        if (!scope_skips(walk->scan->scope, walk->path.text, node->name) &&
            !entry_take(walk, fd, &known, node, &gone, err))
            return false;
        path_pop(&walk->path, before);
        kept += !gone;
    }
    names->count = kept;
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool folder_take(struct walk *walk, int fd, const struct known *known, struct node *folder,
                        struct error *err)
{
    struct scan *scan = walk->scan;
    CLEANUP(names_clear) struct names names = { 0 };
    if (!names_list(walk, fd, &names, err) || !entries_take(walk, fd, known, &names, err))
        return false;
    folder->count = names.count;
    folder->children = ARENA_ARRAY(scan->arena, struct node, names.count);
    if (names.count)
        memcpy(folder->children, names.nodes, names.count * sizeof(struct node));

    walk->object.len = 0;
    tree_encode(folder, &walk->object);
    return !scan->store ||
           snapshot_store_put(scan->store, folder->tree, walk->object.bytes, walk->object.len, err);
}

bool scan_run(struct scan *scan, int fd, struct error *err)
{
    CLEANUP(freep) struct walk *walk = xnew(struct walk);
    CLEANUP(freep) char *listing = xcalloc(1, LISTING_LEN);
    walk->scan = scan;
    walk->listing = listing;
    content_init(&walk->content, scan->store);
    scan->notes = notes_new(scan->arena);
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    scan->taken_ns = facts_time_ns(&now);
    scan->root.kind = NODE_FOLDER;

    /* its own place in the listing, however often the folder was read */
    CLEANUP(closep) int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct known known = { scan->old, scan->want };
    bool ok = copy >= 0 ? folder_take(walk, copy, &known, &scan->root, err)
                        : error_set_errno(err, "open the folder");
    if (!ok && walk->path.len)
        error_prefix(err, "%s", walk->path.text);
    content_clear(&walk->content);
    writer_clear(&walk->object);
    return ok;
}
