/* JSONC made JSON: comments, commas after the last item and a byte order mark at the start become
 * blanks, so every place stays. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define JSON_BOM "\xef\xbb\xbf"

/* *out has the same length as text. Fails on a block comment that does not end. */
bool json_comments_blank(const char *text, size_t len, const char *source, struct arena *arena,
                         const char **out, struct error *err) MUST_CHECK;
