#include "lib/profile/permissions.h"

#include <string.h>

#include "lib/profile/resolver.h"

static const char *const network_names[] = { "closed", "hosts", "open", NULL };
static const char *const execute_names[] = { "readable", "listed", NULL };
static const char *const environment_names[] = { "usual", "listed", NULL };
static const char *const risk_names[] = { "plain", "notable", "grave", NULL };

/* clang-format off */
static const struct field path_fields[] = {
    TEXT(struct permission_path, path, REQUIRED),
    TEXT(struct permission_path, when, OPTIONAL),
    TEXT(struct permission_path, reason, OPTIONAL),
};
static const struct record path_record = RECORD_OPEN(struct permission_path, "path", path_fields);

static const struct field host_fields[] = {
    TEXT(struct permission_host, host, REQUIRED),
    TEXT(struct permission_host, when, OPTIONAL),
};
static const struct record host_record = RECORD_OPEN(struct permission_host, "host", host_fields);

static const struct field hook_fields[] = {
    TEXT(struct permission_hook, event, REQUIRED),
    TEXT(struct permission_hook, script, REQUIRED),
};
static const struct record hook_record = RECORD_OPEN(struct permission_hook, "hook", hook_fields);

static const struct field permissions_fields[] = {
    U64(struct permissions, schema_version, REQUIRED),
    TEXTS(struct permissions, extends, OPTIONAL),
    TEXTS(struct permissions, groups, OPTIONAL),
    LIST(struct permissions, read, &path_record, OPTIONAL),
    LIST(struct permissions, write, &path_record, OPTIONAL),
    LIST(struct permissions, execute, &path_record, OPTIONAL),
    ENUM(struct permissions, execute_mode, execute_names, OPTIONAL),
    LIST(struct permissions, deny, &path_record, OPTIONAL),
    LIST(struct permissions, bypass, &path_record, OPTIONAL),
    LIST(struct permissions, sockets, &path_record, OPTIONAL),
    TEXT(struct permissions, workdir, OPTIONAL),
    ENUM(struct permissions, network, network_names, REQUIRED),
    LIST(struct permissions, hosts, &host_record, OPTIONAL),
    LIST(struct permissions, denied_hosts, &host_record, OPTIONAL),
    TEXTS(struct permissions, ports, OPTIONAL),
    TEXTS(struct permissions, credentials, OPTIONAL),
    LIST(struct permissions, hooks, &hook_record, OPTIONAL),
    TEXTS(struct permissions, environment, OPTIONAL),
    ENUM(struct permissions, environment_mode, environment_names, OPTIONAL),
    TEXTS(struct permissions, unprotected, OPTIONAL),
    TEXTS(struct permissions, other, OPTIONAL),
};
const struct record permissions_record =
    RECORD_OPEN(struct permissions, "permissions", permissions_fields);

static const struct field line_fields[] = {
    ENUM(struct permission_line, risk, risk_names, REQUIRED),
    TEXT(struct permission_line, area, REQUIRED),
    TEXT(struct permission_line, text, REQUIRED),
};
const struct record permission_line_record = RECORD(struct permission_line, "line", line_fields);

static const struct field change_fields[] = {
    BOOL(struct permission_change, widened, REQUIRED),
    TEXT(struct permission_change, area, REQUIRED),
    TEXT(struct permission_change, text, REQUIRED),
};
const struct record permission_change_record =
    RECORD(struct permission_change, "change", change_fields);
/* clang-format on */

struct summary {
    const struct profile *profile;
    struct arena *arena;
    struct permissions *out;
};

static void path_add(struct summary *summary, struct list *list, const struct profile_path *path)
{
    struct permission_path *added = LIST_ADD(summary->arena, list, struct permission_path);
    added->path = path->written;
    added->when = path->when;
    bool own = path->origin.name && strcmp(path->origin.name, summary->profile->name) == 0;
    added->reason = own ? NULL : path->origin.name;
}

static void files_add(struct summary *summary)
{
    const struct profile *profile = summary->profile;
    struct permissions *out = summary->out;
    LIST_FOREACH (profile->grants, struct profile_path, grant) {
        unsigned asked = grant->access & ~grant->common;
        if (asked & PROFILE_READ)
            path_add(summary, &out->read, grant);
        if (asked & PROFILE_WRITE)
            path_add(summary, &out->write, grant);
        if (profile->execute_listed && (asked & PROFILE_EXECUTE))
            path_add(summary, &out->execute, grant);
        if (asked & (PROFILE_CONNECT | PROFILE_BIND))
            path_add(summary, &out->sockets, grant);
    }
    LIST_FOREACH (profile->denies, struct profile_path, deny)
        if (deny->origin.level != PROFILE_FROM_GROUP)
            path_add(summary, &out->deny, deny);
    LIST_FOREACH (profile->bypasses, struct profile_path, bypass)
        path_add(summary, &out->bypass, bypass);
}

