/* The parts of the TOML reader: a cursor over the text, scalars, and the tables being built. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "lib/toml/toml.h"

struct toml_slot {
    const struct doc *table;
    struct doc *member; /* NULL: free */
};

/* As many as a short document needs, without asking for memory. */
#define TOML_SLOTS_FIRST 64

struct toml_reader {
    const char *at, *end, *line_start;
    unsigned line;
    const char *source;
    struct arena *arena;
    struct error *err;
    struct toml_slot *slots; /* every table member by (table, key): see table.c */
    size_t slot_count, slots_used;
    struct toml_slot first_slots[TOML_SLOTS_FIRST];
    size_t values;
};

/* How a table or list came to be, which decides what may still be added to it. */
enum toml_state {
    TOML_IMPLICIT, /* named on the way to another table: a header may yet define it */
    TOML_HEADER,   /* [defined] */
    TOML_DOTTED,   /* by dotted keys: more of those, no header of its own */
    TOML_CLOSED,   /* a value: nothing can be added */
    TOML_TABLES,   /* a list of [[tables]] */
};

/* A table or list; doc comes first, so that a struct doc of those kinds is one of these. */
struct toml_node {
    struct doc doc;
    enum toml_state state;
    unsigned depth;
};

/* A part of a dotted key. */
struct toml_key {
    const char *text;
    size_t len;
    unsigned line, column;
    struct toml_key *next;
};

/* The next byte, or -1 at the end. */
static inline int toml_peek(const struct toml_reader *reader)
{
    return reader->at < reader->end ? (unsigned char)*reader->at : -1;
}

/*
 * How many bytes at text, eight at a time, hold no control character, no DEL and neither of the two
 * that are named (ASCII). In a byte that is less than what is taken from it the topmost bit comes
 * up; a borrow may bring it up in those above, but not before there is such a byte.
 */
static inline size_t toml_plain_run(const char *text, const char *end, char one, char other)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    size_t run = 0;
    for (uint64_t eight; (size_t)(end - text) - run >= sizeof(eight); run += sizeof(eight)) {
        memcpy(&eight, text + run, sizeof(eight));
        uint64_t del = eight ^ ones * 0x7f, first = eight ^ ones * (unsigned char)one,
                 second = eight ^ ones * (unsigned char)other;
        uint64_t special = (eight - ones * ' ') | (del - ones) | (first - ones) | (second - ones);
        if (special & ~eight & tops)
            break;
    }
    return run;
}

/* Inline, since the lengths of what is looked for are then constants. */
static inline bool toml_looking_at(const struct toml_reader *reader, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(reader->end - reader->at) >= len && memcmp(reader->at, text, len) == 0;
}

/* Steps over text when it is next. */
static inline bool toml_take(struct toml_reader *reader, const char *text)
{
    if (!toml_looking_at(reader, text))
        return false;
    reader->at += strlen(text);
    return true;
}

unsigned toml_column(const struct toml_reader *reader);
#define toml_fault(reader, ...)    error_false(toml_raise((reader), __VA_ARGS__))
#define toml_fault_at(reader, ...) error_false(toml_raise_at((reader), __VA_ARGS__))
bool toml_raise(struct toml_reader *reader, const char *format, ...)
    __attribute__((cold, format(printf, 2, 3)));
bool toml_raise_at(struct toml_reader *reader, unsigned line, unsigned column, const char *format,
                   ...) __attribute__((cold, format(printf, 4, 5)));
void toml_skip_blanks(struct toml_reader *reader); /* spaces and tabs */
/* A line end, LF or CRLF, when it is next. */
bool toml_take_newline(struct toml_reader *reader);
/* A comment, when one is next, up to its line's end. */
bool toml_skip_comment(struct toml_reader *reader) MUST_CHECK;
/* Blanks, line ends and comments. */
bool toml_skip_lines(struct toml_reader *reader) MUST_CHECK;
/* A node that stands where the cursor is. */
struct doc *toml_node_new(struct toml_reader *reader, enum doc_kind kind);

/* Scalars: the cursor is at their first byte, and behind them on success. */
bool toml_read_string(struct toml_reader *reader, bool may_span_lines, struct doc **out) MUST_CHECK;
bool toml_read_number(struct toml_reader *reader, struct doc **out) MUST_CHECK;
/* True and *out NULL when what follows is no date or time. */
bool toml_read_time(struct toml_reader *reader, struct doc **out) MUST_CHECK;

/* A member of a table, or NULL. */
void toml_slots_free(struct toml_reader *reader);
struct doc *toml_table_find(const struct toml_reader *reader, const struct doc *table,
                            const struct toml_key *key);
/* The table that `[key]` or `[[key]]` opens, below root. */
bool toml_open_table(struct toml_reader *reader, struct doc *root, const struct toml_key *key,
                     struct doc **out) MUST_CHECK;
bool toml_open_element(struct toml_reader *reader, struct doc *root, const struct toml_key *key,
                       struct doc **out) MUST_CHECK;
/* The table that holds the last part of a dotted key; *last is that part. */
bool toml_open_dotted(struct toml_reader *reader, struct doc *table, const struct toml_key *key,
                      struct doc **out, const struct toml_key **last) MUST_CHECK;
void toml_insert(struct toml_reader *reader, struct doc *table, const struct toml_key *key,
                 struct doc *value);
bool toml_check_depth(struct toml_reader *reader, unsigned depth) MUST_CHECK;
/* Counts a value that is to be made. */
bool toml_check_count(struct toml_reader *reader) MUST_CHECK;

static inline struct toml_node *toml_node_of(struct doc *doc)
{
    return (struct toml_node *)doc;
}
