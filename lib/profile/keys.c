#include "lib/profile/keys.h"

#include <string.h>

#include "lib/base/text.h"

enum {
    R = PROFILE_READ,
    W = PROFILE_WRITE,
    X = PROFILE_EXECUTE,
    C = PROFILE_CONNECT,
    B = PROFILE_BIND,
    FILE_ONLY = PROFILE_ARG_FILE,
    SUBTREE = PROFILE_ARG_SUBTREE,
    LISTED = PROFILE_ARG_LISTED,
};

_Static_assert(sizeof(enum profile_audit) == sizeof(int), "profile_apply_enum stores an int");

static const char *const signal_names[] = { "isolated", "allow_same_sandbox", "allow_all", NULL };
static const char *const ipc_names[] = { "shared_memory_only", "full", NULL };
static const char *const audit_names[] = { "standard", "none", "supervised", NULL };

#define SLOT(member) ((unsigned)offsetof(struct profile, member))
#define UNHELD(path, kind)                        \
    {                                             \
        path, profile_apply_unheld, kind, 0, NULL \
    }
#define UNHELD_BUT(path, name)                        \
    {                                                 \
        path, profile_apply_unheld, DOC_TEXT, 0, name \
    }
#define IGNORED(path)                           \
    {                                           \
        path, profile_apply_ignored, 0, 0, NULL \
    }
#define TEXTS_KEY(path, slot)                          \
    {                                                  \
        path, profile_apply_texts, SLOT(slot), 0, NULL \
    }
#define TEXT_KEY(path, slot)                          \
    {                                                 \
        path, profile_apply_text, SLOT(slot), 0, NULL \
    }
#define KEY(path, apply, arg)                     \
    {                                             \
        path, profile_apply_##apply, arg, 0, NULL \
    }

