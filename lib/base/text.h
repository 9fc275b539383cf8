/* Text: tests, matching, and what is needed to say it back to people safely. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"

bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
/* Well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms. */
bool text_is_utf8(const char *text, size_t len);
/*
 * No C0, DEL or C1 controls, nor those of Unicode that end a line or turn the direction of what
 * follows, as which a name would be read as another; text is UTF-8.
 */
bool text_is_printable(const char *text);
/* How many characters (code points) UTF-8 text has. */
size_t text_length(const char *text);
/* Printable, and from least to most characters. */
bool text_is_line(const char *text, size_t least, size_t most);

/*
 * Whether a '/'-separated path matches a pattern: `*` and `?` stay inside one segment, `**` stands
 * for any number of segments. No character classes.
 */
bool text_glob(const char *pattern, const char *path);

/* The name nearest to what was typed, or NULL when none is near enough to suggest. */
const char *text_nearest(const char *typed, const char *const *names, size_t count);

/* For a terminal: controls, ESC and bytes that are not UTF-8 as \xNN. In arena. */
const char *text_escape(const char *text, struct arena *arena);

/* Printed JSON, for a terminal: the controls that JSON lets stand as \uNNNN, which reads as the
 * same. In arena, or the text itself. */
const char *text_escape_json(const char *json, struct arena *arena);

/* Adds the first len bytes of text to what out holds, which has room for size. False, and nothing
 * added: there is not room for it all. */
bool text_append(char *out, size_t size, const char *text, size_t len);

/* Puts '?' for every byte that is of a control, or of no UTF-8, such as what a cut left over. */
void text_mend(char *text);
