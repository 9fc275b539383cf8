#include "sandbox/policy/hosts.h"

#include <string.h>

#include "lib/base/text.h"
#include "sandbox/policy/caps.h"

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool name_check(const char *name)
{
    if (strcmp(name, "*") == 0)
        return true;
    if (text_starts(name, "*."))
        name += 2;
    size_t label = 0;
    for (; *name; name++) {
        if (*name == '.' && label == 0)
            return false;
        label = *name == '.' ? 0 : label + 1;
        if (label > 63 || (*name != '.' && !is_name_char(*name)))
            return false;
    }
    return label > 0;
}

static bool address6_check(const char *name)
{
    size_t colons = 0;
    for (const char *c = name; *c; c++) {
        colons += *c == ':';
        if (!strchr("0123456789abcdef:.", *c))
            return false;
    }
    return colons >= 2;
}

static bool port_parse(const char *text, uint16_t *out)
{
    unsigned port = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 6; digits++)
        port = 10 * port + (unsigned)(text[digits] - '0');
    if (digits == 0 || text[digits] || port == 0 || port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

/* Where the name ends and a port, if any, begins. NULL: neither shape. */
static const char *name_end(const char *text)
{
    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        return end && (end[1] == '\0' || end[1] == ':') ? end : NULL;
    }
    const char *colon = strchr(text, ':');
    if (!colon || strchr(colon + 1, ':')) /* none, or a bare IPv6 address */
        return text + strlen(text);
    return colon;
}

bool host_parse(const char *text, char out[HOST_MAX], uint16_t *out_port, struct error *err)
{
    bool bracket = text[0] == '[';
    const char *end = name_end(text), *begin = text + bracket;
    if (!end || end == begin || (size_t)(end - begin) >= HOST_MAX)
        return error_set(err, INVALID, "\"%.64s\" is not a host name", text);

    char name[HOST_MAX];
    size_t len = 0;
    for (const char *c = begin; c < end; c++)
        name[len++] = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
    if (len > 1 && name[len - 1] == '.')
        len--;
    name[len] = '\0';
    bool is_address = bracket || strchr(name, ':');
    if (is_address ? !address6_check(name) : !name_check(name))
        return error_set(err, INVALID, "\"%.64s\" is not a host name", text);

    uint16_t port = 0;
    const char *rest = bracket ? end + 1 : end;
    if (*rest && (*rest != ':' || !port_parse(rest + 1, &port)))
        return error_set(err, INVALID, "\"%.64s\": the port must be 1 to 65535", text);
    memcpy(out, name, len + 1);
    *out_port = port;
    return true;
}

static bool name_match(const char *pattern, const char *host)
{
    if (strcmp(pattern, "*") == 0)
        return true;
    if (!text_starts(pattern, "*."))
        return strcmp(pattern, host) == 0;
    return strlen(host) > strlen(pattern) - 1 && text_ends(host, pattern + 1);
}

bool hosts_match(const struct caps_hosts *hosts, const char *host, uint16_t port)
{
    for (size_t i = 0; i < hosts->count; i++) {
        const struct caps_host *entry = &hosts->items[i];
        bool port_ok = entry->port ? entry->port == port : port == 443 || port == 80 || port == 0;
        if (port_ok && name_match(entry->host, host))
            return true;
    }
    return false;
}
