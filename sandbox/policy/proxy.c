#include "sandbox/policy/proxy.h"

static const struct field policy_fields[] = {
    TEXTS(struct proxy_policy, allow_hosts, REQUIRED),
    TEXTS(struct proxy_policy, deny_hosts, REQUIRED),
};
const struct record proxy_policy_record =
    RECORD(struct proxy_policy, "proxy policy", policy_fields);

static const char *const event_names[] = { "ready", "decision", "end", "failed", NULL };
static const char *const mode_names[] = { "none", "connect", "http", NULL };

const char *const proxy_category_names[] = {
    [PROXY_NONE] = "none",
    [PROXY_METADATA] = "metadata",
    [PROXY_HOST_DENIED] = "host_denied",
    [PROXY_HOST_NOT_ALLOWED] = "host_not_allowed",
    [PROXY_PORT_NOT_ALLOWED] = "port_not_allowed",
    [PROXY_ADDRESS_DENIED] = "address_denied",
    [PROXY_NAME_UNRESOLVED] = "name_unresolved",
    [PROXY_CONNECT_FAILED] = "connect_failed",
    [PROXY_TLS_NAME] = "tls_name",
    [PROXY_TLS_EXPECTED] = "tls_expected",
    [PROXY_BAD_REQUEST] = "bad_request",
    [PROXY_UNSUPPORTED] = "unsupported",
    [PROXY_BAD_RESPONSE] = "bad_response",
    [PROXY_TIMEOUT] = "timeout",
    [PROXY_CUT] = "cut",
    [PROXY_CATEGORY_COUNT] = NULL,
};

static const struct field event_fields[] = {
    ENUM(struct proxy_event, event, event_names, REQUIRED),
    TIME(struct proxy_event, time, REQUIRED),
    U64(struct proxy_event, id, OPTIONAL),
    ENUM(struct proxy_event, mode, mode_names, OPTIONAL),
    BOOL(struct proxy_event, allowed, OPTIONAL),
    ENUM(struct proxy_event, category, proxy_category_names, OPTIONAL),
    TEXT(struct proxy_event, host, OPTIONAL),
    U64(struct proxy_event, port, OPTIONAL),
    TEXT(struct proxy_event, rule, OPTIONAL),
    TEXT(struct proxy_event, address, OPTIONAL),
    TEXT(struct proxy_event, method, OPTIONAL),
    U64(struct proxy_event, status, OPTIONAL),
    U64(struct proxy_event, bytes_up, OPTIONAL),
    U64(struct proxy_event, bytes_down, OPTIONAL),
    U64(struct proxy_event, duration_us, OPTIONAL),
    TEXT(struct proxy_event, reason, OPTIONAL),
};
const struct record proxy_event_record = RECORD(struct proxy_event, "proxy event", event_fields);
