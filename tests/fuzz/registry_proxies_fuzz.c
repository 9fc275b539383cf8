/* USES registry/http */
/*
 * Three lines: a trusted network, the peer, an X-Forwarded-For field. The client is the peer, or an
 * address of the field; of a peer that is not trusted nothing is believed.
 */
#include <assert.h>
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
    assert(strcmp(client, peer) == 0 || strstr(field, client));
    assert(strcmp(proxies_client(proxies, peer, NULL, arena), peer) == 0);
    return 0;
}
