/* The answer to a request that goes nowhere: status, Proxy-Status (RFC 9209) and a line of text. */
#pragma once

#include "sandbox/policy/proxy.h"

#define REFUSAL_MAX 2048

unsigned refusal_status(enum proxy_category category);
/* Prints the whole message; returns its length. reason and hint are one printable line each. */
size_t refusal_print(enum proxy_category category, const char *reason, const char *hint,
                     char out[REFUSAL_MAX]);
