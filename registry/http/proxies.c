#include "registry/http/proxies.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"

/* Everything as IPv6: IPv4 is ::ffff:a.b.c.d. */
struct network {
    unsigned char address[16];
    unsigned bits;
};

#define BY_SOCKET "unix" /* who has no address */

struct proxies {
    bool by_socket;
    size_t count;
    struct network networks[];
};

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool address_parse(const char *text, unsigned char out[16], unsigned *bits)
{
    if (inet_pton(AF_INET6, text, out) == 1) {
        *bits = 128;
        return true;
    }
    memcpy(out, mapped, sizeof(mapped));
    *bits = 32;
    return inet_pton(AF_INET, text, out + 12) == 1;
}

static bool network_parse(const char *text, struct network *out)
{
    char address[ADDRESS_TEXT];
    size_t len = strcspn(text, "/");
    if (len >= sizeof(address))
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    unsigned most;
    if (!address_parse(address, out->address, &most))
        return false;
    unsigned bits = most;
    if (text[len]) {
        const char *digits = text + len + 1;
        size_t count = strspn(digits, "0123456789");
        bits = count < 4 ? (unsigned)strtoul(digits, NULL, 10) : UINT_MAX;
        if (count == 0 || digits[count] || bits > most)
            return false;
    }
    out->bits = 128 - most + bits;
    return true;
}

bool proxies_new(struct list texts, struct proxies **out, struct error *err)
{
    CLEANUP(proxies_freep)
    struct proxies *proxies =
        xcalloc(1, sizeof(struct proxies) + texts.count * sizeof(struct network));
    LIST_FOREACH (texts, const char *, text)
        if (strcmp(*text, BY_SOCKET) == 0)
            proxies->by_socket = true;
        else if (!network_parse(*text, &proxies->networks[proxies->count++]))
            return error_set(err, INVALID,
                             "\"%.64s\" is no address or network, like 10.0.0.0/8, nor unix",
                             *text);
    *out = STEAL(proxies);
    return true;
}

void proxies_free(struct proxies *proxies)
{
    free(proxies);
}

/* One spelling for one address: a limit counts by it. */
static void bytes_print(const unsigned char bytes[16], char out[ADDRESS_TEXT])
{
    bool v4 = memcmp(bytes, mapped, sizeof(mapped)) == 0;
    (void)inet_ntop(v4 ? AF_INET : AF_INET6, bytes + (v4 ? 12 : 0), out, ADDRESS_TEXT);
}

void address_print(const struct sockaddr *address, char out[ADDRESS_TEXT])
{
    if (address && address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        (void)inet_ntop(AF_INET, &in.sin_addr, out, ADDRESS_TEXT);
    } else if (address && address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        bytes_print(in6.sin6_addr.s6_addr, out);
    } else {
        (void)snprintf(out, ADDRESS_TEXT, BY_SOCKET);
    }
}

static bool network_has(const struct network *network, const unsigned char address[16])
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->address, address, whole) != 0)
        return false;
    unsigned char mask = (unsigned char)(0xff00U >> rest);
    return rest == 0 || ((network->address[whole] ^ address[whole]) & mask) == 0;
}

bool proxies_have(const struct proxies *proxies, const char *address)
{
    unsigned char bytes[16];
    unsigned bits;
    if (proxies && proxies->by_socket && strcmp(address, BY_SOCKET) == 0)
        return true;
    if (!proxies || !address_parse(address, bytes, &bits))
        return false;
    for (size_t i = 0; i < proxies->count; i++)
        if (network_has(&proxies->networks[i], bytes))
            return true;
    return false;
}

const char *proxies_client(const struct proxies *proxies, const char *peer, const char *forwarded,
                           struct arena *arena)
{
    const char *client = arena_strndup(arena, peer, strlen(peer));
    const char *end = forwarded ? forwarded + strlen(forwarded) : NULL;
    while (end && end > forwarded && proxies_have(proxies, client)) {
        const char *start = end;
        while (start > forwarded && start[-1] != ',')
            start--;
        const char *from = start + strspn(start, " \t");
        size_t len = from < end ? strcspn(from, " \t,") : 0;
        char *next = arena_alloc(arena, ADDRESS_TEXT, 1);
        unsigned char bytes[16];
        unsigned bits;
        (void)snprintf(next, ADDRESS_TEXT, "%.*s", (int)(len < ADDRESS_TEXT ? len : 0), from);
        if (!address_parse(next, bytes, &bits))
            break; /* not an address: what the proxy said before is no better */
        bytes_print(bytes, next);
        client = next;
        end = start > forwarded ? start - 1 : forwarded;
    }
    return client;
}
