#include "sandbox/policy/host_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool default_port(uint16_t port)
{
    return port == 80 || port == 443;
}

/* A rule's port is behind the last colon, unless that belongs to a bare IPv6 address. */
static bool rule_host_parse(const char *text, size_t len, struct host_rule *out, struct error *err)
{
    const char *colon = memchr(text, ':', len);
    if (colon && text[0] != '[' && memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)))
        return host_parse(text, len, &out->host, err);

    struct authority authority;
    bool has_port = text[0] == '[' ? text[len - 1] != ']' : colon != NULL;
    if (!authority_parse(text, len, has_port ? 0 : 80, &authority, err))
        return false;
    out->host = authority.host;
    out->port = has_port ? authority.port : 0;
    return true;
}

bool host_rule_parse(const char *text, struct host_rule *out, struct error *err)
{
    struct host_rule rule = { .kind = RULE_HOST, .text = text };
    const char *host = text;
    if (*text == '*' && (text[1] == '\0' || text[1] == ':')) {
        struct authority any;
        rule.kind = RULE_ANY;
        /* "*:8080": the port is read behind a host that stands in for the star */
        if (text[1] == ':') {
            char stand_in[16];
            (void)snprintf(stand_in, sizeof(stand_in), "x%.10s", text + 1);
            if (strlen(text) > 10 || !authority_parse(stand_in, strlen(stand_in), 0, &any, err))
                return error_set(err, INVALID, "%.64s: a port is a number from 1 to 65535", text);
            rule.port = any.port;
        }
        *out = rule;
        return true;
    }
    if (host[0] == '*' && host[1] == '.') {
        rule.kind = RULE_BELOW;
        host += 2;
    }
    if (strchr(host, '*') || strstr(host, "//") || *host == '\0') {
        (void)error_set(err, INVALID, "%.64s: not a host rule", text);
        return error_hint(err, "write a host, *.domain or host:port, without a scheme or a path");
    }
    if (!rule_host_parse(host, strlen(host), &rule, err))
        return error_prefix(err, "%.64s", text);
    if (rule.kind == RULE_BELOW && rule.host.kind != HOST_NAME)
        return error_set(err, INVALID, "%.64s: only names have subdomains", text);
    *out = rule;
    return true;
}

static bool rules_parse(const struct list *texts, struct arena *arena, struct list *out,
                        struct error *err)
{
    struct host_rule *rules = ARENA_ARRAY(arena, struct host_rule, texts->count + 1);
    for (size_t i = 0; i < texts->count; i++) {
        if (!host_rule_parse(*LIST_AT(*texts, const char *, i), &rules[i], err))
            return false;
    }
    *out = (struct list){ rules, texts->count };
    return true;
}

bool host_rules_parse(const struct list *allow, const struct list *deny, struct arena *arena,
                      struct host_rules *out, struct error *err)
{
    struct host_rules rules = { 0 };
    if (!rules_parse(allow, arena, &rules.allow, err))
        return error_prefix(err, "allow_hosts");
    if (!rules_parse(deny, arena, &rules.deny, err))
        return error_prefix(err, "deny_hosts");
    *out = rules;
    return true;
}

static bool is_below(const char *name, const char *domain)
{
    size_t name_len = strlen(name), domain_len = strlen(domain);
    return name_len > domain_len + 1 && name[name_len - domain_len - 1] == '.' &&
           strcmp(name + name_len - domain_len, domain) == 0;
}

bool host_rule_matches(const struct host_rule *rule, const struct host *host)
{
    if (rule->kind == RULE_ANY)
        return true;
    if (rule->kind == RULE_BELOW)
        return host->kind == HOST_NAME && is_below(host->text, rule->host.text);
    return host_equal(&rule->host, host);
}

/* An IPv4 address is denied in IPv6's clothes, too: a gateway might undress it. */
static const struct host_rule *deny_find(const struct host_rules *rules, const struct host *host,
                                         uint16_t port)
{
    struct host inner;
    bool has_inner = address_inner(host, &inner);
    LIST_FOREACH (rules->deny, const struct host_rule, rule) {
        bool matches =
            host_rule_matches(rule, host) || (has_inner && host_rule_matches(rule, &inner));
        if (matches && (rule->port == 0 || rule->port == port))
            return rule;
    }
    return NULL;
}

