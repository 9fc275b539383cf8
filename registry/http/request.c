#include "registry/http/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/json/json.h"
#include "registry/http/uri.h"

const char *request_param(const struct request *req, const char *name)
{
    size_t i = 0, len = strlen(name);
    for (const char *at = req->route->path; (at = strchr(at, '{')); i++) {
        at++;
        if (strncmp(at, name, len) == 0 && (at[len] == '}' || at[len] == '.'))
            return req->params[i];
    }
    abort(); /* the route has no such parameter: the handler is wrong */
}

static const char *argument_find(struct list arguments, const char *name)
{
    LIST_FOREACH (arguments, struct argument, argument)
        if (strcmp(argument->name, name) == 0)
            return argument->value;
    return NULL;
}

const char *request_query(const struct request *req, const char *name)
{
    return argument_find(req->query, name);
}

bool request_query_integer(const struct request *req, const char *name, const int64_t bounds[2],
                           int64_t fallback, int64_t *out, struct error *err)
{
    const char *text = request_query(req, name);
    if (!text) {
        *out = fallback;
        return true;
    }
    char *end;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    bool digits = text[strspn(text, "0123456789")] == '\0' && *text;
    if (!digits || errno != 0 || value < bounds[0] || value > bounds[1]) {
        error_set(err, INVALID, "%s: expected a whole number from %lld to %lld", name,
                  (long long)bounds[0], (long long)bounds[1]);
        return error_field(err, "%s", name);
    }
    *out = value;
    return true;
}

const char *request_header(const struct request *req, const char *name)
{
    LIST_FOREACH (req->headers, struct argument, header)
        if (strcasecmp(header->name, name) == 0)
            return header->value;
    return NULL;
}

const char *request_field(const struct request *req, const char *name)
{
    const char *all = NULL;
    LIST_FOREACH (req->headers, struct argument, header)
        if (strcasecmp(header->name, name) == 0)
            all = all ? arena_printf(req->arena, "%s, %s", all, header->value) : header->value;
    return all;
}

const char *request_cookie(const struct request *req, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = request_header(req, "Cookie"); at && *at;) {
        at += strspn(at, " ;");
        size_t pair = strcspn(at, ";");
        if (pair > len && strncmp(at, name, len) == 0 && at[len] == '=')
            return arena_strndup(req->arena, at + len + 1, pair - len - 1);
        at += pair;
    }
    return NULL;
}

bool request_json(const struct request *req, const struct record *record, void *out,
                  struct error *err)
{
    return json_decode(req->body, req->body_len, record, req->arena, out, err);
}

bool request_form(const struct request *req, const char *name, const char **out, struct error *err)
{
    struct list arguments;
    if (memchr(req->body, '\0', req->body_len))
        return error_set(err, INVALID, "the form holds a NUL");
    if (!uri_arguments(req->body, req->arena, &arguments, err))
        return error_prefix(err, "form");
    *out = argument_find(arguments, name);
    return true;
}

bool request_part(const struct request *req, const char *name, const struct part **out,
                  struct error *err)
{
    const struct part *found = NULL;
    LIST_FOREACH (req->parts, struct part, part) {
        if (strcmp(part->name, name) != 0)
            continue;
        if (found) {
            error_set(err, INVALID, "there is more than one part \"%s\"", name);
            return error_field(err, "%s", name);
        }
        found = part;
    }
    *out = found;
    return true;
}

bool request_part_text(const struct request *req, const char *name, const char **out,
                       struct error *err)
{
    const struct part *part;
    if (!request_part(req, name, &part, err))
        return false;
    if (part && memchr(part->bytes, '\0', part->size)) {
        error_set(err, INVALID, "part \"%s\" holds a NUL", name);
        return error_field(err, "%s", name);
    }
    *out = part ? arena_strndup(req->arena, part->bytes, part->size) : NULL;
    return true;
}
