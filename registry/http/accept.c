#include "registry/http/accept.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *blanks_skip(const char *at)
{
    return at + strspn(at, " \t");
}

/* "0.5" or "1.000" at *at, which is moved behind it. */
static bool quality_read(const char **at, unsigned *out)
{
    const char *text = *at;
    if (*text != '0' && *text != '1')
        return false;
    unsigned value = *text++ == '1' ? ACCEPT_MOST : 0;
    if (*text == '.') {
        size_t digits = strspn(++text, "0123456789");
        if (digits > 3)
            return false;
        for (unsigned unit = 100; digits > 0; digits--, unit /= 10)
            value += (unsigned)(*text++ - '0') * unit;
    }
    *at = text;
    *out = value;
    return value <= ACCEPT_MOST;
}

struct member {
    const char *name;
    size_t len;
    unsigned quality;
};

/* One member of the list, between commas; false when it is malformed. */
static bool member_read(const char *at, struct member *out)
{
    at = blanks_skip(at);
    *out = (struct member){ at, strcspn(at, " \t,;"), ACCEPT_MOST };
    at = blanks_skip(at + out->len);
    if (*at == ';') {
        at = blanks_skip(at + 1);
        if ((*at != 'q' && *at != 'Q') || at[1] != '=')
            return false;
        at += 2;
        if (!quality_read(&at, &out->quality))
            return false;
        at = blanks_skip(at);
    }
    return out->len > 0 && (*at == ',' || *at == '\0');
}

static bool is_named(const struct member *member, const char *name)
{
    return strlen(name) == member->len && strncasecmp(member->name, name, member->len) == 0;
}

unsigned accept_quality(const char *field, const char *coding)
{
    unsigned other = strcmp(coding, "identity") == 0 ? 1 : 0;
    for (const char *at = field ? field : ""; *at; at += strcspn(at, ","), at += *at == ',') {
        struct member member;
        if (!member_read(at, &member))
            continue;
        if (is_named(&member, coding))
            return member.quality;
        if (is_named(&member, "*"))
            other = member.quality;
    }
    return other;
}
