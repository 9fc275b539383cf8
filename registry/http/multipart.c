#include "registry/http/multipart.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"

enum state {
    STATE_FIRST, /* the opening boundary */
    STATE_AFTER, /* behind a boundary: a line break, or "--" */
    STATE_HEAD,
    STATE_BODY,
    STATE_END,
};

struct multipart {
    struct multipart_sink sink;
    enum state state;
    char delimiter[MULTIPART_BOUNDARY_MAX + 5]; /* "\r\n--boundary" */
    size_t delimiter_len;
    struct buf held; /* what cannot be judged yet */
};

static const char *spaces_skip(const char *at)
{
    return at + strspn(at, " \t");
}

/* A token or quoted string at *at, which is moved behind it. False when it does not fit. */
static bool value_read(const char **at, char *out, size_t size)
{
    const char *from = *at;
    bool quoted = *from == '"';
    size_t used = 0;
    for (from += quoted; *from && (quoted ? *from != '"' : !strchr("; \t", *from)); from++) {
        if (quoted && *from == '\\' && (from[1] == '"' || from[1] == '\\'))
            from++;
        if (used + 1 >= size)
            return false;
        out[used++] = *from;
    }
    out[used] = '\0';
    if (quoted && *from != '"')
        return false;
    *at = from + quoted;
    return true;
}

bool header_parameter(const char *field, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    bool found = false;
    const char *at = field + strcspn(field, ";");
    while (*at == ';') {
        at = spaces_skip(at + 1);
        size_t key = strcspn(at, "=; \t");
        if (at[key] != '=')
            return found && !at[key];
        bool wanted = key == len && strncasecmp(at, name, len) == 0;
        char other[MULTIPART_NAME_MAX + 1];
        at += key + 1;
        if ((wanted && found) ||
            !value_read(&at, wanted ? out : other, wanted ? size : sizeof(other)))
            return false;
        found = found || wanted;
        at = spaces_skip(at);
    }
    return found && *at == '\0';
}

bool multipart_new(const char *content_type, struct multipart_sink sink, struct multipart **out,
                   struct error *err)
{
    char boundary[MULTIPART_BOUNDARY_MAX + 1];
    if (!header_parameter(content_type, "boundary", boundary, sizeof(boundary)) || !*boundary ||
        !text_is_printable(boundary))
        return error_set(err, INVALID, "the form has no usable boundary");
    struct multipart *multipart = xnew(struct multipart);
    multipart->sink = sink;
    multipart->delimiter_len =
        (size_t)snprintf(multipart->delimiter, sizeof(multipart->delimiter), "\r\n--%s", boundary);
    buf_init(&multipart->held, SIZE_MAX / 2);
    *out = multipart;
    return true;
}

void multipart_free(struct multipart *multipart)
{
    if (!multipart)
        return;
    buf_clear(&multipart->held);
    free(multipart);
}

static void held_drop(struct multipart *multipart, size_t len)
{
    struct buf *held = &multipart->held;
    held->len -= len;
    memmove(held->data, held->data + len, held->len + 1);
}

struct head {
    char name[MULTIPART_NAME_MAX + 1];
    char filename[MULTIPART_NAME_MAX + 1];
    char type[MULTIPART_NAME_MAX + 1];
    bool has_name, has_filename, has_type;
};

static bool encoding_is_plain(const char *value)
{
    return strcasecmp(value, "binary") == 0 || strcasecmp(value, "8bit") == 0 ||
           strcasecmp(value, "7bit") == 0;
}

static bool disposition_read(const char *value, struct head *head, struct error *err)
{
    if (head->has_name || strncasecmp(value, "form-data", 9) != 0)
        return error_set(err, INVALID, "form: a part is not form-data");
    head->has_name = header_parameter(value, "name", head->name, sizeof(head->name));
    head->has_filename =
        header_parameter(value, "filename", head->filename, sizeof(head->filename));
    bool good = head->has_name && (head->has_filename || !strcasestr(value, "filename"));
    return good || error_set(err, INVALID, "form: a part's name cannot be read");
}

static bool field_read(char *line, struct head *head, struct error *err)
{
    char *colon = strchr(line, ':');
    if (!colon || colon == line || !text_is_utf8(line, strlen(line)))
        return error_set(err, INVALID, "form: malformed header field of a part");
    *colon = '\0';
    const char *value = spaces_skip(colon + 1);
    if (strcasecmp(line, "Content-Disposition") == 0)
        return disposition_read(value, head, err);
    if (strcasecmp(line, "Content-Transfer-Encoding") == 0 && !encoding_is_plain(value))
        return error_set(err, INVALID, "form: transfer encoding of a part is not known");
    if (strcasecmp(line, "Content-Type") == 0)
        head->has_type =
            (size_t)snprintf(head->type, sizeof(head->type), "%s", value) < sizeof(head->type);
    return true;
}

