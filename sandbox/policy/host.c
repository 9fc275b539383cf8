#include "sandbox/policy/host.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* What inet_aton(3) would take as the last part of an address: digits, or 0x and hex digits. */
static bool is_numeric_label(const char *label, size_t len)
{
    bool hex = len >= 2 && label[0] == '0' && label[1] == 'x';
    for (size_t i = hex ? 2 : 0; i < len; i++) {
        if (hex ? !is_hex(label[i]) : !is_digit(label[i]))
            return false;
    }
    return true;
}

static bool label_check(const char *label, size_t len, struct error *err)
{
    if (len == 0 || len > LABEL_MAX)
        return error_set(err, INVALID, "a label of a host name has 1 to %d characters", LABEL_MAX);
    for (size_t i = 0; i < len; i++) {
        bool inner = i > 0 && i + 1 < len;
        bool fine = is_alnum(label[i]) || label[i] == '_' || (inner && label[i] == '-');
        if (!fine)
            return error_set(err, INVALID, "a host name has letters, digits, '-' and '_' only");
    }
    return true;
}

/* text is lower case and NUL-terminated. */
static bool name_check(const char *text, size_t len, struct error *err)
{
    const char *label = text;
    for (;;) {
        size_t label_len = strcspn(label, ".");
        if (!label_check(label, label_len, err))
            return false;
        if (label + label_len == text + len)
            return is_numeric_label(label, label_len)
                       ? error_set(err, INVALID, "not an address in its canonical notation")
                       : true;
        label += label_len + 1;
    }
}

static bool ipv6_parse(const char *text, struct host *out, struct error *err)
{
    struct host host = { .kind = HOST_IPV6 };
    if (inet_pton(AF_INET6, text, &host.ipv6) != 1)
        return error_set(err, INVALID, "not an IPv6 address");
    (void)inet_ntop(AF_INET6, &host.ipv6, host.text, sizeof(host.text));
    if (strcmp(host.text, text) != 0)
        return error_set(err, INVALID, "not an address in its canonical notation");
    *out = host;
    return true;
}

bool host_parse(const char *text, size_t len, struct host *out, struct error *err)
{
    struct host host = { .kind = HOST_NAME };
    bool colon = memchr(text, ':', len) != NULL;
    if (len > 0 && text[len - 1] == '.' && !colon)
        len--;
    if (len == 0 || len >= sizeof(host.text))
        return error_set(err, INVALID, "a host name has 1 to %d characters", HOST_TEXT_MAX - 1);
    if (memchr(text, '\0', len))
        return error_set(err, INVALID, "a host name has no NUL");
    if (colon) {
        memcpy(host.text, text, len);
        return ipv6_parse(host.text, out, err);
    }

    for (size_t i = 0; i < len; i++)
        host.text[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
    if (inet_pton(AF_INET, host.text, &host.ipv4) == 1)
        host.kind = HOST_IPV4;
    else if (!name_check(host.text, len, err))
        return false;
    *out = host;
    return true;
}

void host_of_ipv4(const struct in_addr *address, struct host *out)
{
    *out = (struct host){ .kind = HOST_IPV4, .ipv4 = *address };
    (void)inet_ntop(AF_INET, address, out->text, sizeof(out->text));
}

void host_of_ipv6(const struct in6_addr *address, struct host *out)
{
    *out = (struct host){ .kind = HOST_IPV6, .ipv6 = *address };
    (void)inet_ntop(AF_INET6, address, out->text, sizeof(out->text));
}

bool host_equal(const struct host *a, const struct host *b)
{
    return a->kind == b->kind && strcmp(a->text, b->text) == 0;
}

size_t host_addresses(const struct host *host, struct host out[HOST_ADDRESSES_MAX])
{
    if (host->kind != HOST_NAME) {
        out[0] = *host;
        return 1;
    }
    if (strcmp(host->text, "localhost") != 0)
        return 0;
    host_of_ipv6(&in6addr_loopback, &out[0]);
    host_of_ipv4(&(struct in_addr){ htonl(INADDR_LOOPBACK) }, &out[1]);
    return 2;
}

static bool port_parse(const char *text, size_t len, uint16_t *out, struct error *err)
{
    unsigned port = 0;
    bool fine = len >= 1 && len <= 5 && text[0] != '0';
    for (size_t i = 0; fine && i < len; i++) {
        fine = is_digit(text[i]);
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    if (!fine || port > UINT16_MAX)
        return error_set(err, INVALID, "a port is a number from 1 to 65535");
    *out = (uint16_t)port;
    return true;
}

bool authority_parse(const char *text, size_t len, uint16_t default_port, struct authority *out,
                     struct error *err)
{
    struct authority authority = { .port = default_port };
    const char *host = text, *end = memchr(text, ':', len);
    bool bracketed = len > 0 && text[0] == '[';
    if (bracketed) {
        host = text + 1;
        end = memchr(text, ']', len);
        if (!end || !memchr(host, ':', (size_t)(end - host)))
            return error_set(err, INVALID, "only an IPv6 address stands in brackets");
    }
    size_t host_len = end ? (size_t)(end - host) : len;
    size_t used = (size_t)(host - text) + host_len + bracketed;
    if (!host_parse(host, host_len, &authority.host, err))
        return false;
    if (used == len) {
        if (default_port == 0)
            return error_set(err, INVALID, "expected host:port");
    } else if (text[used] != ':') {
        return error_set(err, INVALID, "expected host:port");
    } else if (!port_parse(text + used + 1, len - used - 1, &authority.port, err)) {
        return false;
    }
    *out = authority;
    return true;
}

void authority_print(const struct authority *authority, uint16_t default_port,
                     char out[AUTHORITY_TEXT_MAX])
{
    bool ipv6 = authority->host.kind == HOST_IPV6;
    int len = snprintf(out, AUTHORITY_TEXT_MAX, "%s%s%s", ipv6 ? "[" : "", authority->host.text,
                       ipv6 ? "]" : "");
    if (authority->port != default_port)
        (void)snprintf(out + len, AUTHORITY_TEXT_MAX - (size_t)len, ":%u",
                       (unsigned)authority->port);
}
