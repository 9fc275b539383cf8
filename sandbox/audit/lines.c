#include "sandbox/audit/lines.h"

#include <errno.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/mem.h"

#define ROOM (2 * LIMIT_AUDIT_LINE_BYTES)

void lines_init(struct lines *lines, int fd)
{
    *lines = (struct lines){ .fd = fd, .bytes = xcalloc(1, ROOM) };
}

void lines_clear(struct lines *lines)
{
    free(lines->bytes);
    lines->bytes = NULL;
}

/* More bytes behind those that are there; less than a whole line of room is left when it is called.
 */
static bool lines_fill(struct lines *lines, struct error *err)
{
    memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
    lines->end -= lines->start;
    lines->start = 0;
    while (!lines->at_end && lines->end < ROOM) {
        ssize_t got = read(lines->fd, lines->bytes + lines->end, ROOM - lines->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, "read");
        lines->at_end = got == 0;
        lines->end += (size_t)got;
    }
    return true;
}

/* The zeros at a file's end: the room that its writer reserved, and had no time to give back. */
static size_t without_room(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == '\0')
        len--;
    return len;
}

bool lines_next(struct lines *lines, struct line *out, struct error *err)
{
    const char *newline = memchr(lines->bytes + lines->start, '\n', lines->end - lines->start);
    if (!newline && !lines->at_end) {
        if (!lines_fill(lines, err))
            return false;
        newline = memchr(lines->bytes, '\n', lines->end);
    }
    const char *text = lines->bytes + lines->start;
    size_t len = newline ? (size_t)(newline - text) : lines->end - lines->start;
    lines->start += len + (newline != NULL);
    if (!newline && lines->at_end)
        len = without_room(text, len);
    *out = (struct line){ text, len, newline != NULL };
    if (!newline && len == 0)
        out->text = NULL;
    return true;
}
