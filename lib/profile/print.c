/* The resolved model as a document. */
#include <string.h>

#include "lib/profile/resolver.h"

static const char *const network_names[] = { "closed", "hosts", "open" };
static const char *const workdir_names[] = { "none", "read", "write", "readwrite" };
static const char *const signal_names[] = { "isolated", "same_sandbox", "all" };
static const char *const ipc_names[] = { "shared_memory_only", "full" };
static const char *const audit_names[] = { "standard", "none", "supervised" };

/* What is printed into, and whether with the places that each part is from. */
struct printer {
    struct arena *arena;
    bool with_origins;
};

static void origin_print(const struct printer *printer, struct doc *out,
                         const struct profile_origin *origin)
{
    struct arena *arena = printer->arena;
    if (!printer->with_origins)
        return;
    doc_add_text(arena, out, "from", origin->name);
    if (origin->file && origin->line)
        doc_add_text(arena, out, "at",
                     arena_printf(arena, "%s:%u:%u", origin->file, origin->line, origin->column));
}

static void texts_print(struct arena *arena, struct doc *out, const char *key,
                        const struct list *texts)
{
    struct doc *list = doc_add_list(arena, out, key);
    LIST_FOREACH (*texts, const char *, text)
        doc_add_text(arena, list, NULL, *text);
}

static void access_print(struct arena *arena, struct doc *out, unsigned access)
{
    static const struct {
        unsigned bit;
        const char *name;
    } bits[] = {
        { PROFILE_READ, "read" },       { PROFILE_WRITE, "write" }, { PROFILE_EXECUTE, "execute" },
        { PROFILE_CONNECT, "connect" }, { PROFILE_BIND, "bind" },
    };
    struct doc *list = doc_add_list(arena, out, "access");
    for (size_t i = 0; i < COUNT(bits); i++)
        if (access & bits[i].bit)
            doc_add_text(arena, list, NULL, bits[i].name);
}

static void paths_print(const struct printer *printer, struct doc *out, const char *key,
                        const struct list *paths, bool with_access)
{
    struct arena *arena = printer->arena;
    struct doc *list = doc_add_list(arena, out, key);
    LIST_FOREACH (*paths, struct profile_path, path) {
        struct doc *item = doc_add_table(arena, list, NULL);
        doc_add_text(arena, item, "path", path->path ? path->path : path->written);
        if (path->path && strcmp(path->path, path->written) != 0)
            doc_add_text(arena, item, "written", path->written);
        if (with_access)
            access_print(arena, item, path->access);
        if (path->is_file)
            doc_add_bool(arena, item, "file", true);
        if (path->is_state)
            doc_add_bool(arena, item, "state", true);
        if (path->is_glob)
            doc_add_bool(arena, item, "pattern", true);
        doc_add_text(arena, item, "when", path->when);
        origin_print(printer, item, &path->origin);
    }
}

static void hosts_print(const struct printer *printer, struct doc *out, const char *key,
                        const struct list *hosts)
{
    struct arena *arena = printer->arena;
    struct doc *list = doc_add_list(arena, out, key);
    LIST_FOREACH (*hosts, struct profile_host, host) {
        struct doc *item = doc_add_table(arena, list, NULL);
        doc_add_text(arena, item, "host", host->host);
        if (host->port)
            doc_add_integer(arena, item, "port", host->port);
        doc_add_text(arena, item, "method", host->method);
        doc_add_text(arena, item, "path", host->path);
        doc_add_text(arena, item, "when", host->when);
        origin_print(printer, item, &host->origin);
    }
}

static void ports_print(struct arena *arena, struct doc *out, const char *key,
                        const struct list *ports)
{
    struct doc *list = doc_add_list(arena, out, key);
    LIST_FOREACH (*ports, struct profile_port, port)
        doc_add_text(arena, list, NULL,
                     port->first == port->last
                         ? arena_printf(arena, "%u", port->first)
                         : arena_printf(arena, "%u-%u", port->first, port->last));
}

static void notes_print(const struct printer *printer, struct doc *out, const char *key,
                        const struct list *notes)
{
    struct arena *arena = printer->arena;
    struct doc *list = doc_add_list(arena, out, key);
    LIST_FOREACH (*notes, struct profile_note, note) {
        struct doc *item = doc_add_table(arena, list, NULL);
        doc_add_text(arena, item, "key", note->key);
        doc_add_text(arena, item, "text", note->text);
        origin_print(printer, item, &note->origin);
    }
}

static void hook_print(const struct printer *printer, struct doc *out, const char *key,
                       const struct profile_hook *hook)
{
    if (!hook->written)
        return;
    struct arena *arena = printer->arena;
    struct doc *item = doc_add_table(arena, out, key);
    doc_add_text(arena, item, "script", hook->script ? hook->script : hook->written);
    doc_add_integer(arena, item, "timeout_secs", hook->timeout_s);
    origin_print(printer, item, &hook->origin);
}