/* clang-format off */
static const struct profile_key keys[] = {
    IGNORED("$schema"),
    IGNORED("extends"), /* load.c follows it before anything else */
    KEY("when", when, 0),
    IGNORED("meta.name"),
    TEXT_KEY("meta.version", version),
    TEXT_KEY("meta.description", description),
    TEXT_KEY("meta.author", author),
    TEXT_KEY("description", description),
    KEY("groups", groups, 0),

    { "filesystem.allow", profile_apply_paths, R | W | X, 0, NULL },
    { "filesystem.read",  profile_apply_paths, R | X, 0, NULL },
    { "filesystem.write", profile_apply_paths, R | W | X, W, NULL },
    { "filesystem.execute", profile_apply_paths, R | X | LISTED, 0, NULL },
    { "filesystem.state", profile_apply_state, R | W | X, 0, NULL },
    { "filesystem.allow_file", profile_apply_paths, R | W | X | FILE_ONLY, 0, NULL },
    { "filesystem.read_file",  profile_apply_paths, R | X | FILE_ONLY, 0, NULL },
    { "filesystem.write_file", profile_apply_paths, R | W | X | FILE_ONLY, W | FILE_ONLY, NULL },
    KEY("filesystem.unix_socket", sockets, C | FILE_ONLY),
    KEY("filesystem.unix_socket_bind", sockets, C | B | FILE_ONLY),
    KEY("filesystem.unix_socket_dir", sockets, C),
    KEY("filesystem.unix_socket_dir_bind", sockets, C | B),
    KEY("filesystem.unix_socket_subtree", sockets, C | SUBTREE),
    KEY("filesystem.unix_socket_subtree_bind", sockets, C | B | SUBTREE),
    KEY("filesystem.deny", denies, 0),
    KEY("filesystem.bypass_protection", bypass, 0),
    IGNORED("filesystem.suppress_save_prompt"),
    IGNORED("filesystem.ignore"),

    KEY("security.signal_mode", enum, SLOT(signals)),
    IGNORED("security.process_info_mode"), /* Seatbelt's; Landlock always isolates */
    KEY("security.ipc_mode", enum, SLOT(ipc)),
    UNHELD("security.capability_elevation", DOC_BOOL),
    UNHELD("security.approval_backends", DOC_TABLE),
    UNHELD("security.approval_defaults", DOC_TABLE),
    UNHELD_BUT("security.wsl2_proxy_policy", "error"),
    TEXTS_KEY("commands.allow", commands_allow),
    TEXTS_KEY("commands.deny", commands_deny),

    KEY("network.block", network_flag, 'b'),
    KEY("network.open", network_flag, 'o'),
    KEY("network.deny_cloud_metadata", network_flag, 'm'),
    KEY("network.allow_hosts", hosts, 0),
    KEY("network.deny_hosts", denied_hosts, 0),
    KEY("network.allow_endpoints", endpoints, 0),
    KEY("network.network_profile", preset, 0),
    KEY("network.allow_domain", hosts, 0),
    KEY("network.deny_domain", denied_hosts, 0),
    KEY("network.credentials", credentials, 0),
    KEY("network.custom_credentials", custom_credentials, 0),
    KEY("network.connect_port", ports, 0),
    KEY("network.open_port", ports, 1),
    KEY("network.listen_port", ports, 2),
    KEY("network.open_port_range", port_ranges, 1),
    KEY("network.listen_port_range", port_ranges, 2),
    UNHELD("network.no_proxy", DOC_LIST),
    UNHELD("network.allow_http2", DOC_BOOL),
    UNHELD("network.tls_intercept", DOC_TABLE),
    UNHELD("network.upstream_proxy", DOC_TEXT),
    UNHELD("network.upstream_bypass", DOC_LIST),

    KEY("credentials.proxy_mode", bool, SLOT(credentials_proxy)),
    TEXT_KEY("credentials.keystore", keystore),
    KEY("audit.level", enum, SLOT(audit_level)),
    KEY("audit.integrity_hash", integrity, SLOT(audit_integrity)),
    KEY("audit.evidence_fs", bool, SLOT(audit_evidence_fs)),

    UNHELD_BUT("linux.af_unix_mediation", "off"),
    UNHELD_BUT("linux.sandbox_policy", "auto"),
    UNHELD("env_credentials", DOC_TABLE),
    KEY("environment.allow_vars", allow_variables, SLOT(allow_variables)),
    TEXTS_KEY("environment.deny_vars", deny_variables),
    KEY("environment.set_vars", set_variables, SLOT(set_variables)),
    UNHELD("command_policies", DOC_TABLE),
    KEY("workdir", workdir, 0),
    UNHELD("hooks", DOC_TABLE),
    KEY("session_hooks.before", hook, SLOT(hook_before)),
    KEY("session_hooks.after", hook, SLOT(hook_after)),
    TEXT_KEY("binary", program),
    TEXT_KEY("program", program),
    UNHELD("packs", DOC_LIST),
    UNHELD("command_args", DOC_LIST),
    UNHELD("credential_capture", DOC_TABLE),
    UNHELD("credential_providers", DOC_TABLE),
    UNHELD("credential_routes", DOC_LIST),
    UNHELD("allow_gpu", DOC_BOOL),

    /* How a program talks to its user, and what is macOS's alone: nothing that loosens here. */
    IGNORED("diagnostics"), IGNORED("rollback"), IGNORED("undo"), IGNORED("open_urls"),
    IGNORED("allow_launch_services"), IGNORED("interactive"), IGNORED("skipdirs"),
    IGNORED("unsafe_macos_seatbelt_rules"), IGNORED("allow_parent_of_protected"),
    IGNORED("platform_overrides"), /* applied behind the rest, below */

    /* The original's former names. extra is today's. */
    { "secrets", profile_apply_legacy, 0, 0, "env_credentials" },
    { "network.proxy_allow", profile_apply_legacy, 0, 0, "network.allow_domain" },
    { "network.allow_proxy", profile_apply_legacy, 0, 0, "network.allow_domain" },
    { "network.proxy_credentials", profile_apply_legacy, 0, 0, "network.credentials" },
    { "network.port_allow", profile_apply_legacy, 0, 0, "network.open_port" },
    { "network.allow_port", profile_apply_legacy, 0, 0, "network.open_port" },
    { "network.external_proxy", profile_apply_legacy, 0, 0, "network.upstream_proxy" },
    { "network.external_proxy_bypass", profile_apply_legacy, 0, 0, "network.upstream_bypass" },
    { "security.groups", profile_apply_legacy, 0, 0, "groups" },
    { "security.allowed_commands", profile_apply_legacy, 0, 0, "commands.allow" },
    { "policy.add_allow_read", profile_apply_legacy, 0, 0, "filesystem.read" },
    { "policy.add_allow_write", profile_apply_legacy, 0, 0, "filesystem.write" },
    { "policy.add_allow_readwrite", profile_apply_legacy, 0, 0, "filesystem.allow" },
    { "policy.add_deny_access", profile_apply_legacy, 0, 0, "filesystem.deny" },
    { "policy.add_deny_commands", profile_apply_legacy, 0, 0, "commands.deny" },
    { "policy.override_deny", profile_apply_legacy, 0, 0, "filesystem.bypass_protection" },
    { "policy.exclude_groups", profile_apply_legacy, 0, 0, "groups.exclude" },
};
/* clang-format on */

