/*
 * The inside of lib/profile: one resolution under way, and the steps that it takes.
 *
 * Documents are applied base first onto one struct profile: a list grows, a scalar is replaced, so
 * that what came last holds. What depends on the whole (groups, the network's mode, what nobody can
 * hold) is settled at the end, in finish.c.
 */
#pragma once

#include "lib/profile/profile.h"

#define PROFILE_ENTRIES_MAX 20000  /* items of all lists together */
#define PROFILE_BASES_MAX   10     /* extends of extends ... */
#define PROFILE_PARTS_MAX   64     /* documents in all */
#define PROFILE_BASES_NAMED 256    /* names in all lists of bases */
#define PROFILE_VALUES_MAX  200000 /* values of all documents together */
#define PROFILE_NAMES_MAX   2000   /* of a list of names: commands, variables, services */

struct profile_group_ref {
    const char *name;
    const char *when;      /* kept only without a platform */
    const struct doc *doc; /* NULL: not asked for by a document */
    const char *pack;      /* of the document that names it, or NULL */
    const char *id;        /* of an exclusion, once it is settled: which group it means */
    bool required;         /* likewise: it cannot be excluded */
};

/* A document on the way from the one asked for to the one being applied. */
struct profile_link {
    const char *name, *file;
};

struct resolver {
    const struct profile_env *env;
    struct arena *arena;
    struct profile *profile;
    struct error *err;
    const struct profile_part *part; /* the document being applied */
    enum profile_level level;        /* of its entries */
    const char *origin_name;         /* "claude-code", "group node_runtime" */
    bool common;                     /* what is applied is everybody's: `default`, its groups */
    struct profile_text standard;    /* the built-in `default`, read once */
    struct list common_groups;       /* const char *: profile_groups_of_default */
    const char *when;                /* condition of all its entries, kept without a platform */
    size_t entries, values, bases_named;

    struct profile_link chain[PROFILE_BASES_MAX + 1]; /* being extended, to find cycles */
    unsigned chain_len;

    struct list said;             /* struct profile_note: where each key was said last */
    struct list include, exclude; /* struct profile_group_ref */
    struct list groups_seen;      /* const char *: ids of those applied or skipped */
    const char *groups_text;      /* the pack's groups that were read last, and what they say */
    struct doc *groups_doc;
    const char *groups_pack, *groups_file; /* whose, when a reference told */
    const char *network_preset;            /* network_profile, or NULL */
    struct profile_origin preset_origin;
    struct list custom_credentials; /* const char *: declared, not active by that */
    bool hosts_named;               /* a list of hosts is part of the policy, even an empty one */
    bool network_opened;            /* open = true */
    bool metadata_said, metadata_denied; /* deny_cloud_metadata */
    bool ours;                           /* a document of our dialect takes part, `default` aside */
};

/* Lists that grow in the arena by doubling; the new item is zeroed. What room there is follows from
 * the count alone: a list grows in one way only. */
void *profile_list_add(struct arena *arena, struct list *list, size_t size);
#define LIST_ADD(arena, list, type) ((type *)profile_list_add((arena), (list), sizeof(type)))
/* The way of lists that are long: they begin with room for many. */
struct profile_group_ref *profile_group_ref_new(struct arena *arena, struct list *list);
struct profile_path *profile_path_new(struct resolver *resolver, struct list *list);
/* Adds a text that is not there yet. */
void profile_texts_add(struct arena *arena, struct list *list, const char *text);
bool profile_texts_have(const struct list *list, const char *text);

/* The same, of the list of a key, which has PROFILE_NAMES_MAX at most. */
bool profile_name_add(struct resolver *resolver, const struct doc *item, const char *key,
                      struct list *list, const char *name) MUST_CHECK;

