#include "registry/http/framing.h"

#include <string.h>
#include <strings.h>

#include "registry/http/uri.h"

/* The one release whose way of cutting is known here. Others keep what is judged by value. */
#define CUTS_IN_PLACE "0.9.75"

#define LINE_END ((size_t)2) /* CR and LF, which libmicrohttpd makes NULs */

/* RFC 9110 section 5.6.2. */
static bool is_token(const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at, low = c | 0x20;
        bool plain = (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-';
        if (!plain && !strchr("!#$%&'*+.^_`|~", c))
            return false;
    }
    return *text != '\0';
}

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool is_host(const char *text)
{
    size_t len = strcspn(text, " \t"); /* blanks behind a value are not of it */
    return text[len + strspn(text + len, " \t")] == '\0' &&
           (len == 0 || uri_is_authority(text, len));
}

/* The NUL behind a value, or the first byte of it that no field may hold (RFC 9110, 5.5). */
static const char *value_end(const char *value)
{
    const char *at = value;
    while ((unsigned char)*at >= 0x20 ? *at != 0x7f : *at == '\t')
        at++;
    return at;
}

static const char *fault_of(struct framing *framing, const char *name, const char *value)
{
    if (!is_token(name))
        return "a header field has a name that is none";
    if (strcasecmp(name, "Content-Length") == 0) {
        framing->lengths++;
        if (!is_number(value))
            return "Content-Length is no number";
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->codings++;
        if (strcasecmp(value, "chunked") != 0)
            return "Transfer-Encoding is not \"chunked\"";
    } else if (strcasecmp(name, "Host") == 0) {
        framing->hosts++;
        if (!is_host(value))
            return "Host is no host";
        if (framing->hosts > 1)
            return "there is more than one Host";
    }
    return framing->lengths + framing->codings > 1 ? "the body has more than one length" : NULL;
}

/*
 * What is not seen: a NUL, or at the head's end the colon of a field without a name, in the place
 * of a line's CR or LF. libmicrohttpd makes NULs of all of them.
 *
 * Blanks before a value are passed over by everybody; anything else between two pieces is not.
 */
static const char *place_fault(struct framing *framing, const char *name, const char *value,
                               const char *end)
{
    const char *at = name + strlen(name) + 1;
    if (name != framing->next || value != at + strspn(at, " \t") || end[1])
        return "a header line is folded, holds a NUL, or ends without CR";
    framing->next = end + LINE_END;
    return NULL;
}

void framing_field(struct framing *framing, const char *name, const char *value)
{
    if (framing->fault)
        return;
    value = value ? value : "";
    const char *end = value_end(value);
    framing->fault =
        *end ? "a header field holds a control character" : fault_of(framing, name, value);
    if (!framing->fault && framing->next)
        framing->fault = place_fault(framing, name, value, end);
}

static bool is_visible(const char *text)
{
    while ((unsigned char)*text > ' ' && *text != 0x7f)
        text++;
    return *text == '\0';
}

static const char *line_fault(const struct framing_line *line, bool in_place)
{
    size_t len;
    const char *host = uri_authority(line->target, &len);
    if (!is_token(line->method))
        return "the method is none";
    if (!is_visible(line->uri))
        return "the address holds a blank or a control character";
    if (host && !uri_is_authority(host, len))
        return "the address has a host that is none";
    if (in_place && (line->target != line->method + strlen(line->method) + 1 ||
                     line->version != line->target + line->target_len + 1))
        return "the request line is not three words with one blank between them";
    return NULL;
}

void framing_begin(struct framing *framing, const struct framing_line *line, bool in_place)
{
    *framing = (struct framing){ .fault = line_fault(line, in_place) };
    framing->host_needed = strcmp(line->version, "HTTP/1.0") != 0;
    if (in_place)
        framing->next = line->version + strlen(line->version) + LINE_END;
}

void framing_end(struct framing *framing, const char *head_end)
{
    if (framing->fault)
        return;
    const char *next = framing->next;
    if (next && (next + LINE_END != head_end || next[0] || next[1]))
        framing->fault = "a header line has no name, holds a NUL, or ends without CR";
    else if (framing->host_needed && framing->hosts == 0)
        framing->fault = "there is no Host";
}

static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    (void)kind;
    framing_field(context, name, value);
    return MHD_YES;
}

bool framing_check(struct MHD_Connection *connection, const struct framing_line *line,
                   struct error *err)
{
    struct framing framing;
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    bool in_place = size && strcmp(MHD_get_version(), CUTS_IN_PLACE) == 0;
    framing_begin(&framing, line, in_place);
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_field, &framing);
    framing_end(&framing, in_place ? line->method + size->header_size : NULL);
    return !framing.fault || error_set(err, INVALID, "%s", framing.fault);
}
