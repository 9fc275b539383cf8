/*
 * The permissions summary: what a profile asks for, in a form that people and programs can compare.
 *
 * It is derived from a resolved profile, best from one that was loaded without a platform, so that
 * it shows every condition and nothing of the machine it was made on. It leaves out what the
 * built-in `default` and its groups give to every program. The same document feeds the consent of
 * `nono pull`, the registry's pages, the difference between two versions and an organisation's
 * ceiling. docs/formats/permissions.md describes it.
 */
#pragma once

#include "lib/profile/profile.h"

struct permission_path {
    const char *path;   /* as the author wrote it */
    const char *when;   /* NULL: always */
    const char *reason; /* the group or base profile it comes from; NULL: the document itself */
};

struct permission_host {
    const char *host; /* as written: "*.example.org", "example.org:443/v1/" */
    const char *when;
};

struct permission_hook {
    const char *event;  /* "before", "after" */
    const char *script; /* runs outside the sandbox */
};

struct permissions {
    uint64_t schema_version;                /* 1 */
    struct list read, write, execute, deny; /* struct permission_path; write does not imply read */
    int execute_mode;                       /* enum permissions_execute */
    int network;                            /* enum profile_network */
    int environment_mode;                   /* enum permissions_environment */
    struct list unprotected; /* const char *: groups of `default` that protect, and do not hold */
    struct list hosts, denied_hosts; /* struct permission_host */
    struct list ports;               /* const char *: "connect 5432", "listen 8000-8010" */
    struct list bypass;              /* struct permission_path: protections that it lifts */
    struct list sockets;             /* struct permission_path */
    struct list credentials;         /* const char *: services, key stores */
    struct list hooks;               /* struct permission_hook */
    struct list environment;         /* const char *: "pass HOME", "set CI", "drop AWS_*" */
    struct list extends, groups;     /* const char * */
    const char *workdir;             /* "none", "read", "write", "readwrite" */
    struct list other;               /* const char *: what else it asks, not held yet */
};

enum permissions_execute { PERMISSIONS_EXECUTE_READABLE, PERMISSIONS_EXECUTE_LISTED };
enum permissions_environment { PERMISSIONS_ENVIRONMENT_USUAL, PERMISSIONS_ENVIRONMENT_LISTED };

/* Its documents: record_encode, record_decode, json_encode. */
extern const struct record permissions_record;

/* Lists live in arena; text is the profile's. */
void permissions_of(const struct profile *profile, struct arena *arena, struct permissions *out);

/*
 * What a document asks wherever it may run, with every condition; what platform_overrides say anew
 * counts for each system, and the widest of it for all. env has no platform. name NULL: what a
 * table of groups gives to others; text NULL: the profile is loaded by its name.
 */
bool permissions_ask(const struct profile_env *env, const char *name,
                     const struct profile_text *text, struct arena *arena, struct permissions *out,
                     struct error *err) MUST_CHECK;

/*
 * Makes all what either asks: what a pack with both asks. all begins as { 0 }; both are of
 * permissions_of or permissions_ask. What is denied or dropped narrows one profile alone, so a
 * union has none of it; it holds a text twice where both ask for it. TOO_LARGE when it comes to
 * over LIMIT_PERMISSIONS.
 */
bool permissions_widen(struct permissions *all, const struct permissions *one, struct arena *arena,
                       struct error *err) MUST_CHECK;

enum permission_risk { PERMISSION_PLAIN, PERMISSION_NOTABLE, PERMISSION_GRAVE };

struct permission_line {
    int risk;         /* enum permission_risk */
    const char *area; /* "files", "network", "programs", "environment", "credentials", "hooks" */
    const char *text; /* "may read and change $HOME/.claude" */
};
extern const struct record permission_line_record;

/* In plain words, gravest first. struct permission_line. */
void permissions_words(const struct permissions *permissions, struct arena *arena,
                       struct list *out);

struct permission_change {
    bool widened; /* more than before */
    const char *area;
    const char *text; /* "may now connect to example.org" */
};
extern const struct record permission_change_record;

/* What a new version asks that the old did not, and the reverse. Widened ones first. */
void permissions_diff(const struct permissions *before, const struct permissions *after,
                      struct arena *arena, struct list *out);
