#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/calls.h"
#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "sandbox/snapshot/folder.h"
#include "sandbox/snapshot/notes.h"
#include "sandbox/snapshot/restore.h"

static bool children_apply(struct restore *restore, int dir, const struct node *want,
                           const struct node *have, struct error *err);

/* A folder that its owner may not change is opened up for as long as it is changed. */
static bool folder_open(int dir, const struct node *node, int *out_fd, struct error *err)
{
    mode_t was;
    return folder_open_up(dir, node->name, FOLDER_CHANGE, out_fd, &was, err);
}

static bool node_remove(struct restore *restore, int dir, const struct node *have,
                        struct error *err);

/* What the plan knew of a folder; what is left alone stays in it. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as a tree, which is bounded */
static bool children_remove(struct restore *restore, int dir, const struct node *have,
                            struct error *err)
{
    CLEANUP(closep) int fd = -1;
    if (!folder_open(dir, have, &fd, err))
        return false;
    for (size_t i = 0; i < have->count; i++) {
        size_t before;
        if (have->children[i].kind == NODE_MOUNT || have->children[i].held)
            continue;
        if (!path_push(&restore->path, &have->children[i], &before, err) ||
            !node_remove(restore, fd, &have->children[i], err))
            return false;
        path_pop(&restore->path, before);
    }
    return true;
}

static void keep(struct restore *restore, const char *what)
{
    restore->kept++;
    notes_add(&restore->out->notes, restore->arena, restore->path.text, what);
}

