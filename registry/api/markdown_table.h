/*
 * The tables of GitHub's Markdown, around a parser that does not know them. Such a table is a
 * paragraph to it, so the text is read twice: once to see which lines are paragraphs, and again
 * with each cell of a table as a paragraph of its own. Thus what is in a cell is read by the same
 * parser as everything else, references to links included.
 *
 * Only tables outside lists and quotations are seen.
 */
#pragma once

#include <cmark.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

struct tables {
    struct list found; /* of struct table */
    const char *text;  /* with their cells as paragraphs; NULL when there are none */
    size_t len;
};

/* Finds the tables of a text, which was parsed as document. */
bool tables_find(const char *text, size_t len, cmark_node *document, struct arena *arena,
                 struct tables *out, struct error *err) MUST_CHECK;

/* Puts a table in the place of its cells' paragraphs, in what tables->text was parsed as. */
bool tables_put(const struct tables *tables, cmark_node *document, struct error *err) MUST_CHECK;
