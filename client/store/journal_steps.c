#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "client/store/journal_file.h"
#include "lib/base/calls.h"
#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/text.h"

#define NAME_ROOM      512
#define SAVED_MAX      99 /* of one name; more than anybody leaves lying about */
#define SAVED_NAME_MAX (NAME_MAX - (int)strlen(".nono-saved-99"))

/* One entry, opened: the folder of its place and of its temporary, and the names in them. */
struct place {
    int dir, temporary_dir;
    const char *name, *temporary;
};

bool journal_parent(const char *root, const char *path, int *out_fd, const char **out_name,
                    struct error *err)
{
    CLEANUP(closep) int base = -1;
    if (!dir_open(root, &base, err))
        return false;
    const char *slash = strrchr(path, '/');
    char folder[4096];
    if (slash && (size_t)(slash - path) >= sizeof(folder))
        return error_set(err, INVALID, "%.200s: the name is too long", path);
    (void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1,
                   slash ? path : ".");
    *out_name = slash ? slash + 1 : path;
    return file_open_beneath(base, folder, O_RDONLY | O_DIRECTORY, 0, out_fd, err) ||
           error_prefix(err, "%s", root);
}

void journal_say(const char *root, const char *path, const char *what, const char *detail)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *name = text_escape(path_join(arena, root, path), arena);
    (void)fprintf(stderr, "nono: %s: %s%s\n", name, what, text_escape(detail, arena));
}

static void place_close(const struct place *place)
{
    closep(&place->dir);
    closep(&place->temporary_dir);
}

static bool place_open(const struct journal_entry *entry, struct place *place, struct error *err)
{
    if (!journal_parent(entry->root, entry->path, &place->dir, &place->name, err))
        return false;
    return !entry->temporary || journal_parent(entry->root, entry->temporary, &place->temporary_dir,
                                               &place->temporary, err);
}

/* 0 when there is nothing. */
static ino_t inode_of(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino : 0;
}

static bool move(int from_dir, const char *from, int to_dir, const char *to, struct error *err)
{
    if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return error_set_errno(err, "rename to %s", to);
    if (inode_of(to_dir, to)) { /* a file system without NOREPLACE; the lock is held */
        errno = EEXIST;
        return error_set_errno(err, "rename to %s", to);
    }
    return renameat(from_dir, from, to_dir, to) == 0 || error_set_errno(err, "rename to %s", to);
}

static void spare_name(const struct place *place, char out[NAME_ROOM])
{
    (void)snprintf(out, NAME_ROOM, "%.*s.old", NAME_ROOM - 8, place->temporary);
}

