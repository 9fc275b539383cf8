#include "client/install/block.h"

#include <string.h>

#include "lib/base/limits.h"
#include "lib/toml/toml.h"

/* Where a block stands in a text: its first byte, and the one behind its last line. */
struct span {
    size_t from, to;
    size_t content, content_len; /* between the lines of the markers */
};

static bool id_check(const char *id, struct error *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(id);
    return (len > 0 && len <= BLOCK_ID_MAX && strspn(id, plain) == len) ||
           error_set(err, INVALID, "marker_id: expected letters, digits and ._-");
}

/* The line that is exactly this, from a position on; len when there is none. */
static size_t line_find(const char *text, size_t len, size_t from, const char *line)
{
    size_t line_len = strlen(line);
    for (size_t at = from; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t this_len = end ? (size_t)(end - text) - at : len - at;
        size_t bare = this_len && text[at + this_len - 1] == '\r' ? this_len - 1 : this_len;
        if (bare == line_len && memcmp(text + at, line, line_len) == 0)
            return at;
        at += this_len + 1;
    }
    return len;
}

static size_t line_end(const char *text, size_t len, size_t at)
{
    const char *end = memchr(text + at, '\n', len - at);
    return end ? (size_t)(end - text) + 1 : len;
}

static bool span_find(const char *text, size_t len, const char *id, struct arena *arena,
                      struct span *out, bool *out_found, struct error *err)
{
    size_t from = line_find(text, len, 0, arena_printf(arena, "# >>> nono:%s >>>", id));
    *out_found = from < len;
    if (!*out_found)
        return true;
    size_t last = line_find(text, len, from, arena_printf(arena, "# <<< nono:%s <<<", id));
    if (last >= len)
        return error_set(err, CONFLICT, "the block %s has lost its end marker", id);
    size_t content = line_end(text, len, from);
    *out = (struct span){ from, line_end(text, len, last), content, last - content };
    return true;
}

#define TRIED_MAX (64 * MIB) /* read to tell heads of tables from brackets in text and lists */
#define KEYS_MAX  20000      /* of a file with its block: they are compared one by one */

/* The start of the line of the first table, if text before it is a document of its own. */
static size_t first_table(const char *text, size_t len, struct arena *arena)
{
    struct error ignored;
    struct doc *doc;
    size_t tried = 0;
    for (size_t at = 0; at < len && tried < TRIED_MAX; at = line_end(text, len, at)) {
        size_t blank = strspn(text + at, " \t");
        if (text[at + blank] != '[')
            continue;
        if (toml_parse(text, at, NULL, arena, &doc, &ignored))
            return at;
        tried += at;
    }
    return len;
}

