/*
 * The one door from policy to the file system. sandbox/linux/paths.c is the real one; tests have
 * a table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define PATH_LINKS_MAX   40 /* as the kernel's own limit */
#define PATH_CROSSED_MAX 128

struct path_id {
    dev_t dev;
    ino_t ino;
};

static inline bool path_id_equal(struct path_id a, struct path_id b)
{
    return a.ino == b.ino && a.dev == b.dev;
}

/* A canonical folder that was gone through and left: a symbolic link's, or one a ".." went up from.
 */
struct path_crossed {
    char *folder;
    bool by_link;
    char *link; /* the link itself, or NULL */
};

struct path_found {
    char *path; /* canonical: absolute, no link, no "." or ".."; of a missing one, where it would be
                 */
    bool exists;
    size_t known;    /* bytes of path that exist: all of it, or a folder's; or, */
    bool below_file; /* a file's, below which there can be nothing */
    bool closed;     /* somebody else's folder, which we may not search: nor may the program */
    int fd;          /* O_PATH, close-on-exec; -1 when it does not exist */
    struct path_id id;
    bool is_dir, is_device;
    nlink_t links; /* hard links of a file */
    struct path_crossed *crossed;
    size_t crossed_count;
    bool by_process; /* by a link of /proc that leads where some process is: its root, what it has
                      * open. Not by one of our standard streams, which the program gets */
};

/* Of a canonical path: whether it is in the folder of a process, the links in which are such. */
bool path_is_of_process(const char *path);

/* Closes fd. */
void path_found_clear(struct path_found *found);

struct path_ops {
    void *context;
    /*
     * Resolves once, component by component; fd is what was found, so nothing is looked up again.
     * Success when the last components are missing, or behind a folder that is closed. Fails on a
     * loop, or a folder of one's own without search permission, which the program could open. What
     * *out points to lies in arena; the caller closes its fd.
     */
    bool (*resolve)(void *context, const char *path, struct arena *arena, struct path_found *out,
                    struct error *err);
    /* As resolve, for who needs no descriptor: out->fd is -1. */
    bool (*look)(void *context, const char *path, struct arena *arena, struct path_found *out,
                 struct error *err);
    /* Tells of a look before the first, so that what lies side by side is found together; or NULL.
     */
    void (*expect)(void *context, const char *path);
    /* False when there is nothing at a canonical path. */
    bool (*identify)(void *context, const char *path, struct path_id *out);
    /* Calls entry for each name in a folder, without "." and ".."; stops at its first false. */
    bool (*list)(void *context, const char *path, bool (*entry)(void *data, const char *name),
                 void *data, struct error *err);
};

/* Whether path is root or below it, by components. Both canonical. */
bool path_within(const char *path, const char *root);
/* Strictly below. */
bool path_below(const char *path, const char *root);