/* *host_matched tells a host that is allowed on other ports from one that is not allowed. */
static const struct host_rule *allow_find(const struct host_rules *rules, const struct host *host,
                                          uint16_t port, bool *host_matched)
{
    *host_matched = false;
    LIST_FOREACH (rules->allow, const struct host_rule, rule) {
        if (!host_rule_matches(rule, host))
            continue;
        *host_matched = true;
        if (rule->port == port || (rule->port == 0 && default_port(port)))
            return rule;
    }
    return NULL;
}

static bool has_address(const struct host *host, const struct host *address)
{
    struct host own[HOST_ADDRESSES_MAX];
    size_t count = host_addresses(host, own);
    for (size_t i = 0; i < count; i++) {
        if (host_equal(&own[i], address))
            return true;
    }
    return false;
}

/*
 * Who names localhost has named the loopback, under that name alone: another name that leads there
 * is somebody else's idea.
 */
static bool rule_names(const struct host_rule *rule, const struct host *asked,
                       const struct host *address)
{
    return rule->kind == RULE_HOST &&
           (host_equal(&rule->host, address) ||
            (host_equal(&rule->host, asked) && has_address(asked, address)));
}

static bool allow_names(const struct host_rules *rules, const struct authority *authority,
                        const struct host *address)
{
    LIST_FOREACH (rules->allow, const struct host_rule, rule) {
        if (rule_names(rule, &authority->host, address) &&
            (rule->port == authority->port || (rule->port == 0 && default_port(authority->port))))
            return true;
    }
    return false;
}

__attribute__((format(printf, 4, 5))) static void deny(struct host_judgement *out,
                                                       enum proxy_category category,
                                                       const char *rule, const char *format, ...)
{
    *out = (struct host_judgement){ .category = category, .rule = rule };
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out->reason, sizeof(out->reason), format, args);
    va_end(args);
}

void host_rules_judge_address(const struct host_rules *rules, const struct authority *authority,
                              const struct host *address, struct host_judgement *out)
{
    enum address_class class = address_classify(address);
    const struct host_rule *rule = deny_find(rules, address, authority->port);
    const char *kind = address_class_text(class);
    char what[128]; /* "10.0.0.1 is", or "example.org leads to 10.0.0.1," */
    if (authority->host.kind == HOST_NAME)
        (void)snprintf(what, sizeof(what), "%.70s leads to %.46s,", authority->host.text,
                       address->text);
    else
        (void)snprintf(what, sizeof(what), "%.46s is", address->text);

    *out = (struct host_judgement){ .allowed = true };
    if (class == ADDRESS_METADATA)
        deny(out, PROXY_METADATA, NULL, "%s %s, which is never reachable", what, kind);
    else if (rule)
        deny(out, PROXY_HOST_DENIED, rule->text, "%.64s is denied by the rule %.64s", address->text,
             rule->text);
    else if (class != ADDRESS_PUBLIC && !allow_names(rules, authority, address))
        deny(out, PROXY_ADDRESS_DENIED, NULL, "%s %s, and no rule names it", what, kind);
}

void host_rules_judge(const struct host_rules *rules, const struct authority *authority,
                      struct host_judgement *out)
{
    const struct host *host = &authority->host;
    unsigned port = authority->port;
    bool host_matched;
    const struct host_rule *rule;

    if (host->kind == HOST_NAME && host_is_metadata_name(host)) {
        deny(out, PROXY_METADATA, NULL, "%.64s is a cloud metadata name, which is never reachable",
             host->text);
        return;
    }
    if (host->kind != HOST_NAME && address_classify(host) == ADDRESS_METADATA) {
        host_rules_judge_address(rules, authority, host, out);
        return;
    }
    rule = deny_find(rules, host, authority->port);
    if (rule) {
        deny(out, PROXY_HOST_DENIED, rule->text, "%.100s is denied by the rule %.64s", host->text,
             rule->text);
        return;
    }
    rule = allow_find(rules, host, authority->port, &host_matched);
    if (!rule) {
        if (host_matched)
            deny(out, PROXY_PORT_NOT_ALLOWED, NULL, "%.100s is allowed, but not on port %u",
                 host->text, port);
        else
            deny(out, PROXY_HOST_NOT_ALLOWED, NULL, "%.140s is not among the allowed hosts",
                 host->text);
        return;
    }
    *out = (struct host_judgement){ .allowed = true };
    struct host known[HOST_ADDRESSES_MAX];
    size_t count = host_addresses(host, known);
    for (size_t i = 0; i < count && out->allowed; i++)
        host_rules_judge_address(rules, authority, &known[i], out);
    if (out->allowed)
        out->rule = rule->text;
}
