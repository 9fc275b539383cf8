#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "sandbox/snapshot/folder.h"
#include "sandbox/snapshot/restore.h"

static bool entries_allow(struct restore *restore, int dir, const struct node *want,
                          const struct node *have, struct error *err);

/* A folder of ours is opened up where it must be. In a sticky one each may replace what is theirs.
 */
static bool folder_allows(int dir, const struct node *have, struct error *err)
{
    struct stat st;
    if (fstat(dir, &st) != 0)
        return error_set_errno(err, "stat");
    if (st.st_uid == geteuid())
        return true;
    if (faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return error_set_errno(err, "the folder is another's, and may not be changed");
    if (!have || !(st.st_mode & S_ISVTX) || have->uid == geteuid())
        return true;
    errno = EPERM;
    return error_set_errno(err, "it is another's, as its folder is");
}

/* Of the entry, and what is below it as it is now: what is new is made by us. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as a tree, which is bounded */
static bool entry_allows(struct restore *restore, int dir, const struct node *want,
                         const struct node *have, struct error *err)
{
    mode_t was;
    CLEANUP(closep) int fd = -1;
    bool replaced = !want || (want->action != ACTION_NONE && want->action != ACTION_FACTS);
    if (replaced && !folder_allows(dir, have, err))
        return false;
    if (!have || have->kind != NODE_FOLDER || have->beyond)
        return true;
    if (!folder_open_up(dir, have->name, FOLDER_LOOK, &fd, &was, err))
        return false;
    bool ok =
        entries_allow(restore, fd, want && want->kind == NODE_FOLDER ? want : NULL, have, err);
    folder_close_up(fd, FOLDER_LOOK, was);
    return ok;
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static bool entries_allow(struct restore *restore, int dir, const struct node *want,
                          const struct node *have, struct error *err)
{
    size_t i = 0, j = 0, want_count = want ? want->count : 0;
    while (i < have->count || j < want_count) {
        int order = i == have->count ? 1 : j == want_count ? -1 : 0;
        if (order == 0)
            order = strcmp(have->children[i].name, want->children[j].name);
        const struct node *left = order <= 0 ? &have->children[i++] : NULL;
        const struct node *right = order >= 0 ? &want->children[j++] : NULL;
        const struct node *named = right ? right : left;
        assert(named); /* one list at least was not at its end */
        size_t before;
        if (!named->changed)
            continue;
        if (!path_push(&restore->path, named, &before, err) ||
            !entry_allows(restore, dir, right, left, err))
            return false;
        path_pop(&restore->path, before);
    }
    return true;
}

bool changes_allowed(struct restore *restore, const struct node *want, const struct node *have,
                     struct error *err)
{
    restore->path.len = 0;
    restore->path.text[0] = '\0';
    return geteuid() == 0 || entries_allow(restore, restore->folder, want, have, err) ||
           error_prefix(err, "%s", restore->path.text);
}