/* Exchanges the place with its temporary; in three steps where the file system cannot in one. */
static bool exchange(const struct place *place, struct error *err)
{
    if (renameat2(place->dir, place->name, place->temporary_dir, place->temporary,
                  RENAME_EXCHANGE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return error_set_errno(err, "replace %s", place->name);
    char spare[NAME_ROOM];
    spare_name(place, spare);
    return move(place->dir, place->name, place->temporary_dir, spare, err) &&
           move(place->temporary_dir, place->temporary, place->dir, place->name, err) &&
           move(place->temporary_dir, spare, place->temporary_dir, place->temporary, err);
}

bool journal_switch(const struct journal_entry *entry, struct error *err)
{
    if (entry->kind == CHANGE_MAKE_DIR || entry->kind == CHANGE_DROP_DIR)
        return true;
    CLEANUP(place_close) struct place place = { -1, -1, NULL, NULL };
    if (!place_open(entry, &place, err))
        return false;
    bool ok = entry->kind == CHANGE_DROP
                  ? move(place.dir, place.name, place.temporary_dir, place.temporary, err)
              : entry->replaces
                  ? exchange(&place, err)
                  : move(place.temporary_dir, place.temporary, place.dir, place.name, err);
    return ok && file_sync(place.dir, err) &&
           (place.temporary_dir < 0 || file_sync(place.temporary_dir, err));
}

/*
 * Whether a failure comes from what others have put, moved or taken away since. Trying again
 * changes nothing then, and recovery leaves that name; anything else (no space, no permission, a
 * disk that fails) may pass, and the journal stays for it.
 */
static bool is_others_doing(const struct error *err)
{
    switch (err->sys) {
    case EEXIST:
    case ENOTEMPTY:
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EBUSY: /* something is mounted on it */
    case EXDEV:
        return true;
    default:
        return false;
    }
}

static uint64_t mtime_ns(const struct stat *st)
{
    return (uint64_t)st->st_mtim.tv_sec * 1000000000U + (uint64_t)st->st_mtim.tv_nsec;
}

void journal_stamp(struct journal_entry *entry, const struct stat *st)
{
    entry->inode = st->st_ino;
    if (entry->kind == CHANGE_PUT_TREE) /* its own size and time say nothing of what is in it */
        return;
    entry->size = (uint64_t)st->st_size;
    entry->mtime_ns = mtime_ns(st);
}

/* The file that was made keeps its inode when somebody writes into it. */
static bool is_as_made(const struct journal_entry *entry, const struct stat *st)
{
    return !entry->mtime_ns ||
           (entry->size == (uint64_t)st->st_size && entry->mtime_ns == mtime_ns(st));
}

/* Keeps what has no place any more beside it. */
static bool set_aside(const struct journal_entry *entry, const struct place *place,
                      const char *name, const char *what, struct error *err)
{
    char saved[NAME_ROOM], tail[8] = "";
    for (int i = 2; i <= SAVED_MAX; i++) {
        (void)snprintf(saved, NAME_ROOM, "%.*s.nono-saved%s", SAVED_NAME_MAX, place->name, tail);
        (void)snprintf(tail, sizeof(tail), "-%d", i);
        if (move(place->temporary_dir, name, place->dir, saved, err)) {
            journal_say(entry->root, entry->path, what, saved);
            return true;
        }
        if (err->sys != EEXIST)
            return false;
    }
    return false;
}

/*
 * Deletes what lies beside the place when it is the very file that was made, untouched. What was
 * there before goes back, and nothing that somebody else may have written is lost: it is set aside.
 */
static bool settle(const struct journal_entry *entry, const struct place *place, const char *name,
                   struct error *err)
{
    struct stat st;
    if (fstatat(place->temporary_dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || error_set_errno(err, "stat %s", name);
    bool made = entry->kind != CHANGE_DROP && (!entry->inode || st.st_ino == entry->inode);
    if (made && is_as_made(entry, &st))
        return tree_remove(place->temporary_dir, name, err);
    if (made) {
        return set_aside(entry, place, name,
                         "as it was before an interrupted change; "
                         "what was written to it since is kept beside it as ",
                         err);
    }
    if (move(place->temporary_dir, name, place->dir, place->name, err))
        return true;
    return err->sys == EEXIST && set_aside(entry, place, name,
                                           "made anew since an interrupted change, and left; "
                                           "what it was before is kept beside it as ",
                                           err);
}

/* Takes away what was made, if that is what stands in the place, for what was there before. */
static bool take_out(const struct journal_entry *entry, const struct place *place,
                     const char *spare, struct error *err)
{
    if (entry->inode == 0 || inode_of(place->dir, place->name) != entry->inode)
        return true;
    if (!inode_of(place->temporary_dir, place->temporary)) {
        if (!entry->replaces || inode_of(place->temporary_dir, spare))
            return move(place->dir, place->name, place->temporary_dir, place->temporary, err);
        errno = ENOENT; /* somebody tidied up: what stands there is all there is */
        return error_set_errno(err, "what it was before, %s", place->temporary);
    }
    if (renameat2(place->dir, place->name, place->temporary_dir, place->temporary,
                  RENAME_EXCHANGE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return error_set_errno(err, "put back %s", place->name);
    return move(place->dir, place->name, place->temporary_dir, spare, err);
}

/* Each step may have been done before, by a recovery that was killed in its turn. */
static bool place_undo(const struct journal_entry *entry, const struct place *place,
                       struct error *err)
{
    char spare[NAME_ROOM];
    spare_name(place, spare);
    struct error stuck;
    bool out = take_out(entry, place, spare, &stuck);
    if (out || is_others_doing(&stuck)) {
        if (!settle(entry, place, place->temporary, err) || !settle(entry, place, spare, err))
            return false;
    }
    if (!out)
        *err = stuck;
    return out;
}

bool journal_undo(const struct journal_entry *entry, struct error *err)
{
    if (entry->kind == CHANGE_DROP_DIR)
        return true;
    CLEANUP(place_close) struct place place = { -1, -1, NULL, NULL };
    bool open = place_open(entry, &place, err);
    if (entry->kind == CHANGE_MAKE_DIR) { /* an empty folder that stays does no harm */
        if (open)
            (void)unlinkat(place.dir, place.name, AT_REMOVEDIR);
        return true;
    }
    if (!open && err->kind == ERROR_NOT_FOUND) /* its folder was never made */
        return true;
    if (open && place_undo(entry, &place, err))
        return true;
    if (!is_others_doing(err))
        return error_prefix(err, "%s/%s", entry->root, entry->path);
    journal_say(entry->root, entry->path,
                "not as it was before an interrupted change: ", err->message);
    return true;
}

bool journal_tidy(const struct journal_entry *entry, struct error *err)
{
    CLEANUP(place_close) struct place place = { -1, -1, NULL, NULL };
    bool open = place_open(entry, &place, err);
    if (entry->kind == CHANGE_DROP_DIR && open) /* what is in it, or mounted on it, keeps it */
        (void)unlinkat(place.dir, place.name, AT_REMOVEDIR);
    if (!entry->temporary || (!open && err->kind == ERROR_NOT_FOUND))
        return true;
    return open && tree_remove(place.temporary_dir, place.temporary, err);
}