/* Not looked into before: a program can have brought a folder there in which there is a mount. */
static bool beyond_remove(struct restore *restore, int dir, const struct node *have, bool *kept,
                          struct error *err)
{
    *kept = false;
    if (!tree_clear(dir, have->name, kept, err))
        return false;
    if (*kept)
        keep(restore, "kept, for another file system is mounted in it");
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static bool node_remove(struct restore *restore, int dir, const struct node *have,
                        struct error *err)
{
    bool folder = have->kind == NODE_FOLDER, kept = false;
    if (have->beyond && (!beyond_remove(restore, dir, have, &kept, err) || kept))
        return kept;
    if (folder && !have->beyond && !children_remove(restore, dir, have, err))
        return false;
    if (have->beyond || unlinkat(dir, have->name, folder ? AT_REMOVEDIR : 0) == 0) {
        restore->out->removed++;
        crash_point("snapshot.removed");
        return true;
    }
    if (errno == ENOENT)
        return true;
    if (!folder || (errno != ENOTEMPTY && errno != EEXIST))
        return error_set_errno(err, "remove");
    keep(restore, "kept, for there is something in it that is left alone");
    return true;
}

static bool is_empty(int dir, const char *name)
{
    char listing[1024];
    struct error err;
    CLEANUP(closep) int fd = -1;
    if (!file_open_same_mount(dir, name, O_RDONLY | O_DIRECTORY, 0, &fd, &err))
        return false;
    size_t count = 0;
    for (ssize_t len; (len = getdents64(fd, (void *)listing, sizeof(listing))) > 0;)
        for (ssize_t at = 0; at < len; count++)
            at += ((const struct dirent64 *)(const void *)(listing + at))->d_reclen;
    return count <= 2; /* itself and its parent */
}

/*
 * A rename does not lead into a subvolume. There the content is made ready anew beside its place. A
 * kill leaves it under a name that no snapshot has, and so it goes with what came since.
 */
static bool put_anew(struct restore *restore, int dir, const struct node *want, struct error *err)
{
    struct error ignored;
    char name[JOURNAL_STAGING_TEXT];
    staging_name(name);
    if (content_stage(restore, dir, name, want, err)) {
        if (renameat(dir, name, dir, want->name) == 0)
            return true;
        error_set_errno(err, "put in place");
    }
    (void)!tree_remove(dir, name, &ignored);
    return false;
}

static bool node_put(struct restore *restore, int dir, const struct node *want, struct error *err)
{
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", want->staged);
    if (renameat(restore->staging, number, dir, want->name) != 0) {
        if (errno != EXDEV)
            return error_set_errno(err, "put in place");
        if (!put_anew(restore, dir, want, err))
            return false;
    }
    restore->out->written++;
    crash_point("snapshot.put");
    return true;
}

/* The new one and the old one change places; then the old one goes. */
static bool node_swap(struct restore *restore, int dir, const struct node *want,
                      const struct node *have, bool *kept, struct error *err)
{
    assert(have); /* ACTION_SWAP is only for an entry that is another kind of thing */
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", want->staged);
    *kept = false;
    if (have->beyond)
        return beyond_remove(restore, dir, have, kept, err) &&
               (*kept || node_put(restore, dir, want, err));
    if (have->kind == NODE_FOLDER) {
        if (!children_remove(restore, dir, have, err))
            return false;
        if (!is_empty(dir, have->name)) {
            *kept = true;
            keep(restore, "stays a folder, for there is something in it that is left alone");
            return true;
        }
    }
    int flags = have->kind == NODE_FOLDER ? AT_REMOVEDIR : 0;
    if (renameat2(restore->staging, number, dir, want->name, RENAME_EXCHANGE) != 0) {
        if (errno != EXDEV)
            return error_set_errno(err, "exchange");
        /* out of a subvolume, or of the lower part of an overlay, nothing can be moved */
        if (unlinkat(dir, want->name, flags) != 0)
            return error_set_errno(err, "remove what was there");
        crash_point("snapshot.cleared");
        return node_put(restore, dir, want, err);
    }
    crash_point("snapshot.swapped");
    if (unlinkat(restore->staging, number, flags) != 0)
        return error_set_errno(err, "remove what was there");
    restore->out->written++;
    return true;
}

/* In its place, where it takes what the folder around it hands on. The staged one kept the room. */
static bool node_make(struct restore *restore, int dir, const struct node *want, struct error *err)
{
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", want->staged);
    (void)unlinkat(restore->staging, number, AT_REMOVEDIR);
    if (mkdirat(dir, want->name, 0700) != 0)
        return error_set_errno(err, "mkdir");
    restore->out->written++;
    crash_point("snapshot.made");
    return true;
}

static bool action_do(struct restore *restore, int dir, const struct node *want,
                      const struct node *have, bool *kept, struct error *err)
{
    *kept = false;
    switch ((enum action)want->action) {
    case ACTION_NONE:
        return true;
    case ACTION_PUT:
        return node_put(restore, dir, want, err);
    case ACTION_MAKE:
        return node_make(restore, dir, want, err);
    case ACTION_SWAP:
        return node_swap(restore, dir, want, have, kept, err);
    case ACTION_FACTS:
        restore->out->touched++;
        return want->kind == NODE_FOLDER || facts_set(dir, want, err);
    }
    __builtin_unreachable();
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static bool node_apply(struct restore *restore, int dir, const struct node *want,
                       const struct node *have, struct error *err)
{
    bool kept;
    if (!action_do(restore, dir, want, have, &kept, err))
        return false;
    if (want->kind != NODE_FOLDER || kept)
        return true;
    CLEANUP(closep) int fd = -1;
    const struct node *old = have && have->kind == NODE_FOLDER ? have : NULL;
    if (!folder_open(dir, want, &fd, err) || !children_apply(restore, fd, want, old, err))
        return false;
    crash_point("snapshot.facts");
    return facts_set_fd(fd, want, err); /* last: what happened in it changed its time */
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static bool children_apply(struct restore *restore, int dir, const struct node *want,
                           const struct node *have, struct error *err)
{
    size_t i = 0, j = 0, have_count = have ? have->count : 0;
    while (i < have_count || j < want->count) {
        int order = i == have_count ? 1 : j == want->count ? -1 : 0;
        if (order == 0)
            order = strcmp(have->children[i].name, want->children[j].name);
        const struct node *left = order <= 0 ? &have->children[i++] : NULL;
        const struct node *right = order >= 0 ? &want->children[j++] : NULL;
        const struct node *named = right ? right : left;
        assert(named); /* one list at least was not at its end */
        size_t before;
        if (!named->changed)
            continue;
        if (!path_push(&restore->path, named, &before, err))
            return false;
        if (right ? !node_apply(restore, dir, right, left, err)
                  : !node_remove(restore, dir, left, err))
            return false;
        path_pop(&restore->path, before);
    }
    return true;
}

bool apply_changes(struct restore *restore, const struct node *want, const struct node *have,
                   struct error *err)
{
    restore->path.len = 0;
    restore->path.text[0] = '\0';
    return children_apply(restore, restore->folder, want, have, err) ||
           error_prefix(err, "%s", restore->path.text);
}
