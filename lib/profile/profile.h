/*
 * Profiles: what a program may do, as its author wrote it and as it holds on this machine.
 *
 * Two dialects make one model. TOML and YAML are ours: nothing is allowed until it is named, the
 * network included; `write` implies `read`; without any `execute` list what may be read may be run,
 * with one only what it names. JSON(C) is the original's: `write` is write alone, `allow` is both,
 * `read` may be run, the network is open unless it is blocked or hosts are named.
 *
 * profile_load finds a document, its bases and its groups through struct profile_source, applies
 * them base first, drops what `when` excludes, expands variables and globs, and leaves a flat list
 * of grants and denies. It knows neither the client's folders nor the registry. The result is
 * plain data in the caller's arena. What a document asks and no part of this program can hold yet
 * stands in `unsupported`: whoever runs a program must refuse when that list is not empty.
 *
 * Faults are INVALID with "file:line:column: message" and a suggestion; a name that nobody has is
 * NOT_FOUND. docs/formats/profile.md describes the documents.
 */
#pragma once

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"
#include "lib/base/record.h"
#include "lib/profile/platform.h"

/*
 * The base of every profile that does not say `extends = []`. As a base the name is always the
 * built-in one's, and no pack's profile goes by it: else one pack would change what others mean.
 */
#define PROFILE_DEFAULT "default"

/* Whose platform_overrides there may be; NULL-terminated. */
extern const char *const profile_systems[];

enum profile_syntax { PROFILE_TOML, PROFILE_YAML, PROFILE_JSON };

enum profile_dialect {
    PROFILE_DIALECT_OURS,     /* TOML, YAML */
    PROFILE_DIALECT_ORIGINAL, /* JSON, JSONC */
};

/* What a grant allows. Bits; a deny carries those that it takes away. */
enum profile_access {
    PROFILE_READ = 1,     /* open to read, list */
    PROFILE_WRITE = 2,    /* open to write, create, remove, rename; alone it is write-only */
    PROFILE_EXECUTE = 4,  /* execve */
    PROFILE_CONNECT = 8,  /* connect to a Unix socket there */
    PROFILE_BIND = 16,    /* make and listen on a Unix socket there */
    PROFILE_CHILDREN = 32 /* of CONNECT and BIND: sockets directly in the folder, not below */
};

/* Who asked. A profile's own entries and the command line's go before a group's. */
enum profile_level { PROFILE_FROM_GROUP, PROFILE_FROM_PROFILE, PROFILE_FROM_USER };

struct profile_origin {
    enum profile_level level;
    const char *name; /* "claude-code", "group node_runtime", "--allow" */
    const char *file; /* as opened, or "built-in"; NULL for the command line */
    unsigned line, column;
};

struct profile_path {
    const char *written; /* as the author wrote it: "$HOME/.claude" */
    const char *path;    /* absolute, no ".", "..", "//"; NULL when nothing was expanded */
    unsigned access;     /* enum profile_access */
    unsigned common;     /* of access: what the built-in `default` and its groups give everybody */
    bool is_file;        /* the author meant one file: a folder there is not granted */
    bool is_glob;        /* in denies only: path is a pattern, for files that may yet be made */
    bool is_optional;    /* of a group: nothing there is no reason for a warning */
    bool is_state;       /* a folder of the program's own: whoever starts it makes it */
    const char *when;    /* the author's condition, or NULL */
    struct profile_origin origin;
};

/* A host, or an endpoint of one. */
struct profile_host {
    const char *written; /* "api.example.org:443/v1/", "*.example.org" */
    const char *host;    /* lower case, without a dot at the end; "*.example.org"; "*" is any */
    uint16_t port;       /* 0: the ports that web clients use, 443 and 80 */
    const char *method;  /* NULL or "*": any */
    const char *path;    /* NULL: the whole host; else a pattern, as in text_glob */
    const char *when;
    struct profile_origin origin;
};

enum profile_network {
    PROFILE_NETWORK_CLOSED, /* none */
    PROFILE_NETWORK_HOSTS,  /* through the proxy, to allow_hosts less deny_hosts */
    PROFILE_NETWORK_OPEN,   /* not filtered */
};

enum profile_workdir {
    PROFILE_WORKDIR_NONE,
    PROFILE_WORKDIR_READ,
    PROFILE_WORKDIR_WRITE,
    PROFILE_WORKDIR_READWRITE,
};

