/* USES registry/http */
/*
 * Three lines: a trusted network, the peer, an X-Forwarded-For field. The client is the peer, or an
 * address of the field in its one spelling; of a peer that is not trusted nothing is believed.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "registry/http/proxies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *line_cut(char *text)
{
    char *end = strchrnul(text, '\n');
    if (*end)
        *end++ = '\0';
    return end;
}

/* An IPv4 address as the IPv6 address that stands for it. */
static bool address_read(const char *text, struct in6_addr *out)
{
    *out = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
    return inet_pton(AF_INET, text, out->s6_addr + 12) == 1 || inet_pton(AF_INET6, text, out) == 1;
}

static bool is_spelled(const char *client)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    if (!address_read(client, &address))
        return false;
    bool v4 = IN6_IS_ADDR_V4MAPPED(&address);
    return inet_ntop(v4 ? AF_INET : AF_INET6, address.s6_addr + (v4 ? 12 : 0), text,
                     sizeof(text)) &&
           strcmp(text, client) == 0;
}

/* Cuts the field up. */
static bool is_of(const char *client, char *field)
{
    struct in6_addr wanted, found;
    char *next;
    if (!address_read(client, &wanted))
        return false;
    for (char *word = strtok_r(field, ", \t", &next); word; word = strtok_r(NULL, ", \t", &next))
        if (address_read(word, &found) && memcmp(&found, &wanted, sizeof(found)) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *network = arena_strndup(arena, (const char *)data, size);
    char *peer = line_cut(network), *field = line_cut(peer);
    const char *networks[] = { network };
    CLEANUP(proxies_freep) struct proxies *proxies = NULL;
    struct error err;
    if (!proxies_new((struct list){ networks, 1 }, &proxies, &err))
        return 0;
    const char *client = proxies_client(proxies, peer, field, arena);
    if (!proxies_have(proxies, peer))
        assert(strcmp(client, peer) == 0);
    assert(strcmp(proxies_client(proxies, peer, NULL, arena), peer) == 0);
    assert(strcmp(client, peer) == 0 || (is_spelled(client) && is_of(client, field)));
    return 0;
}
