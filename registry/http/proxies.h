/* Which peers are proxies of ours, whose word on the client counts: addresses and networks. */
#pragma once

#include <sys/socket.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

struct proxies;

/* A list of "10.0.0.0/8", "::1", ..., and "unix" for all who come by a Unix socket; INVALID names
 * the one that is none. */
bool proxies_new(struct list texts, struct proxies **out, struct error *err) MUST_CHECK;
void proxies_free(struct proxies *proxies);
DEFINE_CLEANUP(struct proxies *, proxies_free)

#define ADDRESS_TEXT 46

/* The numeric text of a peer; IPv4 in IPv6 as IPv4; "unix" for what has no address. */
void address_print(const struct sockaddr *address, char out[ADDRESS_TEXT]);
bool proxies_have(const struct proxies *proxies, const char *address);
/*
 * The client behind trusted proxies: from the right of X-Forwarded-For (NULL: none), the first
 * address that is not a proxy's. In arena.
 */
const char *proxies_client(const struct proxies *proxies, const char *peer, const char *forwarded,
                           struct arena *arena);
