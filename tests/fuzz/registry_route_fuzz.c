/* A path that is routed gives parameters that lead to the same route when they are encoded again.
 */
/* USES registry/http */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/record.h"
#include "lib/base/text.h"
#include "registry/http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct route routes[] = {
    { .method = GET, .path = "/packages" },
    { .method = GET, .path = "/packages/{ns}/{name}" },
    { .method = GET, .path = "/packages/popular" },
    { .method = GET, .path = "/packages/{ns}/{name}/versions/{version}/artifacts/{path...}" },
    { .method = GET, .path = "//healthz", .flags = ROUTE_BOTH },
};

static const struct route_table table = { routes, COUNT(routes), false };

/* Every byte encoded; slashes kept in a rest parameter. */
static char *encode(char *out, const char *text, bool slashes)
{
    for (; *text; text++)
        if (*text == '/' && slashes)
            *out++ = '/';
        else
            out += snprintf(out, 4, "%%%02X", (unsigned char)*text); /* room was made for three */
    *out = '\0';
    return out;
}

static char *rebuild(const struct route_match *match, struct arena *arena)
{
    size_t room = 64 + strlen(match->route->path), param = 0;
    for (size_t i = 0; i < ROUTE_PARAMS_MAX && match->params[i]; i++)
        room += 3 * strlen(match->params[i]);
    char *out = arena_alloc(arena, room, 1), *at = out;
    const char *from = match->route->path;
    at = stpcpy(at, from[1] == '/' ? "" : ROUTE_PREFIX);
    for (from += from[1] == '/'; *from;) {
        if (*from != '{') {
            *at++ = *from++;
            continue;
        }
        size_t len = strcspn(from, "}") + 1;
        at = encode(at, match->params[param++], len > 5 && from[len - 2] == '.');
        from += len;
    }
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *path = arena_strndup(arena, (const char *)data, size);
    struct route_match match, again;
    struct error err;
    if (size > ROUTE_PATH_MAX || !route_find(&table, GET, path, arena, &match, &err))
        return 0;
    const char *rebuilt = rebuild(&match, arena);
    assert(route_find(&table, GET, rebuilt, arena, &again, &err));
    assert(again.route == match.route);
    for (size_t i = 0; i < ROUTE_PARAMS_MAX && match.params[i]; i++) {
        assert(text_is_utf8(match.params[i], strlen(match.params[i])));
        assert(strcmp(match.params[i], again.params[i]) == 0);
    }
    return 0;
}
