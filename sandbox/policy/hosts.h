/* Names of hosts in policies, and whether a destination is one of them. No name is looked up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

#define HOST_MAX 256

struct caps_hosts;

/*
 * "example.org", "*.example.org", "*", "192.0.2.1", "[2001:db8::1]:443", any but a bare IPv6
 * address with ":port". The name is lower-cased and loses one dot at its end; brackets go. Letters,
 * digits,
 * '-', '_' and '.' only, labels of 1 to 63: international names are written in their ASCII form.
 */
bool host_parse(const char *text, char out[HOST_MAX], uint16_t *out_port, struct error *err)
    MUST_CHECK;

/* Whether an entry of the list names host and port; "*.a" is what ends in ".a". */
bool hosts_match(const struct caps_hosts *hosts, const char *host, uint16_t port);
