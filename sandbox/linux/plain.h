/*
 * Paths without links, the usual case: found by one system call each. paths.c takes the long way
 * for the others.
 */
#pragma once

#include <limits.h>

#include "sandbox/linux/listing.h"
#include "sandbox/policy/paths.h"

#define PLAIN_FOLDERS     8
#define PLAIN_LINKS_MAX   4 /* symbolic links that are followed here */
#define PLAIN_LOOKS       8 /* in one folder: as many take longer than reading what it has */
#define PLAIN_PLACES      32
#define PLAIN_FOLDER_SIZE 256 /* longer ones are not remembered */
#define PLAIN_PATH_MAX    512 /* longer ones, and what links lead to, take the long way */

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
        bool looked_in, listed;
        struct listing names; /* when listed */
    } folders[PLAIN_FOLDERS];
    unsigned next; /* to be given up */
    /* How many looks are to come, by a hash of the folder. Two that share a place are both taken
     * for larger. */
    unsigned char expected[PLAIN_PLACES];
};

void plain_cache_init(struct plain_cache *cache);
void plain_cache_clear(struct plain_cache *cache);
/* That there will be a look for the path. */
void plain_expect(struct plain_cache *cache, const char *path);

/* O_PATH, no link on the way; -1 and errno. */
int plain_open(const char *path);
/* What fstat says of a descriptor. */
bool plain_fill(struct path_found *found, int fd, struct error *err) MUST_CHECK;

/* False: not plain but for links at its end, or out of memory; the long way tells. With look the
 * descriptor is not wanted, and may be -1. */
bool plain_resolve(struct plain_cache *cache, const char *path, bool look, struct arena *arena,
                   struct path_found *out);
