#include "registry/http/conditional.h"

#include <string.h>
#include <strings.h>

static bool tag_at(const char *at, const char *etag, size_t *len)
{
    if (*at != '"')
        return false;
    const char *end = strchr(at + 1, '"');
    if (!end)
        return false;
    *len = (size_t)(end - at) + 1;
    return *len - 2 == strlen(etag) && strncmp(at + 1, etag, *len - 2) == 0;
}

/* A weak tag is never the same as another where that is asked strongly (RFC 9110, 8.8.3.2). */
static bool is_listed(const char *field, const char *etag, bool strongly)
{
    if (!field)
        return false;
    const char *at = field + strspn(field, " \t");
    if (strcmp(at, "*") == 0)
        return true;
    while (*at) {
        size_t len = 0;
        at += strspn(at, " \t,");
        bool weak = strncmp(at, "W/", 2) == 0;
        if (weak)
            at += 2;
        if (tag_at(at, etag, &len) && !(weak && strongly))
            return true;
        if (len == 0)
            return false; /* malformed: the field is ignored */
        at += len;
    }
    return false;
}

bool etag_listed(const char *field, const char *etag)
{
    return is_listed(field, etag, false);
}

void conditions_field(struct conditions *conditions, const char *name, const char *value)
{
    if (strcasecmp(name, "If-Match") == 0) {
        conditions->must_match = true;
        conditions->matches |= is_listed(value, conditions->etag, true);
    } else if (strcasecmp(name, "If-None-Match") == 0) {
        conditions->known |= is_listed(value, conditions->etag, false);
    }
}

enum condition conditions_judge(const struct conditions *conditions)
{
    if (conditions->must_match && !conditions->matches)
        return CONDITION_FAILED;
    return conditions->known ? CONDITION_NOT_MODIFIED : CONDITION_NONE;
}

bool etag_is(const char *field, const char *etag)
{
    size_t len;
    return tag_at(field, etag, &len) && field[len] == '\0';
}

/* Digits at *at, which is moved behind them. False when there are none, or too many. */
static bool number_at(const char **at, uint64_t *out)
{
    size_t len = strspn(*at, "0123456789");
    if (len == 0 || len > 18)
        return false;
    *out = 0;
    for (const char *end = *at + len; *at < end; (*at)++)
        *out = *out * 10 + (uint64_t)(**at - '0');
    return true;
}

/* "-500": the last 500 bytes. */
static enum range_result suffix_read(const char *at, uint64_t size, uint64_t *first, uint64_t *last)
{
    uint64_t count;
    if (!number_at(&at, &count) || *at)
        return RANGE_WHOLE;
    if (count == 0 || size == 0)
        return RANGE_OUTSIDE;
    *first = count < size ? size - count : 0;
    *last = size - 1;
    return RANGE_PART;
}

enum range_result range_read(const char *field, uint64_t size, uint64_t *first, uint64_t *last)
{
    if (!field || strncasecmp(field, "bytes=", 6) != 0)
        return RANGE_WHOLE;
    const char *at = field + 6;
    uint64_t from, to;
    if (*at == '-')
        return suffix_read(at + 1, size, first, last);
    if (!number_at(&at, &from) || *at++ != '-')
        return RANGE_WHOLE;
    if (*at == '\0')
        to = UINT64_MAX;
    else if (!number_at(&at, &to) || *at || to < from)
        return RANGE_WHOLE;
    if (from >= size)
        return RANGE_OUTSIDE;
    *first = from;
    *last = to < size ? to : size - 1;
    return RANGE_PART;
}
