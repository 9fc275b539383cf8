/*
 * Capability sets: what a caller asked for, as it was said. They know no file system; plan.h looks
 * at what is really there. Allocation is checked, because the set lives in other people's programs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "sandbox/include/nono.h"

#define CAPS_PATHS_MAX 4096 /* grants, and denies */
#define CAPS_HOSTS_MAX 4096 /* allowed, and denied */

#define CAPS_FOLDER (1U << 16) /* of a deny: see caps_deny_folder */

struct caps_path {
    const char *path;
    unsigned access;    /* NONO_READ ... */
    unsigned flags;     /* NONO_OPTIONAL, NONO_FILE, CAPS_FOLDER */
    const char *source; /* who asked: "--read", "profile claude-code"; never NULL */
};

struct caps_paths {
    struct caps_path *items;
    size_t count;
    size_t source_size; /* of the last one's, with its NUL */
};

struct caps_hosts {
    const char **items; /* rules as host_rules.h reads them */
    size_t count;
};

struct nono_caps {
    struct caps_paths grants, denies;
    enum nono_network network;
    struct caps_hosts allowed, denied;
    bool scope_open[2];  /* by enum nono_scope */
    struct arena *arena; /* of all of this */
};

/* NULL without memory. */
struct nono_caps *caps_new(void);
void caps_free(struct nono_caps *caps);
DEFINE_CLEANUP(struct nono_caps *, caps_free)

/* Text is copied. INVALID for an empty path, unknown bits, or too many. */
bool caps_allow(struct nono_caps *caps, const char *path, unsigned access, unsigned flags,
                const char *source, struct error *err) MUST_CHECK;
bool caps_deny(struct nono_caps *caps, const char *path, unsigned access, const char *source,
               struct error *err) MUST_CHECK;

/* One that is made, and stays, when it is not there and could be made from inside: whose folder it
 * is will want it, and could do nothing with a placeholder in its place. */
bool caps_deny_folder(struct nono_caps *caps, const char *path, unsigned access, const char *source,
                      struct error *err) MUST_CHECK;

/* A rule of host_rules.h, judged here already. */
bool caps_allow_host(struct nono_caps *caps, const char *host, struct error *err) MUST_CHECK;
bool caps_deny_host(struct nono_caps *caps, const char *host, struct error *err) MUST_CHECK;
