#include "registry/http/uri.h"

#include <string.h>
#include <strings.h>

#include "lib/base/text.h"
#include "registry/http/request.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool bytes_are_text(const char *text, size_t len, bool form)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool line = form && (c == '\n' || c == '\r' || c == '\t');
        if ((c < 0x20 && !line) || c == 0x7f)
            return false;
    }
    return text_is_utf8(text, len);
}

bool uri_decode(const char *text, size_t len, bool form, struct arena *arena, const char **out,
                struct error *err)
{
    char *decoded = arena_alloc(arena, len + 1, 1);
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '+' && form) {
            decoded[used++] = ' ';
        } else if (text[i] != '%') {
            decoded[used++] = text[i];
        } else {
            int high = i + 2 < len ? digit(text[i + 1]) : -1,
                low = high < 0 ? -1 : digit(text[i + 2]);
            if (low < 0)
                return error_set(err, INVALID, "malformed percent-encoding in the address");
            decoded[used++] = (char)(high << 4 | low);
            i += 2;
        }
    }
    if (!bytes_are_text(decoded, used, form))
        return error_set(err, INVALID, "the address holds what is not printable UTF-8");
    *out = decoded;
    return true;
}

static bool argument_read(const char *text, size_t len, struct arena *arena, struct argument *out,
                          struct error *err)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals ? (size_t)(equals - text) : len;
    size_t value_at = equals ? name_len + 1 : len;
    return uri_decode(text, name_len, true, arena, &out->name, err) &&
           uri_decode(text + value_at, len - value_at, true, arena, &out->value, err);
}

bool uri_arguments(const char *text, struct arena *arena, struct list *out, struct error *err)
{
    struct argument *items = ARENA_ARRAY(arena, struct argument, URI_ARGUMENTS_MAX);
    size_t count = 0;
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "&");
        if (len > 0) {
            if (count == URI_ARGUMENTS_MAX)
                return error_set(err, INVALID, "more than %d arguments", URI_ARGUMENTS_MAX);
            if (!argument_read(at, len, arena, &items[count++], err))
                return false;
        }
        at += len + (at[len] == '&');
    }
    *out = (struct list){ items, count };
    return true;
}

const char *uri_authority(const char *target, size_t *len)
{
    static const char *const schemes[] = { "http://", "https://" };
    for (size_t i = 0; i < COUNT(schemes); i++) {
        size_t scheme = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], scheme) == 0) {
            *len = strcspn(target + scheme, "/?");
            return target + scheme;
        }
    }
    return NULL;
}

const char *uri_local(const char *target)
{
    size_t len;
    const char *host = *target == '/' ? NULL : uri_authority(target, &len);
    return host ? host + len : target;
}

static bool is_host_byte(char c, bool literal)
{
    char low = (char)(c | 0x20);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || (literal && c == ':') ||
           (c && strchr("-._~!$&'()*+,;=%", c));
}

bool uri_is_authority(const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    bool literal = len > 0 && *at == '[';
    for (at += literal; at < end && is_host_byte(*at, literal); at++)
        ;
    if (at == text + literal || (literal && (at == end || *at++ != ']')))
        return false;
    if (at < end && *at == ':')
        for (at++; at < end && *at >= '0' && *at <= '9'; at++)
            ;
    return at == end;
}
