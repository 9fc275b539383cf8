/*
 * What kind of network an address belongs to (IANA's special-purpose registries, RFC 6890), and
 * which addresses are a cloud's metadata service. Only ADDRESS_PUBLIC may be reached without being
 * named; ADDRESS_METADATA never.
 *
 * An IPv4 address inside an IPv6 one is judged as itself: behind NAT64's well-known prefix a
 * public address is public; every other embedding is refused as ADDRESS_TRANSITION, or as
 * ADDRESS_METADATA when that is what it leads to.
 */
#pragma once

#include "sandbox/policy/host.h"

enum address_class {
    ADDRESS_PUBLIC,
    ADDRESS_METADATA,
    ADDRESS_LINK_LOCAL,
    ADDRESS_LOOPBACK,
    ADDRESS_PRIVATE,
    ADDRESS_SHARED, /* carrier-grade NAT */
    ADDRESS_MULTICAST,
    ADDRESS_UNSPECIFIED, /* "this network" */
    ADDRESS_TRANSITION,
    ADDRESS_RESERVED,
};

/* host is a literal. */
enum address_class address_classify(const struct host *host);
/* "a loopback address", for messages. */
const char *address_class_text(enum address_class class);

/* A name under which a cloud serves its metadata. */
/* The IPv4 address that stands in an IPv6 one, of whatever kind; false when none does. */
bool address_inner(const struct host *host, struct host *out);

bool host_is_metadata_name(const struct host *host);
