/*
 * Paths without links, the usual case: found by one system call each. paths.c takes the long way
 * for the others.
 */
#pragma once

#include <limits.h>

#include "sandbox/linux/listing.h"
#include "sandbox/policy/paths.h"

#define PLAIN_FOLDERS     8
#define PLAIN_LINKS_MAX   4   /* symbolic links that are followed here */
#define PLAIN_LOOKS       4   /* for names in a folder, before what it has is read */
#define PLAIN_FOLDER_SIZE 256 /* longer ones are not remembered */

/*
 * The folders of the paths before: their neighbours are then looked up from a descriptor. For a run
 * of look-ups close to each other in time; what is remembered is an object, so it cannot come to
 * mean another. The context of linux_path_ops, or NULL for none.
 */
struct plain_cache {
    struct plain_folder {
        char path[PLAIN_FOLDER_SIZE]; /* no string: len bytes */
        size_t len;                   /* 0 at first */
        int fd;                       /* -1: not opened yet, or not there */
        size_t known;                 /* of one that is not there, how much of it is; else 0 */
        unsigned looks;               /* for names in it */
        bool listed;
        struct listing names; /* when listed */
    } folders[PLAIN_FOLDERS];
    unsigned next; /* to be given up */
};

void plain_cache_init(struct plain_cache *cache);
void plain_cache_clear(struct plain_cache *cache);

/* O_PATH, no link on the way; -1 and errno. */
int plain_open(const char *path);
/* What fstat says of a descriptor. */
bool plain_fill(struct path_found *found, int fd, struct error *err) MUST_CHECK;

/* False: not plain but for links at its end, or out of memory; the long way tells. With look the
 * descriptor is not wanted, and may be -1. */
bool plain_resolve(struct plain_cache *cache, const char *path, bool look, struct arena *arena,
                   struct path_found *out);
