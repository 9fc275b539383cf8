/* Reading the content of files and links from the disk, into the store when there is one. */
#pragma once

#include <sys/stat.h>

#include "sandbox/snapshot/node.h"
#include "sandbox/snapshot/store.h"

struct content {
    struct snapshot_store *store; /* or NULL */
    unsigned char *buffer;
};

void content_init(struct content *content, struct snapshot_store *store);
void content_clear(struct content *content);

/*
 * Fills a node's facts, size and digest from the file dir/name. *steady is false when the file
 * changed while it was read, again and again; what was read is then taken, and ctime_ns is 0. What
 * is no regular file (any more) fails as ENOTDIR.
 */
bool content_file(struct content *content, int dir, struct node *node, bool *steady,
                  struct error *err) MUST_CHECK;
bool content_link(struct content *content, int dir, struct node *node, struct error *err)
    MUST_CHECK;
