/* What of a run is put on record besides its start and end. */
#include "lib/base/doc.h"
#include "sandbox/run/run.h"

static const char *held_by(unsigned held, unsigned bit, const char *mechanism)
{
    return held & bit ? mechanism : "none";
}

static const char *denies_held_by(const struct confine_report *report)
{
    if (report->denied == 0)
        return "landlock";
    return report->held & NONO_HELD_DENY_MOUNTS ? "mounts" : "landlock siblings";
}

struct doc *run_enforced(const struct confine_report *report, enum nono_network network,
                         struct arena *arena)
{
    static const char *const networks[] = {
        [NONO_NETWORK_BLOCKED] = "blocked: seccomp, landlock",
        [NONO_NETWORK_OPEN] = "open",
        [NONO_NETWORK_PROXY] = "proxy: network namespace",
    };
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_integer(arena, doc, "landlock_abi", report->landlock_abi);
    doc_add_integer(arena, doc, "landlock_errata", report->landlock_errata);
    doc_add_integer(arena, doc, "rules", (int64_t)report->rules);
    doc_add_text(arena, doc, "files", held_by(report->held, NONO_HELD_FILES, "landlock"));
    doc_add_text(arena, doc, "denied_paths", denies_held_by(report));
    doc_add_text(arena, doc, "network", networks[network]);
    doc_add_text(arena, doc, "signals", held_by(report->held, NONO_HELD_SIGNALS, "landlock"));
    doc_add_text(arena, doc, "abstract_sockets",
                 held_by(report->held, NONO_HELD_ABSTRACT, "landlock"));
    doc_add_text(arena, doc, "system_calls",
                 held_by(report->held, NONO_HELD_SYSTEM_CALLS, "seccomp"));
    struct doc *missing = doc_add_list(arena, doc, "not_held");
    for (size_t i = 0; i < report->missing_count; i++)
        doc_add_text(arena, missing, NULL, report->missing[i]);
    return doc;
}

static bool network_decided(struct audit *audit, const struct proxy_event *event, struct error *err)
{
    struct audit_network network = {
        .id = event->id,
        .host = event->host ? event->host : "",
        .port = (uint16_t)event->port,
        .address = event->address,
        .reason = event->reason ? event->reason : event->rule,
        .allowed = event->allowed,
    };
    return audit_network(audit, &network, err);
}

static bool network_ended(struct audit *audit, const struct proxy_event *event, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *data = doc_new(arena, DOC_TABLE);
    doc_add_integer(arena, data, "id", (int64_t)event->id);
    doc_add_text(arena, data, "host", event->host);
    doc_add_integer(arena, data, "port", (int64_t)event->port);
    doc_add_text(arena, data, "address", event->address);
    doc_add_integer(arena, data, "sent_bytes", (int64_t)event->bytes_up);
    doc_add_integer(arena, data, "received_bytes", (int64_t)event->bytes_down);
    doc_add_integer(arena, data, "duration_us", (int64_t)event->duration_us);
    if (event->category != PROXY_NONE) { /* cut: by us, by a peer, or by the end of the run */
        doc_add_bool(arena, data, "allowed", event->allowed);
        doc_add_text(arena, data, "category", proxy_category_names[event->category]);
        doc_add_text(arena, data, "reason", event->reason);
    }
    return audit_event(audit, "network_closed", data, err);
}

static bool network_failed(struct audit *audit, const struct proxy_event *event, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *data = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, data, "reason", event->reason ? event->reason : "");
    return audit_event(audit, "network_failed", data, err);
}

void run_record_not_started(struct audit *audit, const char *reason)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *data = doc_new(arena, DOC_TABLE);
    struct error ignored; /* as below */
    doc_add_text(arena, data, "reason", reason);
    (void)!audit_event(audit, "not_started", data, &ignored);
}

void run_record_network(const struct proxy_event *event, void *context)
{
    struct audit *audit = context;
    struct error ignored; /* what could not be written is counted, and told at the end */
    if (audit && event->event == PROXY_DECISION)
        (void)!network_decided(audit, event, &ignored);
    else if (audit && event->event == PROXY_END)
        (void)!network_ended(audit, event, &ignored);
    else if (audit && event->event == PROXY_FAILED)
        (void)!network_failed(audit, event, &ignored);
}