enum profile_signals {
    PROFILE_SIGNALS_ISOLATED,
    PROFILE_SIGNALS_SAME_SANDBOX,
    PROFILE_SIGNALS_ALL
};
enum profile_ipc { PROFILE_IPC_SHARED_MEMORY, PROFILE_IPC_FULL };
enum profile_audit { PROFILE_AUDIT_STANDARD, PROFILE_AUDIT_NONE, PROFILE_AUDIT_SUPERVISED };

struct profile_variable {
    const char *name, *value;
};

struct profile_hook {
    const char *script; /* absolute; NULL: none. It runs outside the sandbox, if it is there */
    int64_t timeout_s;
    const char *written;
    bool of_pack; /* a file of the pack whose profile says it, where no program may write */
    struct profile_origin origin;
};

struct profile_port {
    uint16_t first, last; /* both included */
    struct profile_origin origin;
};

/* A remark for people: a deprecated key, an entry that was passed over. */
struct profile_note {
    const char *key;  /* "network.tls_intercept" */
    const char *text; /* what is the matter, without the key */
    struct profile_origin origin;
};

/* A document that was applied. */
struct profile_part {
    const char *name;
    const char *file;     /* as opened, or "built-in" */
    const char *pack;     /* "ns/name", or NULL */
    const char *pack_dir; /* NULL when it is not a pack's */
    bool builtin;
    enum profile_dialect dialect;
};

struct profile {
    const char *name; /* as asked for, or the document's own when it was a path */
    const char *description, *version, *author; /* each may be NULL */
    enum profile_dialect dialect;               /* of the document asked for */
    struct list parts;                          /* struct profile_part, bases first */
    struct list groups;                         /* const char *: those in effect */
    struct list unprotected; /* const char *: groups of `default` that protect, and do not hold */
    unsigned overridden;     /* without a platform: bits of profile_systems that have overrides */

    struct list grants; /* struct profile_path; one entry a path and is_file, sorted by path */
    struct list denies; /* struct profile_path; they beat every grant above or below them */
    /*
     * struct profile_path: no group's deny holds there or below. Those denied as a whole are gone
     * from denies; a deny further up stays, with this hole in it.
     */
    struct list bypasses;
    /*
     * Some document lists what may be run: EXECUTE stands only on what it names. Whoever enforces
     * adds the started program, and the interpreters (ELF and #!) of it and of each file named.
     */
    bool execute_listed;

    enum profile_network network;
    struct list allow_hosts, deny_hosts; /* struct profile_host */
    bool deny_cloud_metadata;            /* always true unless network is open and nobody asked */
    bool network_blocked;        /* somebody said block: no later document and no host undoes it */
    struct list connect_ports;   /* struct profile_port: TCP to any host */
    struct list localhost_ports; /* connect and bind on the loopback address */
    struct list listen_ports;

    bool credentials_proxy;
    const char *keystore;
    struct list credentials; /* const char *: names of services */

    enum profile_audit audit_level;
    bool audit_integrity; /* the hash chain; on unless a document says false */
    bool audit_evidence_fs;

    enum profile_workdir workdir; /* what consent to the working folder grants */
    enum profile_signals signals;
    enum profile_ipc ipc;

    bool environment_allowed; /* allow_variables is a list: nothing else passes */
    struct list allow_variables, deny_variables; /* const char *: NAME, PREFIX*, * */
    struct list set_variables;                   /* struct profile_variable */

    const char *program;                       /* the agent's program: "claude", or NULL */
    struct list commands_allow, commands_deny; /* const char *: names of the started program */
    struct profile_hook hook_before, hook_after;

    struct list unsupported; /* struct profile_note: refuse to run while there is one */
    struct list warnings;    /* struct profile_note */
};

/* A document by name, as struct profile_source hands it out. Text outlives the load. */
struct profile_text {
    const char *text;
    size_t len;
    enum profile_syntax syntax;
    const char *file; /* for messages */
    const char *pack; /* "ns/name" when it is an installed pack's, and its folder */
    const char *pack_dir;
    bool builtin;
    struct doc *doc; /* what it says, when that is known already; else NULL */
};

/*
 * Who names a profile: a bare name in a pack's document is of that pack or built in, whatever else
 * is installed.
 */
struct profile_asker {
    const char
        *pack; /* "ns/name" of the document that names it; NULL: the user, or a file of theirs */
    bool base; /* as a base, in `extends` or --extends; else to run under */
};

