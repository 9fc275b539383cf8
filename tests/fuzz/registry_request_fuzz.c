/* USES registry/http */
/*
 * A Cookie field on the first line, the body of a form behind it. A cookie is one whole value, and
 * what a form gives is the same when it is asked again; a number lies within its bounds.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "registry/http/request.h"
#include "registry/http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *field = arena_strndup(arena, (const char *)data, size);
    char *body = strchrnul(field, '\n');
    if (*body)
        *body++ = '\0';
    struct argument header = { "Cookie", field };
    struct request request = {
        .arena = arena, .headers = { &header, 1 }, .body = body, .body_len = strlen(body)
    };
    struct error err;
    const char *cookie = request_cookie(&request, "nono_session");
    assert(!cookie || !strchr(cookie, ';'));

    const char *value, *again;
    if (request_form(&request, "code", &value, &err)) {
        bool ok = request_form(&request, "code", &again, &err);
        assert(ok && (value ? again && strcmp(value, again) == 0 : !again));
    }
    static const int64_t bounds[2] = { 1, 100 };
    int64_t number;
    if (uri_arguments(body, arena, &request.query, &err) &&
        request_query_integer(&request, "limit", bounds, 20, &number, &err))
        assert(number >= bounds[0] && number <= bounds[1]);
    return 0;
}
