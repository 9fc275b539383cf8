#include "registry/http/route.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/record.h"
#include "lib/base/text.h"
#include "registry/http/uri.h"

static const char *const method_names[METHOD_COUNT] = {
    [GET] = "GET", [HEAD] = "HEAD",   [POST] = "POST",
    [PUT] = "PUT", [PATCH] = "PATCH", [DELETE] = "DELETE",
};

bool method_parse(const char *text, enum method *out)
{
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (strcmp(method_names[i], text) == 0)
            return *out = (enum method)i, true;
    return false;
}

const char *method_name(enum method method)
{
    return method_names[method];
}

/* A path in pieces, decoded once and then held against every route. */
#define SEGMENTS_MAX 64

struct segments {
    const char *decoded[SEGMENTS_MAX];
    size_t count;
};

static bool segments_read(const char *path, struct arena *arena, struct segments *out,
                          struct error *err)
{
    out->count = 0;
    for (const char *at = path; *at == '/'; out->count++) {
        size_t len = strcspn(++at, "/");
        if (out->count == SEGMENTS_MAX)
            return error_set(err, NOT_FOUND, "there is nothing at this address");
        if (!uri_decode(at, len, false, arena, &out->decoded[out->count], err))
            return false;
        at += len;
    }
    return true;
}

/* The rest of the path with its slashes, or NULL when a segment is empty, names a folder or
 * hides a slash. */
static const char *rest_join(const struct segments *segments, size_t from, struct arena *arena)
{
    size_t size = 1;
    for (size_t i = from; i < segments->count; i++)
        size += strlen(segments->decoded[i]) + 1;
    char *out = arena_alloc(arena, size, 1), *at = out;
    for (size_t i = from; i < segments->count; i++) {
        const char *piece = segments->decoded[i];
        if (!*piece || strchr(piece, '/') || strcmp(piece, ".") == 0 || strcmp(piece, "..") == 0)
            return NULL;
        if (i > from)
            *at++ = '/';
        at = stpcpy(at, piece);
    }
    return out;
}

/* How well a pattern fits: 0 not at all, else more for more literal segments. */
static unsigned pattern_match(const char *pattern, const struct segments *segments, size_t first,
                              struct arena *arena, const char **params)
{
    unsigned score = 1;
    size_t i = first, param = 0;
    for (; *pattern == '/'; i++) {
        size_t len = strcspn(++pattern, "/");
        bool rest = len > 5 && strncmp(pattern + len - 4, "...}", 4) == 0;
        if (i >= segments->count)
            return 0;
        const char *segment = segments->decoded[i];
        if (rest)
            return param < ROUTE_PARAMS_MAX && (params[param] = rest_join(segments, i, arena))
                       ? score
                       : 0;
        if (*pattern == '{') {
            if (!*segment || strchr(segment, '/') || param == ROUTE_PARAMS_MAX)
                return 0;
            params[param++] = segment;
        } else if (strncmp(pattern, segment, len) != 0 || segment[len]) {
            return 0;
        } else {
            score++;
        }
        pattern += len;
    }
    return i == segments->count ? score : 0;
}

static bool listener_serves(const struct route *route, bool admin)
{
    return route->flags & ROUTE_BOTH || !!(route->flags & ROUTE_ADMIN) == admin;
}

/* How many segments of ROUTE_PREFIX stand in front: 0, 2, or 4 when it is there twice. */
static size_t prefix_length(const struct segments *segments)
{
    size_t i = 0;
    while (i < 4 && i + 2 <= segments->count && strcmp(segments->decoded[i], "api") == 0 &&
           strcmp(segments->decoded[i + 1], "v1") == 0)
        i += 2;
    return i;
}

/* Which methods a path has, and the best match of the one asked for. */
struct search {
    const struct route_table *table;
    enum method method;
    unsigned methods; /* bit set of enum method */
};

static void search_run(struct search *search, const struct segments *segments, struct arena *arena,
                       struct route_match *out)
{
    unsigned best = 0;
    size_t prefix = prefix_length(segments);
    for (size_t i = 0; i < search->table->count; i++) {
        const struct route *route = &search->table->routes[i];
        bool at_root = text_starts(route->path, "//");
        if (!listener_serves(route, search->table->admin) || (!at_root && prefix == 0))
            continue;
        const char *params[ROUTE_PARAMS_MAX] = { NULL };
        unsigned score =
            pattern_match(route->path + at_root, segments, at_root ? 0 : prefix, arena, params);
        if (score == 0)
            continue;
        search->methods |= 1U << route->method;
        bool asked =
            route->method == search->method || (route->method == GET && search->method == HEAD);
        if (asked && score > best) {
            best = score;
            out->route = route;
            memcpy(out->params, params, sizeof(params));
        }
    }
}

bool route_find(const struct route_table *table, enum method method, const char *path,
                struct arena *arena, struct route_match *out, struct error *err)
{
    struct segments segments;
    if (!segments_read(path, arena, &segments, err))
        return false;
    struct search search = { table, method, 0 };
    struct route_match match = { 0 };
    search_run(&search, &segments, arena, &match);
    if (!match.route && search.methods)
        return error_set(err, METHOD, "this address does not take %s", method_name(method));
    if (!match.route)
        return error_set(err, NOT_FOUND, "there is nothing at this address");
    *out = match;
    return true;
}

const char *route_allow(const struct route_table *table, const char *path, struct arena *arena)
{
    struct segments segments;
    struct error ignored;
    struct route_match match;
    struct search search = { table, METHOD_COUNT, 0 };
    if (segments_read(path, arena, &segments, &ignored))
        search_run(&search, &segments, arena, &match);
    if (search.methods & 1U << GET)
        search.methods |= 1U << HEAD;
    const char *out = "";
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (search.methods & 1U << i)
            out = arena_printf(arena, "%s%s%s", out, *out ? ", " : "", method_names[i]);
    return out;
}