/* The header fields, each on a line, are the first len bytes of what is held. */
static bool head_read(struct multipart *multipart, size_t len, struct error *err)
{
    struct head head = { .has_name = false };
    char *text = multipart->held.data;
    if (memchr(text, '\0', len))
        return error_set(err, INVALID, "form: a part's header holds a NUL");
    text[len] = '\0';
    for (char *line = text; *line;) {
        char *end = strstr(line, "\r\n");
        char *next = end ? end + 2 : line + strlen(line);
        if (end)
            *end = '\0';
        if (!field_read(line, &head, err))
            return false;
        line = next;
    }
    if (!head.has_name)
        return error_set(err, INVALID, "form: a part has no name");
    return multipart->sink.begin(multipart->sink.context, head.name,
                                 head.has_filename ? head.filename : NULL,
                                 head.has_type ? head.type : NULL, err);
}

/* Each step: true with *more when the state moved on, true without when bytes are lacking. */

static bool step_first(struct multipart *multipart, bool *more, struct error *err)
{
    struct buf *held = &multipart->held;
    size_t len = multipart->delimiter_len - 2;
    if (held->len < len)
        return true;
    if (memcmp(held->data, multipart->delimiter + 2, len) != 0)
        return error_set(err, INVALID, "form: it does not begin with its boundary");
    held_drop(multipart, len);
    multipart->state = STATE_AFTER;
    return *more = true;
}

static bool step_after(struct multipart *multipart, bool *more, struct error *err)
{
    struct buf *held = &multipart->held;
    if (held->len < 2)
        return true;
    if (memcmp(held->data, "--", 2) == 0)
        multipart->state = STATE_END;
    else if (memcmp(held->data, "\r\n", 2) == 0)
        multipart->state = STATE_HEAD;
    else
        return error_set(err, INVALID, "form: malformed boundary");
    held_drop(multipart, 2);
    return *more = true;
}

static bool step_head(struct multipart *multipart, bool *more, struct error *err)
{
    struct buf *held = &multipart->held;
    const char *end = memmem(held->data, held->len, "\r\n\r\n", 4);
    size_t len = end ? (size_t)(end - held->data) : held->len;
    if (len > MULTIPART_HEAD_MAX)
        return error_set(err, INVALID, "form: a part's header is over %d bytes",
                         MULTIPART_HEAD_MAX);
    if (!end)
        return true;
    if (!head_read(multipart, len, err))
        return false;
    held_drop(multipart, len + 4);
    multipart->state = STATE_BODY;
    return *more = true;
}

static bool step_body(struct multipart *multipart, bool *more, struct error *err)
{
    struct buf *held = &multipart->held;
    size_t len = multipart->delimiter_len;
    const char *end = memmem(held->data, held->len, multipart->delimiter, len);
    size_t ready = end ? (size_t)(end - held->data) : held->len < len ? 0 : held->len - len + 1;
    if (ready > 0 && !multipart->sink.data(multipart->sink.context, held->data, ready, err))
        return false;
    held_drop(multipart, ready + (end ? len : 0));
    if (end)
        multipart->state = STATE_AFTER;
    *more = end != NULL;
    return true;
}

static bool step(struct multipart *multipart, bool *more, struct error *err)
{
    *more = false;
    switch (multipart->state) {
    case STATE_FIRST:
        return step_first(multipart, more, err);
    case STATE_AFTER:
        return step_after(multipart, more, err);
    case STATE_HEAD:
        return step_head(multipart, more, err);
    case STATE_BODY:
        return step_body(multipart, more, err);
    case STATE_END:
    default:
        held_drop(multipart, multipart->held.len); /* an epilogue means nothing */
        return true;
    }
}

bool multipart_add(struct multipart *multipart, const char *bytes, size_t len, struct error *err)
{
    if (len == 0)
        return true;
    if (!buf_append(&multipart->held, bytes, len, err))
        return false;
    assert(multipart->held.data); /* each step reads from it, were it only the NUL */
    for (bool more = true; more;)
        if (!step(multipart, &more, err))
            return false;
    return true;
}

bool multipart_end(const struct multipart *multipart, struct error *err)
{
    return multipart->state == STATE_END ||
           error_set(err, INVALID, "form: it ends before its closing boundary");
}
