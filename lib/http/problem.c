/* What a server says about a refusal. */
#include <string.h>

#include "lib/base/text.h"
#include "lib/http/http.h"
#include "lib/json/json.h"

static enum error_kind kind_of(int status)
{
    for (int kind = ERROR_NONE + 1; kind < ERROR_KIND_COUNT; kind++)
        if (error_http_status((enum error_kind)kind) == status)
            return (enum error_kind)kind;
    if (status >= 500 || status < 400)
        return ERROR_UNAVAILABLE;
    return ERROR_INVALID;
}

/* "error" is the key of RFC 6749 and of the original's registry. */
static const char *detail_of(const struct doc *problem)
{
    static const char *const keys[] = { "detail", "error_description", "error", "message",
                                        "title" };
    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *text = doc_text(problem, keys[i]);
        if (text && *text)
            return text;
    }
    return NULL;
}

bool http_require(const struct http_response *response, struct error *err)
{
    if (response->status >= 200 && response->status < 300)
        return true;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *problem = NULL;
    struct error ignored;
    bool is_json =
        strstr(response->content_type, "json") &&
        json_parse(response->body, response->body_len, NULL, JSON_PLAIN, arena, &problem, &ignored);
    const char *detail = is_json ? detail_of(problem) : NULL;
    enum error_kind kind = kind_of(response->status);
    if (detail)
        error_raise(err, kind, 0, ERROR_HERE, "%.400s", text_escape(detail, arena));
    else
        error_raise(err, kind, 0, ERROR_HERE, "%.300s answered with status %d",
                    response->url ? response->url : "the server", response->status);
    const char *field = is_json ? doc_text(problem, "field") : NULL;
    const char *hint = is_json ? doc_text(problem, "hint") : NULL;
    if (field)
        error_field(err, "%.90s", text_escape(field, arena));
    if (hint)
        error_hint(err, "%.250s", text_escape(hint, arena));
    else if (response->retry_after_s)
        error_hint(err, "the server asks to wait for %u seconds", response->retry_after_s);
    return false;
}
