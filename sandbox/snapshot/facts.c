#include "sandbox/snapshot/facts.h"

static enum node_kind kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return NODE_FILE;
    case S_IFDIR:
        return NODE_FOLDER;
    case S_IFLNK:
        return NODE_LINK;
    case S_IFIFO:
        return NODE_FIFO;
    case S_IFSOCK:
        return NODE_SOCKET;
    case S_IFCHR:
        return NODE_CHARACTER;
    default:
        return NODE_BLOCK;
    }
}

void facts_take(const struct stat *st, struct node *node)
{
    node->kind = kind_of(st->st_mode);
    node->mode = st->st_mode & NODE_MODE_MASK;
    if (node->kind == NODE_LINK)
        node->mode = 0777; /* what Linux says of every link */
    node->uid = st->st_uid;
    node->gid = st->st_gid;
    node->mtime_ns = facts_time_ns(&st->st_mtim);
    node->ctime_ns = facts_time_ns(&st->st_ctim);
    node->ino = st->st_ino;
    node->size = node_has_content(node) ? (uint64_t)st->st_size : 0;
}
