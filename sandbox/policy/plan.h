/*
 * A plan: a capability set laid over the file system as it is. What the kernel will be told, what
 * `why` answers and what a refusal is explained with are all read from the same plan.
 *
 * A node is a grant on an object that was opened once and is known by device and inode, as the
 * kernel's own rules are. A mask is a denied path inside a granted tree; the links on the way to
 * one, and a file where it would need a folder, are masked against writing. Landlock can only
 * allow, so a mask is held by one of two methods: a mount over the path, or granting the siblings
 * of everything on the way to it instead of the tree.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sandbox/policy/caps.h"
#include "sandbox/policy/paths.h"

#define PLAN_NODES_MAX 16384 /* after splitting */

enum plan_method {
    PLAN_MOUNT, /* a mount namespace hides masks */
    PLAN_SPLIT, /* siblings are granted; folders on the way can be neither listed nor added to */
};

struct plan_node {
    char *path; /* canonical */
    size_t len; /* of path */
    int fd;     /* O_PATH */
    struct path_id id;
    bool is_dir, is_device;
    bool apart; /* neither above nor below any mask */
    unsigned access;
    const char *source; /* the set's */
    const char *own;    /* in /proc of the process that planned: the part of path behind its id, to
                           be granted of whoever is confined; else NULL */
};

struct plan_mask {
    char *path; /* canonical */
    size_t len; /* of path */
    bool exists;
    size_t known; /* bytes of path that exist */
    bool is_dir;
    bool keeps; /* it is made as a folder, which stays, when it is not there */
    struct path_id id;
    unsigned access;    /* what is taken away */
    bool in_grant;      /* a grant above would give it: something must be done */
    bool in_writable;   /* and that grant could make it, if it does not exist */
    const char *source; /* the set's */
};

/* A folder that may not be renamed, because a mask below it is held by path. */
struct plan_pin {
    char *path;
    struct path_id id;
};

struct plan {
    const struct nono_caps *caps;
    struct arena *arena; /* of all below */
    struct plan_node *nodes;
    size_t node_count;
    struct plan_mask *masks;
    size_t mask_count;
    uint64_t mask_marks[4]; /* a bit for what the paths of masks end in */
    struct plan_pin *pins;  /* outermost first */
    size_t pin_count;
    const struct caps_path **skipped; /* optional grants with nothing there */
    size_t skipped_count;
    bool all_apart;   /* no node touches a mask */
    bool has_overlap; /* some mask is in_grant: method is what holds it */
    enum plan_method method;
    bool has_absent;         /* some mask in a tree that is only read does not exist */
    const char *hard_linked; /* a denied file that has other names; NULL: none */
};

/*
 * Resolves and checks. The set must outlive the plan. Fails with NOT_FOUND for a missing grant that
 * is not optional, DENIED for one that a link in a tree the program may write leads out of that
 * tree, INVALID for a folder where a file was meant.
 */
bool plan_make(const struct nono_caps *caps, const struct path_ops *ops, struct plan *out,
               struct error *err) MUST_CHECK;

/*
 * Chooses how masks are held. PLAN_SPLIT replaces nodes; PLAN_MOUNT works out the pins. Once, after
 * plan_make, and only when has_overlap.
 */
bool plan_hold(struct plan *plan, enum plan_method method, const struct path_ops *ops,
               struct error *err) MUST_CHECK;

/* Closes the descriptors of the nodes, which the ruleset is made from. */
void plan_close(struct plan *plan);
void plan_clear(struct plan *plan);

/* For plan_split.c: path lies in the plan's arena; takes over fd in every case. */
bool plan_add_node(struct plan *plan, struct plan_node *node, struct error *err) MUST_CHECK;
bool plan_split(struct plan *plan, const struct path_ops *ops, struct error *err) MUST_CHECK;
