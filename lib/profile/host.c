/* Hosts as profiles name them. What a name resolves to is the proxy's to judge. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/profile/resolver.h"

#define HOST_MAX 253

static bool refuse(struct error *err, const char *text, const char *why)
{
    return error_set(err, INVALID, "\"%.128s\": %s", text, why);
}

/* Letters, digits and hyphens in labels of 1 to 63, or nothing but an address's own characters. */
static bool is_host(const char *host)
{
    size_t len = strlen(host), label = 0;
    if (!len || len > HOST_MAX)
        return false;
    for (const char *at = host; *at; at++) {
        bool letter = isalnum((unsigned char)*at) || *at == '-' || *at == '_';
        if (!letter && *at != '.')
            return false;
        label = letter ? label + 1 : 0;
        if ((*at == '.' && (at == host || at[-1] == '.')) || label > 63)
            return false;
    }
    return true;
}

static bool is_address6(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET6, host, &address) == 1;
}

/* Decimal from 1 to 65535, without a zero in front. */
static bool read_port(const char *text, size_t len, uint16_t *out)
{
    unsigned long value = 0;
    if (!len || len > 5 || *text == '0')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
        value = value * 10 + (unsigned long)(text[i] - '0');
    }
    *out = (uint16_t)value;
    return value <= UINT16_MAX;
}

static char *lower(struct arena *arena, const char *text, size_t len)
{
    char *out = arena_strndup(arena, text, len);
    for (char *at = out; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return out;
}

/* A lone slash, or one with two stars behind it, is the whole host. */
static const char *path_of(struct arena *arena, const char *path)
{
    if (!*path || strcmp(path, "/") == 0 || strcmp(path, "/**") == 0)
        return NULL;
    return arena_strndup(arena, path, strlen(path));
}

/* The host's own text, and where it ends: "[::1]", "fd00::7", or up to ':' or '/'. */
static const char *host_end(const char *rest, const char **host, size_t *len)
{
    if (is_address6(rest)) {
        *host = rest;
        *len = strlen(rest);
        return rest + *len;
    }
    if (*rest != '[') {
        *host = rest;
        *len = strcspn(rest, ":/");
        return rest + *len;
    }
    const char *close = strchr(rest, ']');
    *host = rest + 1;
    *len = close ? (size_t)(close - rest) - 1 : 0;
    return close ? close + 1 : NULL;
}

static bool host_check(const char *host, bool address6)
{
    if (address6 || strcmp(host, "*") == 0)
        return !address6 || is_address6(host);
    return is_host(text_starts(host, "*.") ? host + 2 : host);
}

bool profile_host_parse(struct arena *arena, const char *text, struct profile_host *out,
                        struct error *err)
{
    struct profile_host parsed = { .written = text };
    const char *rest = text, *host;
    size_t len;
    uint16_t scheme_port = 0;
    if (text_starts(rest, "https://")) {
        rest += strlen("https://");
        scheme_port = 443;
    } else if (text_starts(rest, "http://")) {
        rest += strlen("http://");
        scheme_port = 80;
    }
    for (const char *at = rest; *at; at++)
        if ((unsigned char)*at >= 0x80)
            return refuse(err, text, "write the host in its ASCII form (xn--...)");
    bool address6 = *rest == '[' || is_address6(rest);
    rest = host_end(rest, &host, &len);
    if (!rest)
        return refuse(err, text, "expected ] behind the address");
    char *name = lower(arena, host, len);
    if (len > 1 && name[len - 1] == '.' && name[len - 2] != '*')
        name[len - 1] = '\0';
    if (!host_check(name, address6))
        return refuse(err, text, "not a host; for example api.example.org, *.example.org:443");

    parsed.host = name;
    parsed.port = scheme_port;
    if (*rest == ':') {
        size_t digits = strcspn(++rest, "/");
        if (!read_port(rest, digits, &parsed.port))
            return refuse(err, text, "not a port from 1 to 65535");
        rest += digits;
    }
    if (*rest && *rest != '/')
        return refuse(err, text, "expected : or / behind the host");
    parsed.path = path_of(arena, rest);
    *out = parsed;
    return true;
}
