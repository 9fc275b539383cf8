/* USES sandbox/policy */
/*
 * The first line is a rule, the second an authority: a deny rule that matches always wins over the
 * same rule as an allow rule, and what one rule allows it matches.
 */
#include <assert.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "sandbox/policy/host_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = arena_strndup(arena, (const char *)data, size);
    const char *line = strchr(text, '\n');
    if (!line)
        return 0;
    const char *rule_text = arena_strndup(arena, text, (size_t)(line - text));
    struct list one = { &rule_text, 1 }, none = { NULL, 0 };
    struct host_rules allowing, both;
    struct authority authority;
    struct error err;
    if (!host_rules_parse(&one, &none, arena, &allowing, &err) ||
        !authority_parse(line + 1, strlen(line + 1), 443, &authority, &err))
        return 0;

    struct host_judgement judgement;
    host_rules_judge(&allowing, &authority, &judgement);
    assert(judgement.allowed == (judgement.category == PROXY_NONE));
    assert(judgement.allowed || judgement.reason[0]);
    const struct host_rule *rule = LIST_AT(allowing.allow, struct host_rule, 0);
    if (!judgement.allowed)
        return 0;
    assert(host_rule_matches(rule, &authority.host));
    assert(!host_is_metadata_name(&authority.host));

    assert(host_rules_parse(&one, &one, arena, &both, &err));
    host_rules_judge(&both, &authority, &judgement);
    assert(judgement.category == PROXY_HOST_DENIED);
    return 0;
}