static const struct profile_key *key_find(const char *path)
{
    for (size_t i = 0; i < COUNT(keys); i++)
        if (strcmp(keys[i].path, path) == 0)
            return &keys[i];
    return NULL;
}

const char *profile_key_harmless(const char *path)
{
    return key_find(path)->extra;
}

const char *const *profile_key_names(const char *path)
{
    if (strcmp(path, "audit.level") == 0)
        return audit_names;
    return strcmp(path, "security.ipc_mode") == 0 ? ipc_names : signal_names;
}

static bool is_section(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < COUNT(keys); i++)
        if (strncmp(keys[i].path, path, len) == 0 && keys[i].path[len] == '.')
            return true;
    return false;
}

/* The names that may stand where an unknown one did. */
static const char *nearest_sibling(struct resolver *resolver, const char *section, const char *name)
{
    const char *names[COUNT(keys)];
    size_t count = 0, len = strlen(section);
    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *rest = keys[i].path;
        if (len && (strncmp(rest, section, len) != 0 || rest[len] != '.'))
            continue;
        rest += len ? len + 1 : 0;
        if (keys[i].apply != profile_apply_legacy)
            names[count++] = arena_strndup(resolver->arena, rest, strcspn(rest, "."));
    }
    return text_nearest(name, names, count);
}

static bool unknown_key(struct resolver *resolver, const struct doc *member, const char *section,
                        const char *path)
{
    doc_fault_key(resolver->err, member, "%.128s: unknown key", path);
    error_field(resolver->err, "%s", path);
    const char *near = nearest_sibling(resolver, section, member->key);
    if (near)
        return error_hint(resolver->err, "did you mean \"%s\"?", near);
    return error_hint(resolver->err, "docs/formats/profile.md lists every key");
}

/* Remembers where a key was said last, for what is settled at the end. */
static void key_said(struct resolver *resolver, const char *path, const struct doc *value)
{
    LIST_FOREACH (resolver->said, struct profile_note, note)
        if (strcmp(note->key, path) == 0) {
            note->origin = profile_origin_of(resolver, value);
            return;
        }
    struct profile_note *note = LIST_ADD(resolver->arena, &resolver->said, struct profile_note);
    *note = (struct profile_note){ .key = path, .origin = profile_origin_of(resolver, value) };
}