/* Counts an item against PROFILE_ENTRIES_MAX. */
bool profile_entry_count(struct resolver *resolver, const struct doc *item) MUST_CHECK;
struct profile_origin profile_origin_of(const struct resolver *resolver, const struct doc *item);
void profile_warn(struct resolver *resolver, const struct doc *item, const char *key,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Whether key is a member's whole name. */
bool profile_key_is(const struct doc *member, const char *key);
/* A value of the wrong kind: "filesystem.read: expected a list of paths, found text". */
#define profile_kind_fault(...) error_false(profile_raise_kind(__VA_ARGS__))
bool profile_raise_kind(struct resolver *resolver, const struct doc *value, const char *key,
                        const char *expected);
/* Text without NUL and of at most 4095 bytes, or a fault. */
bool profile_text(struct resolver *resolver, const struct doc *value, const char *key,
                  const char **out) MUST_CHECK;

/* An item that may be conditional: text, or { member = text, when = ... }. */
struct profile_item {
    const char *text;
    const char *when; /* NULL, or with no platform its condition */
    bool holds;
};
bool profile_item_read(struct resolver *resolver, const struct doc *item, const char *key,
                       const char *member, struct profile_item *out) MUST_CHECK;
/* Its condition: whether it holds here, or in a summary what it is. */
bool profile_item_when(struct resolver *resolver, const struct doc *item, struct profile_item *out)
    MUST_CHECK;

/* keys.c: walks a document by the table of keys. */
bool profile_keys_apply(struct resolver *resolver, const struct doc *doc) MUST_CHECK;

/* apply_*.c: one key's value. arg is the row's. */
typedef bool profile_apply(struct resolver *resolver, const char *key, const struct doc *value,
                           unsigned arg);
profile_apply profile_apply_paths, profile_apply_state, profile_apply_denies, profile_apply_bypass,
    profile_apply_sockets;
profile_apply profile_apply_hosts, profile_apply_denied_hosts, profile_apply_endpoints,
    profile_apply_ports, profile_apply_port_ranges, profile_apply_network_flag,
    profile_apply_preset, profile_apply_credentials, profile_apply_custom_credentials;
profile_apply profile_apply_groups, profile_apply_workdir, profile_apply_enum, profile_apply_bool,
    profile_apply_text, profile_apply_texts, profile_apply_set_variables,
    profile_apply_allow_variables, profile_apply_hook, profile_apply_when, profile_apply_integrity;
/* Read for its kind alone: it has no effect here. */
profile_apply profile_apply_ignored;
/* Refused at run when it asks for something: true, a name other than the first, a list, a table. */
profile_apply profile_apply_unheld;
profile_apply profile_apply_legacy;

/* arg of profile_apply_paths and _sockets, beside enum profile_access. */
#define PROFILE_ARG_FILE    0x100U /* is_file */
#define PROFILE_ARG_LISTED  0x200U /* an execute list */
#define PROFILE_ARG_SUBTREE 0x400U /* sockets anywhere below */

/* Notes what nobody can hold, where the key was said (value NULL: last). One note a key. */
void profile_unheld(struct resolver *resolver, const struct doc *value, const char *key,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Where a key was said last; no place when it never was. */
struct profile_origin profile_said_at(const struct resolver *resolver, const char *key);

/* files.c: a path of a document, expanded; *out is NULL when the entry is to be passed over. */
bool profile_expand(struct resolver *resolver, const struct doc *item, const char *written,
                    bool must, const char **out) MUST_CHECK;
/* Adds a grant, or, when the path is a glob, one for each match. */
bool profile_grant_add(struct resolver *resolver, const struct doc *item, const char *key,
                       const struct profile_item *entry, unsigned access, bool is_file) MUST_CHECK;
bool profile_deny_add(struct resolver *resolver, const struct doc *item,
                      const struct profile_item *entry) MUST_CHECK;
/* Makes a path absolute from workdir and drops "." and "//"; NULL when it has "..". */
const char *profile_path_clean(struct arena *arena, const char *workdir, const char *path);
/* Whether path is folder or lies below it. */
bool profile_path_is_in(const char *path, const char *folder);

/* glob.c: what matches now, sorted. const char *. Follows no link. */
bool profile_glob(struct arena *arena, const char *pattern, struct list *out, struct error *err)
    MUST_CHECK;
/* The same for a deny: links that match are matches, the pattern's own folder may be one, and a
 * folder of the user that is closed is a match itself. Fails where something could not be looked
 * into for any other reason, for it may hold a match. */
bool profile_glob_deny(struct arena *arena, const char *pattern, struct list *out,
                       struct error *err) MUST_CHECK;

/* host.c: "[scheme://]host[:port][/path]". */
bool profile_host_parse(struct arena *arena, const char *text, struct profile_host *out,
                        struct error *err) MUST_CHECK;

/* builtin.c: as the document of a built-in group says, which need not be read for that. */
bool profile_group_is_required(const struct profile_text *builtin);

/* group.c: the built-in `default`, with its document. */
void profile_default_read(struct arena *arena, struct profile_text *out);
/* The names of the groups that it gives everybody. const char *. */
void profile_groups_of_default(const struct profile_text *standard, struct arena *arena,
                               struct list *out);
/* Those of them that protect: keys, tokens, browsers' data, shell files. */
void profile_protections(struct arena *arena, struct list *out);
bool profile_groups_settle(struct resolver *resolver) MUST_CHECK;
bool profile_group_apply(struct resolver *resolver, const struct profile_group_ref *ref) MUST_CHECK;

/* finish.c */
bool profile_finish(struct resolver *resolver, const struct profile_overrides *overrides)
    MUST_CHECK;

/* builtin.c: a preset of hosts by name; out->text NULL when there is none. */
void profile_preset_find(const char *name, struct profile_text *out);
const char *const *profile_preset_names(void);
