#include "registry/http/framing.h"

#include <string.h>
#include <strings.h>

/* RFC 9110 section 5.6.2. */
static bool is_token(const char *text)
{
    static const char marks[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return *text && text[strspn(text, marks)] == '\0';
}

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
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
    }
    return framing->lengths + framing->codings > 1 ? "the body has more than one length" : NULL;
}

void framing_field(struct framing *framing, const char *name, const char *value)
{
    if (!framing->fault)
        framing->fault = fault_of(framing, name, value ? value : "");
}

static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    (void)kind;
    framing_field(context, name, value);
    return MHD_YES;
}

bool framing_check(struct MHD_Connection *connection, struct error *err)
{
    struct framing framing = { 0 };
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_field, &framing);
    return !framing.fault || error_set(err, INVALID, "%s", framing.fault);
}
