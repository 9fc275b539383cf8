/*
 * Hosts as requests and rules name them: a DNS name, or an address in its one canonical notation.
 *
 * Every other spelling of an address (127.1, 0x7f000001, 2130706433, 0177.0.0.1, IPv6 with zones,
 * needless zeros or capitals) is refused, so that what was judged and what is connected to cannot
 * differ. Names are ASCII (internationalised ones in their xn-- form), lower case here, without
 * the trailing dot. No system calls, no look-ups.
 */
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define HOST_TEXT_MAX      254 /* 253 characters (RFC 1035 section 2.3.4) and a NUL */
#define AUTHORITY_TEXT_MAX (HOST_TEXT_MAX + 2 + 6)

enum host_kind { HOST_NAME, HOST_IPV4, HOST_IPV6 };

struct host {
    enum host_kind kind;
    char text[HOST_TEXT_MAX]; /* canonical; IPv6 without brackets */
    union {                   /* of a literal, in network byte order */
        struct in_addr ipv4;
        struct in6_addr ipv6;
    };
};

struct authority {
    struct host host;
    uint16_t port;
};

/* A name, a dotted quad, or an IPv6 address without brackets. */
bool host_parse(const char *text, size_t len, struct host *out, struct error *err) MUST_CHECK;
/* The same from an address. */
void host_of_ipv4(const struct in_addr *address, struct host *out);
void host_of_ipv6(const struct in6_addr *address, struct host *out);
bool host_equal(const struct host *a, const struct host *b);

#define HOST_ADDRESSES_MAX 2
/*
 * The addresses that a host has without a look-up, and how many: of a literal that one; of
 * "localhost" ::1 and 127.0.0.1, in the system's order, for nobody is asked what it is (RFC 6761
 * section 6.3); of any other name none. What lies below localhost is any other name.
 */
size_t host_addresses(const struct host *host, struct host out[HOST_ADDRESSES_MAX]);

/*
 * "host", "host:port" or "[ipv6]:port" (RFC 3986 section 3.2, without user information). A missing
 * port becomes default_port; when that is 0, a missing port is refused.
 */
bool authority_parse(const char *text, size_t len, uint16_t default_port, struct authority *out,
                     struct error *err) MUST_CHECK;
/* "host" or "host:port" when the port is not default_port; IPv6 in brackets. */
void authority_print(const struct authority *authority, uint16_t default_port,
                     char out[AUTHORITY_TEXT_MAX]);
