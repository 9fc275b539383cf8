#include "client/cmd/refusals.h"

#include <string.h>

#include "lib/base/text.h"
#include "sandbox/run/run.h"

#define BIT(category) (1U << (category))

/* What rules decide: a name that does not resolve, say, is no refusal. */
static const unsigned by_rules = BIT(PROXY_METADATA) | BIT(PROXY_HOST_DENIED) |
                                 BIT(PROXY_HOST_NOT_ALLOWED) | BIT(PROXY_PORT_NOT_ALLOWED) |
                                 BIT(PROXY_ADDRESS_DENIED) | BIT(PROXY_TLS_NAME) |
                                 BIT(PROXY_TLS_EXPECTED);
static const unsigned by_absence = BIT(PROXY_HOST_NOT_ALLOWED) | BIT(PROXY_PORT_NOT_ALLOWED);

/* At once, or when it went on otherwise than it had begun (TLS to another name). */
static bool is_refused(const struct proxy_event *event)
{
    return (event->event == PROXY_DECISION || event->event == PROXY_END) && !event->allowed &&
           event->host && event->reason && by_rules & BIT(event->category);
}

static bool is_told(const struct refusals *refusals, const struct proxy_event *event)
{
    for (size_t i = 0; i < refusals->count; i++)
        if (refusals->told[i].port == event->port &&
            strcmp(refusals->told[i].host, event->host) == 0)
            return true;
    return false;
}

void refusals_note(const struct proxy_event *event, void *context)
{
    struct refusals *refusals = context;
    run_record_network(event, refusals->audit);
    if (!is_refused(event) || is_told(refusals, event))
        return;
    refusals->could_be_allowed |= (by_absence & BIT(event->category)) != 0;
    if (refusals->count == REFUSALS_TOLD) {
        refusals->left_out++;
        return;
    }
    size_t at = refusals->count++;
    refusals->told[at].host = arena_strndup(refusals->arena, event->host, strlen(event->host));
    refusals->told[at].reason =
        arena_strndup(refusals->arena, event->reason, strlen(event->reason));
    refusals->told[at].port = event->port;
}

void refusals_tell(const struct refusals *refusals, FILE *stream)
{
    for (size_t i = 0; i < refusals->count; i++) {
        (void)fprintf(stream, "nono run: refused %s:%u: %s\n",
                      text_escape(refusals->told[i].host, refusals->arena),
                      (unsigned)refusals->told[i].port,
                      text_escape(refusals->told[i].reason, refusals->arena));
    }
    if (refusals->left_out)
        (void)fprintf(stream, "nono run: and %zu more\n", refusals->left_out);
    if (refusals->could_be_allowed)
        (void)fprintf(stream, "  --allow-domain HOST[:PORT] allows one%s\n",
                      refusals->audit ? "; `nono audit show` has more of them" : "");
}
