/*
 * A request's head cut as libmicrohttpd 0.9.75 cuts one: in place, with what it passes over (bare
 * LF, NUL, folded lines, names that are empty) passed over as it does.
 */
#pragma once

#include <string.h>

#include "lib/base/arena.h"
#include "registry/http/framing.h"
#include "registry/http/uri.h"

#define HEAD_FIELDS_MAX 64

struct head_cut {
    struct framing_line line;
    struct {
        const char *name, *value;
    } fields[HEAD_FIELDS_MAX];
    size_t count;
    const char *end; /* behind the empty line */
};

struct head_cutter {
    char *at, *end;
    struct arena *arena;
    char *name, *value; /* of the field that may go on in the next line */
};

/* The next line, NUL in place of its end; NULL when there is no whole one. */
static inline char *head_line(struct head_cutter *cutter, size_t *len)
{
    char *line = cutter->at, *lf = memchr(line, '\n', (size_t)(cutter->end - line));
    if (!lf)
        return NULL;
    char *last = lf > line && lf[-1] == '\r' ? lf - 1 : lf;
    *len = (size_t)(last - line);
    *last = *lf = '\0';
    cutter->at = lf + 1;
    return line;
}

static inline bool head_request_line(char *line, size_t len, struct arena *arena,
                                     struct framing_line *out)
{
    char *blank = memchr(line, ' ', len);
    if (!blank)
        return false;
    *blank = '\0';
    char *target = blank + 1, *version = line + len - 1;
    while (*target == ' ')
        target++;
    while (version > target && *version != ' ')
        version--;
    if (version <= target || strncmp(version + 1, "HTTP/1.", 7) != 0 || version + 9 != line + len)
        return false;
    *version = '\0';
    const char *uri = arena_strndup(arena, uri_local(target), strlen(uri_local(target)));
    *out = (struct framing_line){ line, target, version + 1, strlen(target), uri };
    target[strcspn(target, "?")] = '\0';
    return true;
}

static inline bool head_field_line(struct head_cutter *cutter, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon)
        return false;
    *colon++ = '\0';
    cutter->name = line;
    cutter->value = colon + strspn(colon, " \t");
    return true;
}

static inline bool head_fields(struct head_cutter *cutter, struct head_cut *out)
{
    size_t len;
    char *line;
    while ((line = head_line(cutter, &len))) {
        if (cutter->name && (*line == ' ' || *line == '\t')) { /* it belongs to the value */
            cutter->name = (char *)(uintptr_t)arena_printf(cutter->arena, "%s%s", cutter->name,
                                                           line + strspn(line, " \t"));
            continue;
        }
        if (cutter->name) {
            if (out->count == HEAD_FIELDS_MAX)
                return false;
            out->fields[out->count].name = cutter->name;
            out->fields[out->count++].value = cutter->value;
        }
        if (*line && !head_field_line(cutter, line))
            return false;
        if (*line == '\0') { /* so it is after the cut of a line that begins with a colon */
            out->end = cutter->at;
            return true;
        }
    }
    return false;
}

/* False for what libmicrohttpd answers itself, and for a head that has no end. bytes are cut. */
static inline bool head_cut(char *bytes, size_t size, struct arena *arena, struct head_cut *out)
{
    struct head_cutter cutter = { bytes, bytes + size, arena, NULL, NULL };
    size_t len = 0;
    char *line;
    *out = (struct head_cut){ .count = 0 };
    do
        line = head_line(&cutter, &len);
    while (line && *line == '\0');
    return line && head_request_line(line, len, arena, &out->line) && head_fields(&cutter, out);
}

/* What framing.c finds in it; NULL: nothing. */
static inline const char *head_fault(const struct head_cut *head)
{
    struct framing framing;
    framing_begin(&framing, &head->line, true);
    for (size_t i = 0; i < head->count; i++)
        framing_field(&framing, head->fields[i].name, head->fields[i].value);
    framing_end(&framing, head->end);
    return framing.fault;
}
