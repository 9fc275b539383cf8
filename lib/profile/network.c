/* The keys of [network] and of [credentials]. */
#include <string.h>

#include "lib/base/text.h"
#include "lib/profile/resolver.h"

#define LOOK_BACK 256 /* a host that was named before does no harm: only near ones are left out */

static bool same_condition(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool host_add(struct resolver *resolver, struct list *list, const struct doc *item,
                     const char *key, const struct profile_item *entry)
{
    struct profile_host host;
    struct error inner = { 0 };
    if (!entry->holds)
        return true;
    if (!profile_host_parse(resolver->arena, entry->text, &host, &inner)) {
        doc_fault(resolver->err, item, "%s: %s", key, inner.message);
        return error_field(resolver->err, "%s", key);
    }
    host.when = entry->when;
    host.origin = profile_origin_of(resolver, item);
    struct list recent = *list;
    if (list->count > LOOK_BACK)
        recent = (struct list){ LIST_AT(*list, struct profile_host, list->count - LOOK_BACK),
                                LOOK_BACK };
    LIST_FOREACH (recent, struct profile_host, old)
        if (strcmp(old->written, host.written) == 0 && !host.method && !old->method &&
            same_condition(old->when, host.when)) /* one that holds elsewhere hides none */
            return true;
    *LIST_ADD(resolver->arena, list, struct profile_host) = host;
    return true;
}

/* { method, path } under a host of the original's allow_domain. */
static bool endpoint_add(struct resolver *resolver, const struct doc *rule, const char *key,
                         const struct profile_item *entry)
{
    struct profile_host host;
    const struct doc *method = doc_find(rule, "method"), *path = doc_find(rule, "path");
    if (rule->kind != DOC_TABLE || !path)
        return profile_kind_fault(resolver, rule, key, "a table with method and path");
    DOC_FOREACH (rule, member)
        if (!profile_key_is(member, "method") && !profile_key_is(member, "path"))
            return doc_fault_key(resolver->err, member, "%s: unknown key \"%.64s\"", key,
                                 member->key);
    const char *method_text = NULL, *path_text;
    if ((method && !profile_text(resolver, method, key, &method_text)) ||
        !profile_text(resolver, path, key, &path_text) || !profile_entry_count(resolver, rule))
        return false;
    struct error inner = { 0 };
    if (!profile_host_parse(resolver->arena, entry->text, &host, &inner))
        return doc_fault(resolver->err, rule, "%s: %s", key, inner.message);
    host.method = method_text;
    host.path = path_text;
    host.when = entry->when;
    host.written = arena_printf(resolver->arena, "%s %s%s", method_text ? method_text : "*",
                                entry->text, path_text);
    host.origin = profile_origin_of(resolver, rule);
    *LIST_ADD(resolver->arena, &resolver->profile->allow_hosts, struct profile_host) = host;
    return true;
}

/* { domain, endpoints, when }. */
static bool domain_add(struct resolver *resolver, const struct doc *item, const char *key)
{
    const struct doc *rules = doc_find(item, "endpoints"), *domain = doc_find(item, "domain");
    struct profile_item entry = { .when = resolver->when, .holds = true };
    DOC_FOREACH (item, member)
        if (!profile_key_is(member, "domain") && !profile_key_is(member, "endpoints") &&
            !profile_key_is(member, "when"))
            return doc_fault_key(resolver->err, member, "%s: unknown key \"%.64s\"", key,
                                 member->key);
    if (!domain)
        return doc_fault(resolver->err, item, "%s: an entry without \"domain\"", key);
    if (!profile_text(resolver, domain, key, &entry.text) ||
        !profile_item_when(resolver, item, &entry))
        return false;
    if (!entry.holds)
        return true;
    if (!rules || rules->kind == DOC_NULL)
        return host_add(resolver, &resolver->profile->allow_hosts, item, key, &entry);
    if (rules->kind != DOC_LIST)
        return profile_kind_fault(resolver, rules, key, "a list of endpoints");
    DOC_FOREACH (rules, rule)
        if (!endpoint_add(resolver, rule, key, &entry))
            return false;
    return true;
}

static bool hosts_apply(struct resolver *resolver, const char *key, const struct doc *value,
                        struct list *list, bool tables)
{
    if (value->kind != DOC_LIST)
        return profile_kind_fault(resolver, value, key, "a list of hosts");
    DOC_FOREACH (value, item) {
        struct profile_item entry;
        if (tables && item->kind == DOC_TABLE && !doc_find(item, "host")) {
            if (!profile_entry_count(resolver, item) || !domain_add(resolver, item, key))
                return false;
            continue;
        }
        if (!profile_item_read(resolver, item, key, "host", &entry) ||
            !host_add(resolver, list, item, key, &entry))
            return false;
    }
    return true;
}

/* In the original an empty list says nothing; in ours it allows nothing. */
static bool names_hosts(const struct resolver *resolver, const struct doc *value)
{
    return resolver->part->dialect == PROFILE_DIALECT_OURS || value->count > 0;
}

bool profile_apply_hosts(struct resolver *resolver, const char *key, const struct doc *value,
                         unsigned arg)
{
    (void)arg;
    if (!hosts_apply(resolver, key, value, &resolver->profile->allow_hosts, true))
        return false;
    resolver->hosts_named |= names_hosts(resolver, value);
    return true;
}

bool profile_apply_denied_hosts(struct resolver *resolver, const char *key, const struct doc *value,
                                unsigned arg)
{
    (void)arg;
    return hosts_apply(resolver, key, value, &resolver->profile->deny_hosts, false);
}

bool profile_apply_endpoints(struct resolver *resolver, const char *key, const struct doc *value,
                             unsigned arg)
{
    (void)arg;
    if (!hosts_apply(resolver, key, value, &resolver->profile->allow_hosts, false))
        return false;
    resolver->hosts_named |= names_hosts(resolver, value);
    return true;
}

static struct list *ports_of(struct profile *profile, unsigned which)
{
    struct list *const lists[] = { &profile->connect_ports, &profile->localhost_ports,
                                   &profile->listen_ports };
    return lists[which];
}

static bool port_read(struct resolver *resolver, const char *key, const struct doc *value,
                      uint16_t *out)
{
    if (value->kind != DOC_INTEGER || value->integer < 1 || value->integer > UINT16_MAX)
        return profile_kind_fault(resolver, value, key, "a port from 1 to 65535");
    *out = (uint16_t)value->integer;
    return true;
}

bool profile_apply_ports(struct resolver *resolver, const char *key, const struct doc *value,
                         unsigned arg)
{
    if (value->kind != DOC_LIST)
        return profile_kind_fault(resolver, value, key, "a list of ports");
    DOC_FOREACH (value, item) {
        struct profile_port port = { .origin = profile_origin_of(resolver, item) };
        if (!profile_entry_count(resolver, item) || !port_read(resolver, key, item, &port.first))
            return false;
        port.last = port.first;
        *LIST_ADD(resolver->arena, ports_of(resolver->profile, arg), struct profile_port) = port;
    }
    return true;
}

bool profile_apply_port_ranges(struct resolver *resolver, const char *key, const struct doc *value,
                               unsigned arg)
{
    if (value->kind != DOC_LIST)
        return profile_kind_fault(resolver, value, key, "a list of [first, last]");
    DOC_FOREACH (value, item) {
        struct profile_port port = { .origin = profile_origin_of(resolver, item) };
        if (item->kind != DOC_LIST || item->count != 2)
            return profile_kind_fault(resolver, item, key, "[first, last]");
        if (!profile_entry_count(resolver, item) ||
            !port_read(resolver, key, item->first, &port.first) ||
            !port_read(resolver, key, item->last, &port.last))
            return false;
        if (port.first > port.last)
            return doc_fault(resolver->err, item, "%s: the range ends before it begins", key);
        *LIST_ADD(resolver->arena, ports_of(resolver->profile, arg), struct profile_port) = port;
    }
    return true;
}

/* block is never taken back; open and deny_cloud_metadata are what was said last. */
bool profile_apply_network_flag(struct resolver *resolver, const char *key, const struct doc *value,
                                unsigned arg)
{
    if (value->kind != DOC_BOOL)
        return profile_kind_fault(resolver, value, key, "true or false");
    if (arg == 'b')
        resolver->profile->network_blocked |= value->boolean;
    else if (arg == 'o')
        resolver->network_opened = value->boolean;
    else {
        resolver->metadata_said = true;
        resolver->metadata_denied = value->boolean;
    }
    return true;
}

bool profile_apply_preset(struct resolver *resolver, const char *key, const struct doc *value,
                          unsigned arg)
{
    (void)arg;
    if (value->kind == DOC_NULL) {
        resolver->network_preset = NULL;
        return true;
    }
    resolver->preset_origin = profile_origin_of(resolver, value);
    return profile_text(resolver, value, key, &resolver->network_preset);
}

bool profile_apply_credentials(struct resolver *resolver, const char *key, const struct doc *value,
                               unsigned arg)
{
    (void)arg;
    struct list *credentials = &resolver->profile->credentials;
    if (value->kind != DOC_LIST)
        return profile_kind_fault(resolver, value, key, "a list of names");
    if (!value->count)
        *credentials = (struct list){ 0 }; /* an empty list takes back what bases asked */
    DOC_FOREACH (value, item) {
        const char *name;
        if (!profile_entry_count(resolver, item) || !profile_text(resolver, item, key, &name) ||
            !profile_name_add(resolver, item, key, credentials, name))
            return false;
    }
    return true;
}

/* Declared credentials do nothing until `credentials` names them, and then the name is refused. */
bool profile_apply_custom_credentials(struct resolver *resolver, const char *key,
                                      const struct doc *value, unsigned arg)
{
    static const char *const known[] = {
        "upstream",         "credential_key",  "auth",
        "aws_auth",         "spiffe",          "inject_mode",
        "inject_header",    "env_var",         "credential_format",
        "path_pattern",     "proxy",           "path_replacement",
        "query_param_name", "endpoint_rules",  "endpoint_policy",
        "tls_ca",           "tls_client_cert", "tls_client_key",
        "rate_limit",
    };
    (void)arg;
    if (value->kind != DOC_TABLE)
        return profile_kind_fault(resolver, value, key, "a table of credentials");
    DOC_FOREACH (value, credential) {
        if (credential->kind != DOC_TABLE)
            return profile_kind_fault(resolver, credential, key, "a table");
        DOC_FOREACH (credential, member) {
            bool found = false;
            for (size_t i = 0; !found && i < COUNT(known); i++)
                found = profile_key_is(member, known[i]);
            if (found)
                continue;
            doc_fault_key(resolver->err, member, "%s.%.64s: unknown key \"%.64s\"", key,
                          credential->key, member->key);
            const char *near = text_nearest(member->key, known, COUNT(known));
            return near ? error_hint(resolver->err, "did you mean \"%s\"?", near) : false;
        }
        if (!profile_name_add(resolver, credential, key, &resolver->custom_credentials,
                              credential->key))
            return false;
    }
    return true;
}
