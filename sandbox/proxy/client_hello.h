/*
 * The server name in the first message of a TLS connection (RFC 8446 section 4.1.2, RFC 6066
 * section 3), read from the bytes that the program sends before the server sees any of them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sandbox/policy/host.h"

#define CLIENT_HELLO_MAX ((size_t)16 * 1024) /* with record headers */

enum client_hello {
    CLIENT_HELLO_MORE,    /* a ClientHello so far, not yet whole */
    CLIENT_HELLO_NAMED,   /* whole, *name is its server name */
    CLIENT_HELLO_UNNAMED, /* whole, without a server name */
    CLIENT_HELLO_NOT_TLS, /* the first bytes are no TLS handshake record */
    CLIENT_HELLO_BAD,     /* TLS, but malformed, over CLIENT_HELLO_MAX, or an odd name */
};

/* bytes is all that has come so far. *name is written for CLIENT_HELLO_NAMED alone. */
enum client_hello client_hello_read(const uint8_t *bytes, size_t len, struct host *name);