static void hosts_add(struct arena *arena, const struct list *hosts, struct list *out)
{
    LIST_FOREACH (*hosts, struct profile_host, host)
        *LIST_ADD(arena, out, struct permission_host) =
            (struct permission_host){ host->written, host->when };
}

static void ports_add(struct summary *summary, const char *verb, const struct list *ports)
{
    LIST_FOREACH (*ports, struct profile_port, port) {
        const char *text =
            port->first == port->last
                ? arena_printf(summary->arena, "%s %u", verb, port->first)
                : arena_printf(summary->arena, "%s %u-%u", verb, port->first, port->last);
        profile_texts_add(summary->arena, &summary->out->ports, text);
    }
}

static void environment_add(struct summary *summary)
{
    const struct profile *profile = summary->profile;
    struct list *out = &summary->out->environment;
    LIST_FOREACH (profile->allow_variables, const char *, name)
        profile_texts_add(summary->arena, out, arena_printf(summary->arena, "pass %s", *name));
    LIST_FOREACH (profile->deny_variables, const char *, name)
        profile_texts_add(summary->arena, out, arena_printf(summary->arena, "drop %s", *name));
    LIST_FOREACH (profile->set_variables, struct profile_variable, variable)
        profile_texts_add(summary->arena, out,
                          arena_printf(summary->arena, "set %s", variable->name));
}

static void hook_add(struct summary *summary, const char *event, const struct profile_hook *hook)
{
    if (hook->written)
        *LIST_ADD(summary->arena, &summary->out->hooks, struct permission_hook) =
            (struct permission_hook){ event, hook->written };
}

static void others_add(struct summary *summary)
{
    const struct profile *profile = summary->profile;
    struct list *other = &summary->out->other;
    LIST_FOREACH (profile->credentials, const char *, name)
        profile_texts_add(summary->arena, &summary->out->credentials, *name);
    if (profile->keystore)
        profile_texts_add(summary->arena, &summary->out->credentials,
                          arena_printf(summary->arena, "keystore %s", profile->keystore));
    if (profile->signals != PROFILE_SIGNALS_ISOLATED)
        profile_texts_add(summary->arena, other,
                          profile->signals == PROFILE_SIGNALS_ALL ? "signals to any process"
                                                                  : "signals within the sandbox");
    if (profile->audit_level == PROFILE_AUDIT_NONE)
        profile_texts_add(summary->arena, other, "no audit record of its runs");
    if (profile->ipc == PROFILE_IPC_FULL)
        profile_texts_add(summary->arena, other, "abstract sockets and named semaphores");
    LIST_FOREACH (profile->unsupported, struct profile_note, note)
        profile_texts_add(summary->arena, other,
                          arena_printf(summary->arena, "%s (not held yet)", note->key));
}

void permissions_of(const struct profile *profile, struct arena *arena, struct permissions *out)
{
    static const char *const workdirs[] = { "none", "read", "write", "readwrite" };
    *out = (struct permissions){ .schema_version = 1 };
    struct summary summary = { .profile = profile, .arena = arena, .out = out };
    struct profile_text standard;
    struct list defaults;
    profile_default_read(arena, &standard);
    profile_groups_of_default(&standard, arena, &defaults);

    LIST_FOREACH (profile->parts, struct profile_part, part)
        if (part != LIST_AT(profile->parts, struct profile_part, profile->parts.count - 1))
            profile_texts_add(arena, &out->extends, part->name);
    LIST_FOREACH (profile->groups, const char *, group)
        if (!profile_texts_have(&defaults, *group))
            profile_texts_add(arena, &out->groups, *group);
    files_add(&summary);
    out->execute_mode =
        profile->execute_listed ? PERMISSIONS_EXECUTE_LISTED : PERMISSIONS_EXECUTE_READABLE;
    out->environment_mode = profile->environment_allowed ? PERMISSIONS_ENVIRONMENT_LISTED
                                                         : PERMISSIONS_ENVIRONMENT_USUAL;
    out->unprotected = profile->unprotected;
    out->network = (int)profile->network;
    if (profile->network == PROFILE_NETWORK_HOSTS)
        hosts_add(arena, &profile->allow_hosts, &out->hosts);
    hosts_add(arena, &profile->deny_hosts, &out->denied_hosts);
    ports_add(&summary, "connect", &profile->connect_ports);
    ports_add(&summary, "localhost", &profile->localhost_ports);
    ports_add(&summary, "listen", &profile->listen_ports);
    hook_add(&summary, "before", &profile->hook_before);
    hook_add(&summary, "after", &profile->hook_after);
    environment_add(&summary);
    others_add(&summary);
    out->workdir = workdirs[profile->workdir];
}
