#include "sandbox/linux/placeholders.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/policy/memory.h"
#include "sandbox/policy/placeholder.h"

static bool is_placeholder(const struct stat *st)
{
    return placeholder_is(st) && st->st_uid == geteuid();
}

bool placeholders_have(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && is_placeholder(&st);
}

static bool same_object(const char *path, struct path_id id, struct stat *st)
{
    return lstat(path, st) == 0 && st->st_ino == id.ino && st->st_dev == id.dev;
}

void placeholders_clear(struct placeholders *placeholders)
{
    struct stat st;
    for (size_t i = placeholders->count; i-- > 0;) {
        const char *path = placeholders->items[i].path;
        if (same_object(path, placeholders->items[i].id, &st)) {
            if (placeholders->items[i].is_dir)
                (void)rmdir(path); /* stays if somebody has put something there */
            else if (is_placeholder(&st) &&
                     flock(placeholders->items[i].fd, LOCK_EX | LOCK_NB) == 0)
                (void)unlink(path);
        }
        closep(&placeholders->items[i].fd);
    }
    *placeholders = (struct placeholders){ 0 };
}

/* fd is taken, and tells a file. */
static bool item_add(struct placeholders *placeholders, const char *path, int fd,
                     struct path_id *out_id, struct error *err)
{
    CLEANUP(closep) int owned = fd;
    struct stat st;
    char *copy;
    if (!memory_copy(placeholders->arena, path, strlen(path), &copy, err) ||
        !memory_grow(placeholders->arena, &placeholders->items, placeholders->count,
                     sizeof(*placeholders->items), err))
        return false;
    if (lstat(path, &st) < 0)
        return error_set_errno(err, "%s", path);
    *out_id = (struct path_id){ .dev = st.st_dev, .ino = st.st_ino };
    size_t at = placeholders->count++;
    placeholders->items[at].path = copy;
    placeholders->items[at].id = *out_id;
    placeholders->items[at].is_dir = fd < 0;
    placeholders->items[at].fd = STEAL_FD(owned);
    return true;
}

/* Whether the program, which is no other user than we, cannot make it so much as we: its folder is
 * on what is mounted to be read, or is somebody else's, who alone could open it. */
static bool cannot_be_made(const struct plan_mask *mask)
{
    CLEANUP(freep) char *folder = strndup(mask->path, mask->known ? mask->known : 1);
    struct stat st;
    if (!folder || faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0)
        return false;
    return errno == EROFS || (errno == EACCES && stat(folder, &st) == 0 && st.st_uid != geteuid());
}

void placeholders_spare(struct plan *plan)
{
    plan->has_overlap = false;
    for (size_t i = 0; i < plan->mask_count; i++) {
        struct plan_mask *mask = &plan->masks[i];
        if (mask->in_grant && !mask->exists && cannot_be_made(mask)) {
            mask->in_grant = mask->in_writable = false;
            plan->has_absent = true;
        }
        plan->has_overlap |= mask->in_grant;
    }
}

/* Names in the existing folder are looked up without following a link at the end; the folder itself
 * was resolved, and the mounts check what they stand on. */
static bool folder_make(struct placeholders *placeholders, const char *path, struct error *err)
{
    struct path_id id;
    if (mkdir(path, placeholders ? 0755 : 0700) < 0)
        return errno == EEXIST || error_set_errno(err, "mkdir %s", path);
    return !placeholders || item_add(placeholders, path, -1, &id, err);
}

/* What is missing on the way to a mask. Without placeholders it is there to stay. */
static bool way_make(struct placeholders *placeholders, const struct plan_mask *mask,
                     struct error *err)
{
    CLEANUP(freep) char *path = strdup(mask->path);
    if (!path)
        return memory_none(err);
    for (char *slash = strchr(path + mask->known + (mask->known > 1), '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool ok = folder_make(placeholders, path, err);
        *slash = '/';
        if (!ok)
            return false;
    }
    return true;
}

/* Whatever it was that may not be done with what is not there. */
static void mask_stands(struct plan_mask *mask)
{
    mask->exists = true;
    mask->access = NONO_ALL;
    mask->known = strlen(mask->path);
}

static bool file_make(struct placeholders *placeholders, struct plan_mask *mask, struct error *err)
{
    CLEANUP(closep)
    int fd =
        open(mask->path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PLACEHOLDER_MODE);
    if (fd < 0 || fchmod(fd, PLACEHOLDER_MODE) < 0 || flock(fd, LOCK_SH) < 0)
        return error_set_errno(err, "a placeholder at %s", mask->path);
    if (!item_add(placeholders, mask->path, STEAL_FD(fd), &mask->id, err))
        return false;
    mask_stands(mask);
    return true;
}

/* Another run's, or what is left of one. */
static bool file_join(struct placeholders *placeholders, struct plan_mask *mask, struct error *err)
{
    struct stat st;
    CLEANUP(closep) int fd = open(mask->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_SH) < 0)
        return error_set_errno(err, "the placeholder at %s", mask->path);
    if (!same_object(mask->path, mask->id, &st) || !is_placeholder(&st))
        return error_set(err, CONFLICT,
                         "another run has just taken its placeholder away: try again");
    if (!item_add(placeholders, mask->path, STEAL_FD(fd), &mask->id, err))
        return false;
    mask_stands(mask);
    return true;
}

static bool mask_keep(struct plan_mask *mask, struct error *err)
{
    struct stat st;
    if (!way_make(NULL, mask, err) || !folder_make(NULL, mask->path, err))
        return false;
    if (lstat(mask->path, &st) < 0 || !S_ISDIR(st.st_mode))
        return error_set(err, CONFLICT, "%s is no folder", mask->path);
    mask->id = (struct path_id){ .dev = st.st_dev, .ino = st.st_ino };
    mask->is_dir = mask->exists = true;
    mask->known = strlen(mask->path);
    return true;
}

bool placeholders_keep_folders(struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->mask_count; i++) {
        struct plan_mask *mask = &plan->masks[i];
        if (mask->keeps && mask->in_grant && !mask->exists && !mask_keep(mask, err))
            return error_prefix(err, "deny %s", mask->path);
    }
    return true;
}

bool placeholders_make(struct plan *plan, struct placeholders *out, struct error *err)
{
    CLEANUP(placeholders_clear) struct placeholders made = { .arena = plan->arena };
    for (size_t i = 0; i < plan->mask_count; i++) {
        struct plan_mask *mask = &plan->masks[i];
        bool absent = mask->in_grant && !mask->exists;
        bool shared = mask->in_grant && mask->exists && placeholders_have(mask->path);
        bool made_now = absent && way_make(&made, mask, err) && file_make(&made, mask, err);
        if ((absent && !made_now) || (shared && !file_join(&made, mask, err)))
            return error_prefix(err, "deny %s", mask->path);
    }
    *out = made;
    made = (struct placeholders){ 0 };
    return true;
}