/* Where documents and groups come from. find_* succeed with out->text NULL when there is none. */
struct profile_source {
    void *context;
    bool (*find_profile)(void *context, const char *name, const struct profile_asker *asker,
                         struct arena *arena, struct profile_text *out, struct error *err);
    /*
     * The table of groups that may have one that is not built in ("tools", or "ns/name/tools" for
     * another pack's); pack as in profile_asker. May be NULL.
     */
    bool (*find_group)(void *context, const char *name, const char *pack, struct arena *arena,
                       struct profile_text *out, struct error *err);
    /* All names, for suggestions; may be NULL. const char * each. */
    bool (*list_profiles)(void *context, struct arena *arena, struct list *out, struct error *err);
};

/* The world around one resolution. Text must outlive the profile. */
struct profile_env {
    struct profile_source source;
    /*
     * NULL: keep what is conditional, marked with its `when`, and expand nothing: for summaries of
     * a pack that will run elsewhere.
     */
    const struct profile_platform *platform;
    /* Without a platform: the system whose platform_overrides take part; NULL: those of all, which
     * for what there is one of (`network.open`, a hook) is what the last of them says. */
    const char *system;
    const char *home, *workdir;                /* absolute */
    const char *config_dir, *packages_dir;     /* $NONO_CONFIG, $NONO_PACKAGES */
    const char *(*variable)(const char *name); /* getenv; NULL: every variable is unset */
    uint32_t uid;
};

/* What the command line adds; paths are taken as bytes, relative ones from workdir. */
struct profile_override_path {
    const char *path, *flag; /* flag: "--allow", for messages and `origin` */
    unsigned access;
    bool is_file;
};

struct profile_overrides {
    const char *const *extends; /* NULL-terminated, applied before the profile's own; may be NULL */
    const struct profile_override_path *paths;
    size_t path_count;
    const char *const *bypass; /* NULL-terminated paths whose group denies are lifted; or NULL */
    const char *const *allow_hosts, *const *deny_hosts;             /* NULL-terminated, or NULL */
    const uint16_t *connect_ports, *localhost_ports, *listen_ports; /* 0-terminated, or NULL */
    bool block_network, open_network;                               /* block wins */
};

/*
 * The profile of that name ("agent", or "ns/pack"), or of that path when it ends in .toml, .yaml,
 * .yml, .json or .jsonc. NULL overrides: none.
 */
bool profile_load(const struct profile_env *env, const char *name_or_path,
                  const struct profile_overrides *overrides, struct arena *arena,
                  struct profile **out, struct error *err) MUST_CHECK;

/* The same for a document in hand; its bases and groups still come from env->source. */
bool profile_resolve(const struct profile_env *env, const char *name,
                     const struct profile_text *text, const struct profile_overrides *overrides,
                     struct arena *arena, struct profile **out, struct error *err) MUST_CHECK;

/*
 * A profile of all groups in a pack's table: what they give to whoever names them. Nothing but
 * built-in groups and these is looked for. TOO_LARGE when there are over LIMIT_PACK_GROUPS.
 */
bool profile_resolve_groups(const struct profile_env *env, const struct profile_text *table,
                            struct arena *arena, struct profile **out, struct error *err)
    MUST_CHECK;

/* PROFILE_TOML for ".toml", ... by the end of a file's name. False: not a profile's name. */
bool profile_syntax_of(const char *file, enum profile_syntax *out);

/* One document as a tree, without judging its keys. */
bool profile_parse(const struct profile_text *text, struct arena *arena, struct doc **out,
                   struct error *err) MUST_CHECK;

/* Fails with DENIED when `commands` keep a program of that name from being started. */
bool profile_check_command(const struct profile *profile, const char *program, struct error *err)
    MUST_CHECK;

/* Fails, naming what no part of this program can hold yet. Nothing unsupported: true. */
bool profile_check_supported(const struct profile *profile, struct error *err) MUST_CHECK;

/* The resolved model as a document, for `profile show --json` and tests. */
struct doc *profile_print(const struct profile *profile, struct arena *arena);
/* The same without where each rule stands ("from", "at"): two files that say the same print alike.
 */
struct doc *profile_print_rules(const struct profile *profile, struct arena *arena);

/*
 * For programs that resolve many profiles: reads all that is built in, which is kept as long as the
 * process, for all its threads. To be called before there are others.
 */
void profile_builtin_keep(void);

/* Built-in profiles and groups: data files of this folder, compiled in. NULL-terminated names. */
const char *const *profile_builtin_names(void);
const char *const *profile_group_names(void);
/* out->text is NULL when there is none of that name. */
void profile_builtin_find(const char *name, struct profile_text *out);
void profile_group_find(const char *name, struct profile_text *out);
/* Whether a built-in group is for another system than os; its document need not be read for that.
 */
bool profile_group_is_foreign(const char *name, const char *os);
