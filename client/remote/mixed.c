#include "client/remote/mixed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */

/* The value of the boundary parameter, with or without quotes. */
static bool boundary_find(const char *content_type, const char **out, size_t *out_len)
{
    const char *at = strcasestr(content_type, "boundary=");
    if (!at)
        return false;
    at += strlen("boundary=");
    bool quoted = *at == '"';
    at += quoted;
    *out = at;
    *out_len = strcspn(at, quoted ? "\"" : "; \t");
    return *out_len > 0 && *out_len <= BOUNDARY_MAX;
}

bool mixed_init(struct mixed *mixed, const char *content_type, const struct mixed_sink *sink,
                struct error *err)
{
    const char *boundary;
    size_t len;
    *mixed = (struct mixed){ .sink = sink };
    if (strncasecmp(content_type, "multipart/mixed", 15) != 0)
        return error_set(err, UNSUPPORTED, "expected multipart/mixed, the server sent \"%.100s\"",
                         content_type);
    if (!boundary_find(content_type, &boundary, &len))
        return error_set(err, INVALID, "multipart/mixed without a boundary");
    (void)snprintf(mixed->delimiter, sizeof(mixed->delimiter), "--%.*s", (int)len, boundary);
    return true;
}

static bool length_parse(const char *text, uint64_t *out)
{
    if (!*text || strlen(text) > 15 || strspn(text, "0123456789") != strlen(text))
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

static bool delimiter_line(struct mixed *mixed, struct error *err)
{
    size_t len = strlen(mixed->delimiter);
    if (mixed->line_len == 0 && mixed->part.index == 0) /* a line break before the first */
        return true;
    if (strncmp(mixed->line, mixed->delimiter, len) != 0)
        return error_set(err, INVALID, "multipart/mixed: expected a boundary");
    if (strcmp(mixed->line + len, "--") == 0) {
        mixed->state = MIXED_DONE;
        return true;
    }
    if (mixed->line[len])
        return error_set(err, INVALID, "multipart/mixed: expected a boundary");
    if (mixed->part.index >= MIXED_PARTS_MAX)
        return error_set(err, INVALID, "multipart/mixed: over %d parts", MIXED_PARTS_MAX);
    mixed->state = MIXED_HEADERS;
    mixed->has_length = false;
    mixed->part.content_type[0] = '\0';
    return true;
}

static bool body_end(struct mixed *mixed, struct error *err)
{
    mixed->state = MIXED_BODY_END;
    return mixed->sink->end(mixed->sink->context, &mixed->part, err);
}

static bool headers_end(struct mixed *mixed, struct error *err)
{
    if (!mixed->has_length)
        return error_set(err, INVALID, "multipart/mixed: a part without Content-Length");
    mixed->left = mixed->part.length;
    mixed->state = MIXED_BODY;
    if (!mixed->sink->begin(mixed->sink->context, &mixed->part, err))
        return false;
    return mixed->left > 0 || body_end(mixed, err);
}

static bool header_line(struct mixed *mixed, struct error *err)
{
    if (mixed->line_len == 0)
        return headers_end(mixed, err);
    char *colon = strchr(mixed->line, ':');
    if (!colon || !text_is_printable(mixed->line))
        return error_set(err, INVALID, "multipart/mixed: a line that is no header");
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(mixed->line, "content-length") == 0) {
        if (mixed->has_length || !length_parse(value, &mixed->part.length))
            return error_set(err, INVALID, "multipart/mixed: Content-Length is not one number");
        mixed->has_length = true;
    }
    if (strcasecmp(mixed->line, "content-type") == 0)
        (void)snprintf(mixed->part.content_type, sizeof(mixed->part.content_type), "%.*s",
                       (int)sizeof(mixed->part.content_type) - 1, value);
    return true;
}

static bool line_take(struct mixed *mixed, struct error *err)
{
    if (mixed->line_len && mixed->line[mixed->line_len - 1] == '\r')
        mixed->line_len--;
    mixed->line[mixed->line_len] = '\0';
    if (strlen(mixed->line) != mixed->line_len)
        return error_set(err, INVALID, "multipart/mixed: a NUL in a header");
    bool ok = true;
    if (mixed->state == MIXED_DELIMITER) {
        ok = delimiter_line(mixed, err);
    } else if (mixed->state == MIXED_HEADERS) {
        ok = header_line(mixed, err);
    } else { /* the line break between a body and its boundary */
        if (mixed->line_len)
            return error_set(err, INVALID, "multipart/mixed: a part is longer than it said");
        mixed->part.index++;
        mixed->state = MIXED_DELIMITER;
    }
    mixed->line_len = 0;
    return ok;
}

static bool body_take(struct mixed *mixed, const char *bytes, size_t len, size_t *out_used,
                      struct error *err)
{
    *out_used = len < mixed->left ? len : (size_t)mixed->left;
    if (!mixed->sink->bytes(mixed->sink->context, bytes, *out_used, err))
        return false;
    mixed->left -= *out_used;
    return mixed->left > 0 || body_end(mixed, err);
}

bool mixed_feed(struct mixed *mixed, const void *bytes, size_t len, struct error *err)
{
    const char *at = bytes, *end = at + len;
    while (at < end && mixed->state != MIXED_DONE) { /* what follows the last boundary is nothing */
        if (mixed->state == MIXED_BODY) {
            size_t used;
            if (!body_take(mixed, at, (size_t)(end - at), &used, err))
                return false;
            at += used;
            continue;
        }
        char byte = *at++;
        if (byte == '\n' && !line_take(mixed, err))
            return false;
        if (byte != '\n') {
            if (mixed->line_len + 1 >= sizeof(mixed->line))
                return error_set(err, TOO_LARGE, "multipart/mixed: a header is too long");
            mixed->line[mixed->line_len++] = byte;
        }
    }
    return true;
}

bool mixed_finish(const struct mixed *mixed, struct error *err)
{
    if (mixed->state == MIXED_DONE)
        return true;
    /* The closing boundary may come without a line break. */
    size_t len = strlen(mixed->delimiter);
    if (mixed->state == MIXED_DELIMITER && mixed->line_len == len + 2 &&
        memcmp(mixed->line, mixed->delimiter, len) == 0 && memcmp(mixed->line + len, "--", 2) == 0)
        return true;
    return error_set(err, UNAVAILABLE, "the answer ended early");
}
