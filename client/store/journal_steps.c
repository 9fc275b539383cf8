#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "client/store/journal_file.h"
#include "lib/base/calls.h"
#include "lib/base/cleanup.h"
#include "lib/base/files.h"

#define NAME_ROOM 512

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
    if (inode_of(to_dir, to)) /* a file system without NOREPLACE; the lock is held */
        return error_set(err, CONFLICT, "rename to %s: something is there", to);
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

/* Back from between the three steps of exchange. */
static bool spare_restore(const struct place *place, ino_t made, struct error *err)
{
    char spare[NAME_ROOM];
    spare_name(place, spare);
    if (!inode_of(place->temporary_dir, spare))
        return true;
    if (made && inode_of(place->dir, place->name) == made &&
        !move(place->dir, place->name, place->temporary_dir, place->temporary, err))
        return false;
    return move(place->temporary_dir, spare, place->dir, place->name, err);
}

/* What stands in its place is ours only when it is the very file that was made for it. */
static bool put_undo(const struct journal_entry *entry, const struct place *place,
                     struct error *err)
{
    if (entry->inode == 0 || inode_of(place->dir, place->name) != entry->inode)
        return true;
    if (entry->replaces)
        return exchange(place, err);
    return move(place->dir, place->name, place->temporary_dir, place->temporary, err);
}

bool journal_undo(const struct journal_entry *entry, struct error *err)
{
    CLEANUP(place_close) struct place place = { -1, -1, NULL, NULL };
    if (!place_open(entry, &place, err)) /* its folder was never made */
        return err->kind == ERROR_NOT_FOUND;
    if (entry->kind == CHANGE_DROP_DIR)
        return true;
    if (entry->kind == CHANGE_MAKE_DIR) {
        if (unlinkat(place.dir, place.name, AT_REMOVEDIR) == 0 || errno == ENOENT ||
            errno == ENOTEMPTY)
            return true;
        return error_set_errno(err, "remove %s", place.name);
    }
    if (entry->kind == CHANGE_DROP)
        return !inode_of(place.temporary_dir, place.temporary) ||
               move(place.temporary_dir, place.temporary, place.dir, place.name, err);
    if (!spare_restore(&place, entry->inode, err) || !put_undo(entry, &place, err))
        return false;
    return entry->kind == CHANGE_PUT_TREE || tree_remove(place.temporary_dir, place.temporary, err);
}

bool journal_tidy(const struct journal_entry *entry, struct error *err)
{
    CLEANUP(place_close) struct place place = { -1, -1, NULL, NULL };
    if (!place_open(entry, &place, err))
        return err->kind == ERROR_NOT_FOUND;
    if (entry->kind == CHANGE_DROP_DIR) /* somebody else's files keep it */
        return unlinkat(place.dir, place.name, AT_REMOVEDIR) == 0 || errno == ENOENT ||
               errno == ENOTEMPTY || error_set_errno(err, "remove %s", place.name);
    return !entry->temporary || tree_remove(place.temporary_dir, place.temporary, err);
}