static void parts_print(struct arena *arena, struct doc *out, const struct profile *profile)
{
    struct doc *list = doc_add_list(arena, out, "made_of");
    LIST_FOREACH (profile->parts, struct profile_part, part) {
        struct doc *item = doc_add_table(arena, list, NULL);
        doc_add_text(arena, item, "name", part->name);
        doc_add_text(arena, item, "file", part->file);
        doc_add_text(arena, item, "pack", part->pack);
    }
    texts_print(arena, out, "groups", &profile->groups);
}

static void environment_print(struct arena *arena, struct doc *out, const struct profile *profile)
{
    struct doc *environment = doc_add_table(arena, out, "environment");
    if (profile->environment_allowed)
        texts_print(arena, environment, "allow", &profile->allow_variables);
    texts_print(arena, environment, "deny", &profile->deny_variables);
    struct doc *set = doc_add_table(arena, environment, "set");
    LIST_FOREACH (profile->set_variables, struct profile_variable, variable)
        doc_add_text(arena, set, variable->name, variable->value);
}

static void network_print(const struct printer *printer, struct doc *out,
                          const struct profile *profile)
{
    struct arena *arena = printer->arena;
    struct doc *network = doc_add_table(arena, out, "network");
    doc_add_text(arena, network, "mode", network_names[profile->network]);
    if (profile->network == PROFILE_NETWORK_HOSTS)
        hosts_print(printer, network, "allow_hosts", &profile->allow_hosts);
    hosts_print(printer, network, "deny_hosts", &profile->deny_hosts);
    doc_add_bool(arena, network, "deny_cloud_metadata", profile->deny_cloud_metadata);
    ports_print(arena, network, "connect_ports", &profile->connect_ports);
    ports_print(arena, network, "localhost_ports", &profile->localhost_ports);
    ports_print(arena, network, "listen_ports", &profile->listen_ports);
}

static void filesystem_print(const struct printer *printer, struct doc *out,
                             const struct profile *profile)
{
    struct arena *arena = printer->arena;
    struct doc *files = doc_add_table(arena, out, "filesystem");
    paths_print(printer, files, "allow", &profile->grants, true);
    doc_add_text(arena, files, "execute", profile->execute_listed ? "listed" : "readable");
    paths_print(printer, files, "deny", &profile->denies, false);
    paths_print(printer, files, "bypass_protection", &profile->bypasses, false);
    doc_add_text(arena, files, "workdir", workdir_names[profile->workdir]);
}

static struct doc *print(const struct printer *printer, const struct profile *profile)
{
    struct arena *arena = printer->arena;
    struct doc *out = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, out, "name", profile->name);
    doc_add_text(arena, out, "description", profile->description);
    doc_add_text(arena, out, "version", profile->version);
    doc_add_text(arena, out, "author", profile->author);
    doc_add_text(arena, out, "program", profile->program);
    parts_print(arena, out, profile);
    filesystem_print(printer, out, profile);
    network_print(printer, out, profile);

    struct doc *credentials = doc_add_table(arena, out, "credentials");
    doc_add_bool(arena, credentials, "proxy_mode", profile->credentials_proxy);
    doc_add_text(arena, credentials, "keystore", profile->keystore);
    texts_print(arena, credentials, "services", &profile->credentials);
    struct doc *audit = doc_add_table(arena, out, "audit");
    doc_add_text(arena, audit, "level", audit_names[profile->audit_level]);
    doc_add_bool(arena, audit, "integrity_hash", profile->audit_integrity);
    doc_add_bool(arena, audit, "evidence_fs", profile->audit_evidence_fs);
    struct doc *security = doc_add_table(arena, out, "security");
    doc_add_text(arena, security, "signals", signal_names[profile->signals]);
    doc_add_text(arena, security, "ipc", ipc_names[profile->ipc]);
    environment_print(arena, out, profile);

    struct doc *commands = doc_add_table(arena, out, "commands");
    texts_print(arena, commands, "allow", &profile->commands_allow);
    texts_print(arena, commands, "deny", &profile->commands_deny);
    struct doc *hooks = doc_add_table(arena, out, "session_hooks");
    hook_print(printer, hooks, "before", &profile->hook_before);
    hook_print(printer, hooks, "after", &profile->hook_after);
    notes_print(printer, out, "unsupported", &profile->unsupported);
    notes_print(printer, out, "warnings", &profile->warnings);
    return out;
}

struct doc *profile_print(const struct profile *profile, struct arena *arena)
{
    const struct printer printer = { .arena = arena, .with_origins = true };
    return print(&printer, profile);
}

struct doc *profile_print_rules(const struct profile *profile, struct arena *arena)
{
    const struct printer printer = { .arena = arena };
    return print(&printer, profile);
}
