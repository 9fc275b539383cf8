/*
 * Paths without links, the usual case: found by one system call each. paths.c takes the long way
 * for the others.
 */
#pragma once

#include <limits.h>

#include "sandbox/policy/paths.h"

/*
 * The folder of the path before: neighbours are then looked up from its descriptor. For a run of
 * look-ups close to each other in time; what is remembered is an object, so it cannot come to mean
 * another. The context of linux_path_ops, or NULL for none.
 */
struct plain_cache {
    char folder[PATH_MAX]; /* "" at first */
    int fd;                /* of folder once it was asked for twice; -1 */
    size_t known;          /* of a folder that is not there, how much of it is; else 0 */
};

void plain_cache_init(struct plain_cache *cache);
void plain_cache_clear(struct plain_cache *cache);

/* Absolute, without ".", ".." and "//": canonical if it holds no link. */
bool plain_is(const char *path);
/* O_PATH, no link on the way; -1 and errno. */
int plain_open(const char *path);
/* What fstat says of a descriptor. */
bool plain_fill(struct path_found *found, int fd, struct error *err) MUST_CHECK;

/* False: not plain, or out of memory; the long way tells. */
bool plain_resolve(struct plain_cache *cache, const char *path, struct path_found *out);
