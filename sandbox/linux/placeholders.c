#include "sandbox/linux/placeholders.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/policy/memory.h"

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
            else if (st.st_size == 0)
                (void)unlink(path);
        }
        free(placeholders->items[i].path);
    }
    free(placeholders->items);
    *placeholders = (struct placeholders){ 0 };
}

static bool item_add(struct placeholders *placeholders, const char *path, bool is_dir,
                     struct path_id *out_id, struct error *err)
{
    struct stat st;
    CLEANUP(freep) char *copy = strdup(path);
    if (!copy ||
        !memory_grow(&placeholders->items, placeholders->count, sizeof(*placeholders->items), err))
        return copy ? false : memory_none(err);
    if (lstat(path, &st) < 0)
        return error_set_errno(err, "%s", path);
    *out_id = (struct path_id){ .dev = st.st_dev, .ino = st.st_ino };
    size_t at = placeholders->count++;
    placeholders->items[at].path = STEAL(copy);
    placeholders->items[at].id = *out_id;
    placeholders->items[at].is_dir = is_dir;
    return true;
}

/* Names in the existing folder are looked up without following a link at the end; the folder itself
 * was resolved, and the mounts check what they stand on. */
static bool folder_make(struct placeholders *placeholders, const char *path, struct error *err)
{
    struct path_id id;
    if (mkdir(path, 0755) < 0)
        return errno == EEXIST || error_set_errno(err, "mkdir %s", path);
    return item_add(placeholders, path, true, &id, err);
}

static bool file_make(struct placeholders *placeholders, struct plan_mask *mask, struct error *err)
{
    CLEANUP(closep)
    int fd = open(mask->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0)
        return error_set_errno(err, "a placeholder at %s", mask->path);
    if (!item_add(placeholders, mask->path, false, &mask->id, err))
        return false;
    mask->exists = true;
    mask->access = NONO_ALL; /* whatever it was that may not be done with what is not there */
    mask->known = strlen(mask->path);
    return true;
}

static bool mask_make(struct placeholders *placeholders, struct plan_mask *mask, struct error *err)
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
    return file_make(placeholders, mask, err);
}

bool placeholders_make(struct plan *plan, struct placeholders *out, struct error *err)
{
    CLEANUP(placeholders_clear) struct placeholders made = { 0 };
    for (size_t i = 0; i < plan->mask_count; i++) {
        struct plan_mask *mask = &plan->masks[i];
        if (mask->in_grant && !mask->exists && !mask_make(&made, mask, err))
            return error_prefix(err, "deny %s", mask->path);
    }
    *out = made;
    made = (struct placeholders){ 0 };
    return true;
}
