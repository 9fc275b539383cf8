#include "sandbox/proxy/http_head.h"

#include <string.h>
#include <strings.h>

#include "lib/base/record.h"

#define LENGTH_DIGITS_MAX 15 /* less than 2^53 */

static bool is_token(unsigned char c)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr(others, c));
}

static bool all_token(struct http_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_token((unsigned char)text.data[i]))
            return false;
    }
    return text.len > 0;
}

bool http_text_is(struct http_text text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

bool http_method_is_idempotent(struct http_text method)
{
    static const char *const names[] = { "GET", "HEAD", "OPTIONS", "PUT", "DELETE" };
    for (size_t i = 0; i < COUNT(names); i++) { /* "get" is another method, of unknown effect */
        if (method.len == strlen(names[i]) && memcmp(method.data, names[i], method.len) == 0)
            return true;
    }
    return false;
}

bool http_head_find(const char *bytes, size_t len, size_t *scanned, size_t *out_len,
                    struct error *err)
{
    size_t limit = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
    for (size_t i = *scanned; i < limit; i++) {
        bool after_cr = i > 0 && bytes[i - 1] == '\r';
        if (bytes[i] == '\0')
            return error_set(err, INVALID, "NUL in a message head");
        if ((bytes[i] == '\n') != after_cr)
            return error_set(err, INVALID, "bare CR or LF in a message head");
        if (bytes[i] == '\n' && i >= 3 && bytes[i - 2] == '\n') {
            *out_len = i + 1;
            return true;
        }
    }
    if (len >= HTTP_HEAD_MAX)
        return error_set(err, TOO_LARGE, "a message head is over %zu KiB", HTTP_HEAD_MAX / 1024);
    *scanned = limit;
    *out_len = 0;
    return true;
}

/* The next line without its CRLF; bytes has been through http_head_find. */
static struct http_text line_take(struct http_text *rest)
{
    const char *end = memchr(rest->data, '\r', rest->len);
    struct http_text line = { rest->data, end ? (size_t)(end - rest->data) : rest->len };
    size_t used = end ? line.len + 2 : line.len;
    *rest = (struct http_text){ rest->data + used, rest->len - used };
    return line;
}

/* Up to the first space, which is taken too. */
static struct http_text word_take(struct http_text *line)
{
    const char *space = memchr(line->data, ' ', line->len);
    struct http_text word = { line->data, space ? (size_t)(space - line->data) : line->len };
    size_t used = word.len + (space ? 1 : 0);
    *line = (struct http_text){ line->data + used, line->len - used };
    return word;
}

static bool version_parse(struct http_text word, unsigned *minor, struct error *err)
{
    if (word.len != 8 || memcmp(word.data, "HTTP/1.", 7) != 0 ||
        (word.data[7] != '0' && word.data[7] != '1'))
        return error_set(err, INVALID, "not a line of HTTP/1.0 or HTTP/1.1");
    *minor = word.data[7] == '1';
    return true;
}

static bool value_check(struct http_text value, struct error *err)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return error_set(err, INVALID, "a control character in a header field");
    }
    return true;
}

static struct http_text trim(struct http_text text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (struct http_text){ text.data + 1, text.len - 1 };
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static bool field_parse(struct http_text line, struct http_field *out, struct error *err)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (line.data[0] == ' ' || line.data[0] == '\t')
        return error_set(err, INVALID, "a folded header line");
    if (!colon)
        return error_set(err, INVALID, "a header line without a colon");
    size_t name_len = (size_t)(colon - line.data);
    *out = (struct http_field){ .name = { line.data, name_len },
                                .value = trim(
                                    (struct http_text){ colon + 1, line.len - name_len - 1 }) };
    if (!all_token(out->name))
        return error_set(err, INVALID, "a header field's name is not a token");
    return value_check(out->value, err);
}

static bool fields_parse(struct http_text rest, struct http_head *head, struct error *err)
{
    for (;;) {
        struct http_text line = line_take(&rest);
        if (line.len == 0)
            return rest.len == 0 ? true : error_set(err, INVALID, "an empty line in a head");
        if (head->count == HTTP_FIELDS_MAX)
            return error_set(err, TOO_LARGE, "more than %d header fields", HTTP_FIELDS_MAX);
        if (!field_parse(line, &head->fields[head->count], err))
            return false;
        head->count++;
    }
}

