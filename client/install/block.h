/*
 * Blocks of text between marker lines in a TOML file, as the original writes them:
 *
 *     # >>> nono:ID >>>
 *     ...
 *     # <<< nono:ID <<<
 *
 * Only text is touched, so that all around a block stays as it was, comments too.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define BLOCK_ID_MAX 64

enum block_place { BLOCK_AT_END, BLOCK_AT_TOP };

struct block {
    const char *id; /* of the markers */
    const char *content;
    enum block_place place;
};

/*
 * Puts a block into text, at the end, or at the top: behind the keys that stand before the first
 * table, so that a key of the block is a key of the document and no key of the document becomes one
 * of the block's tables. Where the very block stands already, nothing changes. CONFLICT when one of
 * its id says something else, or when the file would not be TOML any more, or say something else
 * than file and block together.
 */
bool block_put(const char *text, size_t len, const struct block *block, struct arena *arena,
               const char **out, size_t *out_len, struct error *err) MUST_CHECK;

/* What a block of this content has between its markers: all lines end. */
const char *block_lines(const char *content, struct arena *arena);

/* What stands between the markers, or NULL when there is no block. */
bool block_content(const char *text, size_t len, const char *id, struct arena *arena,
                   const char **out, struct error *err) MUST_CHECK;

/* Takes the block out, whatever it says, with the blank line that was put before or behind it. No
 * block: *out is text itself. So it is where a line of the file would say something else without
 * the block, as one behind it does that is of the block's last table. What is not TOML says
 * nothing. */
bool block_take(const char *text, size_t len, const char *id, struct arena *arena, const char **out,
                size_t *out_len, struct error *err) MUST_CHECK;
