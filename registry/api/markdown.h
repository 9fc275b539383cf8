/*
 * READMEs as HTML that is safe to show: CommonMark by cmark, and the tables of GitHub's dialect,
 * which it does not know. None of the author's own tags come through, nor links that are scripts.
 */
#pragma once

#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

/*
 * text ends in a NUL, and has no other. A text that nests deeper than anybody writes comes out as
 * it was written. *out is in arena. base is what addresses without a scheme or a leading slash are
 * relative to, and ends in a slash. Images of other origins become links: showing them would tell
 * those who reads.
 */
bool markdown_html(const char *text, size_t len, const char *base, struct arena *arena,
                   const char **out, struct error *err) MUST_CHECK;