/* The next member of a comma-separated list; false at the end. */
static bool member_take(struct http_text *list, struct http_text *out)
{
    if (list->len == 0)
        return false;
    const char *comma = memchr(list->data, ',', list->len);
    size_t len = comma ? (size_t)(comma - list->data) : list->len;
    size_t used = len + (comma ? 1 : 0);
    *out = trim((struct http_text){ list->data, len });
    *list = (struct http_text){ list->data + used, list->len - used };
    return true;
}

static bool text_same(struct http_text a, struct http_text b)
{
    return a.len == b.len && strncasecmp(a.data, b.data, a.len) == 0;
}

/* What a Connection field names belongs to this connection alone (RFC 9110 section 7.6.1). */
static void connection_apply(struct http_head *head, struct http_text options, bool *close,
                             bool *keep)
{
    struct http_text option;
    while (member_take(&options, &option)) {
        *close |= http_text_is(option, "close");
        *keep |= http_text_is(option, "keep-alive");
        for (size_t i = 0; i < head->count; i++)
            head->fields[i].hop |= text_same(head->fields[i].name, option);
    }
}

static bool is_hop_name(struct http_text name)
{
    static const char *const names[] = {
        "connection",
        "proxy-connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-authorization",
        "proxy-authenticate",
        "proxy-authentication-info",
        "http2-settings",
        "content-length",
        "host",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        if (http_text_is(name, names[i]))
            return true;
    }
    return false;
}

static bool length_parse(struct http_text value, uint64_t *out, struct error *err)
{
    uint64_t length = 0;
    bool fine = value.len >= 1 && value.len <= LENGTH_DIGITS_MAX;
    for (size_t i = 0; fine && i < value.len; i++) {
        fine = value.data[i] >= '0' && value.data[i] <= '9';
        length = length * 10 + (uint64_t)(unsigned char)(value.data[i] - '0');
    }
    if (!fine)
        return error_set(err, INVALID, "Content-Length is not a plain number");
    *out = length;
    return true;
}

struct tally {
    unsigned hosts, lengths, codings;
    bool close, keep;
};

static bool field_apply(struct http_head *head, struct http_field *field, struct tally *tally,
                        struct error *err)
{
    field->hop |= is_hop_name(field->name);
    if (http_text_is(field->name, "host")) {
        tally->hosts++;
    } else if (http_text_is(field->name, "content-length")) {
        tally->lengths++;
        head->has_length = true;
        return length_parse(field->value, &head->length, err);
    } else if (http_text_is(field->name, "transfer-encoding")) {
        tally->codings++;
        if (!http_text_is(field->value, "chunked"))
            return error_set(err, UNSUPPORTED, "a transfer coding other than chunked");
    } else if (http_text_is(field->name, "connection") ||
               http_text_is(field->name, "proxy-connection")) {
        connection_apply(head, field->value, &tally->close, &tally->keep);
    } else if (http_text_is(field->name, "upgrade")) {
        struct http_text list = field->value, member;
        while (member_take(&list, &member))
            head->wants_socket |= http_text_is(member, "websocket");
    }
    return true;
}

static bool fields_apply(struct http_head *head, struct tally *tally, struct error *err)
{
    for (size_t i = 0; i < head->count; i++) {
        if (!field_apply(head, &head->fields[i], tally, err))
            return false;
    }
    if (tally->hosts > 1 || tally->lengths > 1 || tally->codings > 1)
        return error_set(err, INVALID, "Host, Content-Length or Transfer-Encoding more than once");
    if (tally->lengths && tally->codings)
        return error_set(err, INVALID, "Content-Length together with Transfer-Encoding");
    if (tally->codings && head->minor == 0)
        return error_set(err, INVALID, "Transfer-Encoding in HTTP/1.0");
    head->keep_alive = !tally->close && (head->minor == 1 || tally->keep);
    if (tally->codings)
        head->framing = HTTP_CHUNKED;
    else if (head->has_length && head->length > 0)
        head->framing = HTTP_LENGTH;
    return true;
}

