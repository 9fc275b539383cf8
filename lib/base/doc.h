/*
 * Documents: the one tree that the JSON, TOML and YAML readers produce and the JSON printer takes.
 *
 * A node knows where it stood in its source, so that whoever finds fault with a value can say
 * where it is. Nodes live in an arena and are not changed once a reader has returned them.
 */
#pragma once

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

enum doc_kind {
    DOC_NULL,
    DOC_BOOL,
    DOC_INTEGER,
    DOC_REAL,
    DOC_TEXT,
    DOC_TIME, /* TOML's dates and times, kept as text */
    DOC_LIST,
    DOC_TABLE,
};

struct doc {
    enum doc_kind kind;
    uint32_t key_len;
    const char *source;    /* file name, or NULL */
    unsigned line, column; /* where the value begins, from 1; 0 when it was not read from text */
    unsigned key_line, key_column;
    const char *key; /* in a table; UTF-8. A quoted key of TOML may hold NUL: see key_len */
    /* Of YAML: how a scalar, and its key, were written where that was without quotes; else NULL.
     * What it means depends on who reads it: `no` and 0755 are other values in YAML 1.1. */
    const char *plain, *key_plain;
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct {
            const char *text; /* NUL-terminated; readers refuse or keep NUL inside: see len */
            size_t len;
        };
        struct {
            struct doc *first, *last;
            size_t count;
        };
    };
    struct doc *next; /* sibling */
};

/* Building. Tables keep the order of insertion; a key must not be there already. */
struct doc *doc_new(struct arena *arena, enum doc_kind kind);
void doc_append(struct doc *list, struct doc *item);
void doc_insert(struct arena *arena, struct doc *table, const char *key, struct doc *value);

struct doc *doc_add_table(struct arena *arena, struct doc *parent, const char *key);
struct doc *doc_add_list(struct arena *arena, struct doc *parent, const char *key);
/* NULL text adds nothing. key is NULL when parent is a list. */
void doc_add_text(struct arena *arena, struct doc *parent, const char *key, const char *text);
void doc_add_integer(struct arena *arena, struct doc *parent, const char *key, int64_t value);
void doc_add_bool(struct arena *arena, struct doc *parent, const char *key, bool value);
void doc_add_null(struct arena *arena, struct doc *parent, const char *key);
void doc_add_time(struct arena *arena, struct doc *parent, const char *key, int64_t time_us);

/* A deep copy; nodes keep their places. */
struct doc *doc_copy(struct arena *arena, const struct doc *doc);
/* Same kind and value; tables regardless of order. */
bool doc_equal(const struct doc *a, const struct doc *b);

/* How many values it is, itself among them. */
size_t doc_count(const struct doc *doc);
/* The member of a table, or NULL when there is none or doc is NULL or not a table. */
struct doc *doc_find(const struct doc *doc, const char *key);
struct doc *doc_find_span(const struct doc *doc, const char *key, size_t len);
/* The text of a member, or NULL when it is absent or not text without NUL. */
const char *doc_text(const struct doc *doc, const char *key);
/* "text", "a list", ... for messages. */
const char *doc_kind_name(enum doc_kind kind);

/* Puts in front of an error where it is: "source:line:column: ", or "line 1, column 2: " where
 * there is no file to name. False, as error_prefix is. */
#define doc_place(err, ...) error_false(doc_add_place((err), __VA_ARGS__))

/* Sets an INVALID error with its place at a value, or at its key. */
#define doc_fault(err, ...)     error_false(doc_raise((err), __VA_ARGS__))
#define doc_fault_key(err, ...) error_false(doc_raise_key((err), __VA_ARGS__))

bool doc_add_place(struct error *err, const char *source, size_t line, size_t column)
    __attribute__((cold));
bool doc_raise(struct error *err, const struct doc *doc, const char *format, ...)
    __attribute__((cold, format(printf, 3, 4)));
bool doc_raise_key(struct error *err, const struct doc *doc, const char *format, ...)
    __attribute__((cold, format(printf, 3, 4)));

/*
 * Fills *out as its record describes. Text and lists go to arena. Strict: wrong types, missing and
 * (unless the record is open) unknown keys fail; the message names source, line, column and the
 * path of keys, err->field the path, err->hint the nearest known key.
 */
bool record_decode(const struct doc *doc, const struct record *record, struct arena *arena,
                   void *out, struct error *err) MUST_CHECK;

/* The document of a record. Absent text, records and documents are left out; absent times too. */
struct doc *record_encode(const struct record *record, const void *in, struct arena *arena);

/* NOLINTNEXTLINE(bugprone-macro-parentheses): item is a declaration */
#define DOC_FOREACH(parent, item) for (struct doc *item = (parent)->first; item; item = item->next)