/* Every member of part stands unchanged in whole; tables are gone into. */
/* NOLINTNEXTLINE(misc-no-recursion): the reader bounds the depth */
static bool is_within(const struct doc *part, const struct doc *whole)
{
    DOC_FOREACH (part, item) {
        const struct doc *other = doc_find(whole, item->key);
        bool same = other && item->kind == other->kind &&
                    (item->kind == DOC_TABLE ? is_within(item, other) : doc_equal(item, other));
        if (!same)
            return false;
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static size_t leaves_count(const struct doc *table)
{
    size_t count = 0;
    DOC_FOREACH (table, item)
        count += item->kind == DOC_TABLE ? 1 + leaves_count(item) : 1;
    return count;
}

/* The result says what the file said, and what the block says, and nothing more. */
static bool meaning_check(const char *before, size_t before_len, const char *content,
                          const char *after, struct arena *arena, struct error *err)
{
    struct doc *old, *block, *all;
    if (!toml_parse(before, before_len, NULL, arena, &old, err))
        return error_prefix(err, "the file is not TOML");
    if (!toml_parse(content, strlen(content), NULL, arena, &block, err))
        return error_prefix(err, "the block is not TOML");
    if (!toml_parse(after, strlen(after), NULL, arena, &all, err))
        return error_set(err, CONFLICT, "the file has a key of the block already");
    if (doc_count(all) > KEYS_MAX)
        return error_set(err, TOO_LARGE, "the file has over %d values", KEYS_MAX);
    if (!is_within(old, all) || !is_within(block, all) ||
        leaves_count(all) > leaves_count(old) + leaves_count(block))
        return error_set(err, CONFLICT, "the block would change what the file says");
    return true;
}

const char *block_lines(const char *content, struct arena *arena)
{
    size_t len = strlen(content);
    return len && content[len - 1] != '\n' ? arena_printf(arena, "%s\n", content) : content;
}

static const char *block_text(const char *id, const char *content, struct arena *arena)
{
    return arena_printf(arena, "# >>> nono:%s >>>\n%s# <<< nono:%s <<<\n", id,
                        block_lines(content, arena), id);
}

static const char *at_end(const char *text, size_t len, const char *block, struct arena *arena)
{
    const char *gap = !len ? "" : text[len - 1] == '\n' ? "\n" : "\n\n";
    return arena_printf(arena, "%.*s%s%s", (int)len, text, gap, block);
}

static const char *at_top(const char *text, size_t len, const char *block, struct arena *arena)
{
    size_t at = first_table(text, len, arena);
    if (at == len)
        return at_end(text, len, block, arena);
    return arena_printf(arena, "%.*s%s\n%.*s", (int)at, text, block, (int)(len - at), text + at);
}

static bool texts_check(const char *text, size_t len, const char *content, struct error *err)
{
    if (len > LIMIT_JSON_BYTES || strlen(content) > LIMIT_JSON_BYTES)
        return error_set(err, TOO_LARGE, "the file or the block is over %zu bytes",
                         LIMIT_JSON_BYTES);
    if (memchr(text, '\0', len))
        return error_set(err, CONFLICT, "the file is not text");
    if (strstr(content, ">>> nono:") || strstr(content, "<<< nono:"))
        return error_set(err, INVALID, "the block has a marker line inside");
    return true;
}

/* At the end, keys of the block may belong to the last table: then it goes before the first. */
static bool block_fit(const char *text, size_t len, const struct block *block, const char *made,
                      struct arena *arena, const char **out, struct error *err)
{
    struct error why;
    const char *marked = block_text(block->id, block->content, arena);
    *out = made;
    if (meaning_check(text, len, block->content, made, arena, &why))
        return true;
    *out = at_top(text, len, marked, arena);
    return meaning_check(text, len, block->content, *out, arena, err);
}

bool block_content(const char *text, size_t len, const char *id, struct arena *arena,
                   const char **out, struct error *err)
{
    struct span span;
    bool found;
    if (!id_check(id, err) || !span_find(text, len, id, arena, &span, &found, err))
        return false;
    if (found && memchr(text + span.content, '\0', span.content_len))
        return error_set(err, CONFLICT, "the block %s is not text", id);
    *out = found ? arena_strndup(arena, text + span.content, span.content_len) : NULL;
    return true;
}

/* A block that says something else is somebody's by now, or another pack's. */
static bool standing_check(const char *text, size_t len, const struct block *block, bool *out_found,
                           struct arena *arena, struct error *err)
{
    const char *standing;
    if (!block_content(text, len, block->id, arena, &standing, err))
        return false;
    *out_found = standing != NULL;
    if (!standing || strcmp(standing, block_lines(block->content, arena)) == 0)
        return true;
    error_set(err, CONFLICT, "a block \"%s\" is there already, and says something else", block->id);
    return error_hint(err, "move what is yours out of the block, delete the rest with its marker "
                           "lines, and try again");
}

bool block_put(const char *text, size_t len, const struct block *block, struct arena *arena,
               const char **out, size_t *out_len, struct error *err)
{
    bool found;
    if (!id_check(block->id, err) || !texts_check(text, len, block->content, err) ||
        !standing_check(text, len, block, &found, arena, err))
        return false;
    const char *marked = block_text(block->id, block->content, arena);
    if (found)
        *out = arena_strndup(arena, text, len);
    else if (!block_fit(text, len, block,
                        block->place == BLOCK_AT_TOP ? at_top(text, len, marked, arena)
                                                     : at_end(text, len, marked, arena),
                        arena, out, err))
        return false;
    *out_len = strlen(*out);
    return true;
}

/* In the same order, with others between them: `[[hooks]]` of the block, say. */
static bool items_stand_in(const struct doc *whole, const struct doc *part)
{
    const struct doc *left = part->first;
    DOC_FOREACH (whole, item)
        if (left && doc_equal(item, left))
            left = left->next;
    return !left;
}

/* Whether all that a document says stands in another, at the same place. */
/* NOLINTNEXTLINE(misc-no-recursion): as above */
static bool stands_in(const struct doc *whole, const struct doc *part)
{
    if (whole->kind != part->kind)
        return false;
    if (part->kind == DOC_LIST)
        return items_stand_in(whole, part);
    if (part->kind != DOC_TABLE)
        return doc_equal(whole, part);
    DOC_FOREACH (part, item) {
        const struct doc *found = doc_find(whole, item->key);
        if (!found || !stands_in(found, item))
            return false;
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static size_t values_count(const struct doc *doc)
{
    size_t count = 0;
    if (doc->kind != DOC_TABLE && doc->kind != DOC_LIST)
        return 1;
    DOC_FOREACH (doc, item)
        count += values_count(item);
    return count;
}

/* Without the block the file says what it said, but for what the block says, in whatever table that
 * has come to stand. One that is not TOML says nothing. */
static bool may_go(const char *text, size_t len, const char *content, const char *left,
                   size_t left_len)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *whole, *rest, *block;
    struct error ignored;
    return !toml_parse(text, len, NULL, arena, &whole, &ignored) ||
           (doc_count(whole) <= KEYS_MAX &&
            toml_parse(content, strlen(content), NULL, arena, &block, &ignored) &&
            toml_parse(left, left_len, NULL, arena, &rest, &ignored) && stands_in(whole, rest) &&
            values_count(whole) <= values_count(rest) + values_count(block));
}

bool block_take(const char *text, size_t len, const char *id, struct arena *arena, const char **out,
                size_t *out_len, struct error *err)
{
    struct span span;
    bool found;
    if (!id_check(id, err) || !span_find(text, len, id, arena, &span, &found, err))
        return false;
    *out = text;
    *out_len = len;
    if (!found)
        return true;
    const char *content = arena_strndup(arena, text + span.content, span.content_len);
    if (span.to < len && text[span.to] == '\n')
        span.to++; /* of a block at the top, the blank line behind it was ours */
    else if (span.from >= 2 && memcmp(text + span.from - 2, "\n\n", 2) == 0)
        span.from--; /* of one at the end the line before, whatever was added since */
    size_t left_len = span.from + (len - span.to);
    char *left = arena_alloc(arena, left_len + 1, 1);
    memcpy(left, text, span.from);
    memcpy(left + span.from, text + span.to, len - span.to);
    if (!may_go(text, len, content, left, left_len))
        return true;
    *out = left;
    *out_len = left_len;
    return true;
}
