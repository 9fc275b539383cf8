/*
 * Looking at a folder on the disk: every entry's facts, and the digest of its content, read only
 * when the last look (cache.h) does not know it. With a store, contents are added to it.
 *
 * The placeholders of runs (sandbox/policy/placeholder.h) are no part of a snapshot. A look without
 * a store marks those that a run stands on, and takes the others for the files that they are.
 */
#pragma once

#include "sandbox/snapshot/node.h"
#include "sandbox/snapshot/scope.h"
#include "sandbox/snapshot/store.h"

/* A file changed less than this before the look may have changed again within the same tick of its
 * clock: it is read again next time. Two seconds is the coarsest clock of a file system. */
#define SCAN_TICK_NS ((int64_t)2000000000)

struct scan {
    /* in */
    struct arena *arena; /* the nodes' */
    const struct scope *scope;
    struct snapshot_store *store; /* begun; NULL: digests alone */
    const struct node *old;       /* the last look, or NULL */
    int64_t old_taken_ns;         /* when it began */
    const struct node *want;      /* what the outcome is for comparing with, or NULL */
    /* out */
    struct node root; /* a folder without a name */
    int64_t taken_ns;
    uint64_t files, folders, links, bytes, left_out, files_read;
    struct list notes; /* const char *, at most LIMIT_SNAPSHOT_NOTES */
};

/*
 * fd is the folder; it stays open. With want, nothing in the folder makes the look fail or long: a
 * file is read only when want has one of its size there, and what is not or cannot be read has a
 * digest that no content has; folders that keep their owner out are opened up for as long as they
 * are looked at; what is nested too deep is marked, and not looked into. Only a folder of somebody
 * else's that cannot be opened, and too many entries, still fail.
 */
bool scan_run(struct scan *scan, int fd, struct error *err) MUST_CHECK;