/* null is absence, but where it takes a base's word back. */
static bool key_apply(struct resolver *resolver, const struct profile_key *key,
                      const struct doc *value)
{
    bool original = resolver->part->dialect == PROFILE_DIALECT_ORIGINAL;
    unsigned arg = original && key->original_arg ? key->original_arg : key->arg;
    if (value->kind == DOC_NULL && key->apply != profile_apply_preset)
        return true;
    if (!key->apply(resolver, key->path, value, arg))
        return false;
    key_said(resolver, key->path, value);
    return true;
}

bool profile_apply_legacy(struct resolver *resolver, const char *key, const struct doc *value,
                          unsigned arg)
{
    static const struct profile_key exclude = KEY("groups.exclude", groups, 'x');
    const char *now = key_find(key)->extra;
    (void)arg;
    profile_warn(resolver, value, key, "is an old name of %s", now);
    return key_apply(resolver, strcmp(now, exclude.path) == 0 ? &exclude : key_find(now), value);
}

/* NOLINTNEXTLINE(misc-no-recursion): sections are two deep */
static bool table_apply(struct resolver *resolver, const struct doc *table, const char *section)
{
    DOC_FOREACH (table, member) {
        const char *path =
            *section ? arena_printf(resolver->arena, "%s.%s", section, member->key) : member->key;
        const struct profile_key *key = key_find(path);
        bool whole = strlen(member->key) == member->key_len;
        if (whole && key) {
            if (!key_apply(resolver, key, member))
                return false;
            continue;
        }
        if (!whole || !is_section(path))
            return unknown_key(resolver, member, section, path);
        if (member->kind == DOC_NULL)
            continue;
        if (member->kind != DOC_TABLE)
            return profile_kind_fault(resolver, member, path, "a table");
        if (!table_apply(resolver, member, path))
            return false;
    }
    return true;
}

bool profile_apply_when(struct resolver *resolver, const char *key, const struct doc *value,
                        unsigned arg)
{
    bool holds;
    (void)key, (void)arg;
    if (!profile_when_doc(value, resolver->env->platform, &holds, resolver->err))
        return false;
    if (holds)
        return true;
    doc_fault(resolver->err, value,
              "this profile is not for this machine: its `when` does not hold");
    return error_field(resolver->err, "when");
}

const char *const profile_systems[] = { "linux", "macos", "windows", NULL };

/* { linux = {...}, macos = {...} }: the part for this machine, on top of the rest. */
static bool overrides_apply(struct resolver *resolver, const struct doc *overrides)
{
    const struct profile_platform *platform = resolver->env->platform;
    const char *only = platform ? platform->os : resolver->env->system;
    if (!overrides || overrides->kind == DOC_NULL)
        return true;
    if (overrides->kind != DOC_TABLE)
        return profile_kind_fault(resolver, overrides, "platform_overrides", "a table");
    DOC_FOREACH (overrides, part) {
        unsigned at = 0;
        while (profile_systems[at] && !profile_key_is(part, profile_systems[at]))
            at++;
        const char *system = profile_systems[at];
        if (!system)
            return unknown_key(resolver, part, "platform_overrides", part->key);
        if (part->kind != DOC_TABLE)
            return profile_kind_fault(resolver, part, "platform_overrides", "a partial profile");
        if (doc_find(part, "extends") || doc_find(part, "platform_overrides"))
            return doc_fault(resolver->err, part, "platform_overrides: cannot extend");
        resolver->profile->overridden |= 1U << at;
        if (only && strcmp(only, system) != 0)
            continue;
        resolver->when = platform ? NULL : system;
        bool ok = table_apply(resolver, part, "");
        resolver->when = NULL;
        if (!ok)
            return false;
    }
    return true;
}

bool profile_keys_apply(struct resolver *resolver, const struct doc *doc)
{
    if (doc->kind == DOC_NULL)
        return true;
    if (doc->kind != DOC_TABLE)
        return doc_fault(resolver->err, doc, "expected a profile, found %s",
                         doc_kind_name(doc->kind));
    return table_apply(resolver, doc, "") &&
           overrides_apply(resolver, doc_find(doc, "platform_overrides"));
}
