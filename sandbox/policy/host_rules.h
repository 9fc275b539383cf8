/*
 * Which hosts a sandbox may reach: allow and deny rules over names, ports and addresses. The proxy
 * enforces them and `nono why` answers from them; it is the same code.
 *
 *     rule      = host [":" port]
 *     host      = name | "*." name | "*" | address
 *
 * `*.example.com` stands for every name below example.com, not for example.com itself. A rule
 * without a port allows ports 80 and 443, and denies every port. Nothing allowed means nothing
 * may be reached. In this order:
 *
 *  1. cloud metadata, by name or address: denied, whatever the rules say;
 *  2. a deny rule that matches: denied;
 *  3. no allow rule matches host and port: denied;
 *  4. an address (asked for, or that a name resolves to) that is not public: denied, unless an
 *     allow rule names that very address, or names localhost, and it was asked for as localhost.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/record.h"
#include "sandbox/policy/address.h"
#include "sandbox/policy/proxy.h"

struct host_rule {
    enum { RULE_ANY, RULE_BELOW, RULE_HOST } kind;
    struct host host; /* of RULE_BELOW: without the "*." */
    uint16_t port;    /* 0 when the rule names none */
    const char *text; /* as it was written */
};

struct host_rules {
    struct list allow, deny; /* of struct host_rule */
};

struct host_judgement {
    bool allowed;
    enum proxy_category category; /* PROXY_NONE when allowed */
    const char *rule;             /* the rule that decided, as it was written, or NULL */
    char reason[192];             /* one line: "example.org is not among the allowed hosts" */
};

/* allow and deny are lists of const char *, which must outlive the rules. */
bool host_rules_parse(const struct list *allow, const struct list *deny, struct arena *arena,
                      struct host_rules *out, struct error *err) MUST_CHECK;
bool host_rule_parse(const char *text, struct host_rule *out, struct error *err) MUST_CHECK;
bool host_rule_matches(const struct host_rule *rule, const struct host *host);

/* Before any look-up; a name that is denied must not even be resolved. Addresses that need none
 * (host_addresses) are judged, too. */
void host_rules_judge(const struct host_rules *rules, const struct authority *authority,
                      struct host_judgement *out);
/* Each address that the name of an allowed authority resolved to. */
void host_rules_judge_address(const struct host_rules *rules, const struct authority *authority,
                              const struct host *address, struct host_judgement *out);