static bool target_check(struct http_text target, struct error *err)
{
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.data[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#')
            return error_set(err, INVALID, "a character that no request target has");
    }
    return target.len > 0 ? true : error_set(err, INVALID, "no request target");
}

bool http_request_parse(const char *bytes, size_t len, struct http_head *out, struct error *err)
{
    struct http_text rest = { bytes, len };
    struct http_text line = line_take(&rest);
    struct tally tally = { 0 };
    *out = (struct http_head){ .framing = HTTP_NO_BODY };
    if (line.len > HTTP_LINE_MAX)
        return error_set(err, TOO_LARGE, "a request line is over %zu KiB", HTTP_LINE_MAX / 1024);
    out->method = word_take(&line);
    out->target = word_take(&line);
    if (out->method.len > HTTP_METHOD_MAX || !all_token(out->method))
        return error_set(err, INVALID, "not a request method");
    if (!target_check(out->target, err) || !version_parse(line, &out->minor, err) ||
        !fields_parse(rest, out, err) || !fields_apply(out, &tally, err))
        return false;
    if (tally.hosts == 0 && out->minor == 1)
        return error_set(err, INVALID, "a request of HTTP/1.1 without Host");
    return true;
}

static bool status_parse(struct http_text word, unsigned *out, struct error *err)
{
    unsigned status = 0;
    bool fine = word.len == 3 && word.data[0] >= '1' && word.data[0] <= '5';
    for (size_t i = 0; fine && i < 3; i++) {
        fine = word.data[i] >= '0' && word.data[i] <= '9';
        status = status * 10 + (unsigned)(word.data[i] - '0');
    }
    if (!fine)
        return error_set(err, INVALID, "not a status code");
    *out = status;
    return true;
}

bool http_response_parse(const char *bytes, size_t len, bool answers_head, struct http_head *out,
                         struct error *err)
{
    struct http_text rest = { bytes, len };
    struct http_text line = line_take(&rest);
    struct tally tally = { 0 };
    *out = (struct http_head){ .framing = HTTP_NO_BODY };
    if (line.len > HTTP_LINE_MAX)
        return error_set(err, TOO_LARGE, "a status line is over %zu KiB", HTTP_LINE_MAX / 1024);
    if (!version_parse(word_take(&line), &out->minor, err) ||
        !status_parse(word_take(&line), &out->status, err) || !value_check(line, err))
        return false;
    out->reason = line;
    if (!fields_parse(rest, out, err) || !fields_apply(out, &tally, err))
        return false;

    bool bodiless = answers_head || out->status < 200 || out->status == 204 || out->status == 304;
    if (bodiless) {
        out->framing = HTTP_NO_BODY;
    } else if (out->framing == HTTP_NO_BODY && !out->has_length) {
        out->framing = HTTP_UNTIL_CLOSE;
        out->keep_alive = false;
    }
    return true;
}

bool http_target_parse(const struct http_head *head, struct http_target *out, struct error *err)
{
    static const struct http_text root = { "/", 1 }, server = { "*", 1 };
    struct http_text target = head->target;
    if (target.len > 8 && strncasecmp(target.data, "https://", 8) == 0) {
        (void)error_set(err, UNSUPPORTED, "https goes through CONNECT, not through GET");
        return error_hint(err, "the program has to make a tunnel: see HTTPS_PROXY");
    }
    if (target.len <= 7 || strncasecmp(target.data, "http://", 7) != 0) {
        (void)error_set(err, INVALID, "this is a proxy: the request target has to be http://host/");
        return error_hint(err, "the program spoke to the proxy as if it were a server");
    }
    size_t end = 7;
    while (end < target.len && target.data[end] != '/' && target.data[end] != '?')
        end++;
    struct http_target parts = { .authority = { target.data + 7, end - 7 },
                                 .path = { target.data + end, target.len - end } };
    parts.query_only = parts.path.len > 0 && parts.path.data[0] == '?';
    if (parts.path.len == 0)
        parts.path = http_text_is(head->method, "options") ? server : root;
    *out = parts;
    return true;
}
