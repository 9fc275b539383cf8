/*
 * Records: one description of a struct, shared by every codec.
 *
 * A module lists the fields of its struct once; documents in, documents out and
 * the reading of query rows all follow that list. Member name, document key and
 * result column are the same word, unless the _AS form names another key.
 *
 *     static const struct field pack_fields[] = {
 *         TEXT(struct pack, name, REQUIRED),
 *         LIST(struct pack, files, &file_record, OPTIONAL),
 *     };
 *     const struct record pack_record = RECORD(struct pack, "pack", pack_fields);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct doc;
struct record;

enum field_kind {
    FIELD_TEXT,   /* const char *, NULL when absent */
    FIELD_U64,    /* uint64_t, 0 when absent */
    FIELD_I64,    /* int64_t, 0 when absent */
    FIELD_BOOL,   /* bool, false when absent */
    FIELD_TIME,   /* int64_t, microseconds since the epoch; RFC 3339 in documents; 0 when absent */
    FIELD_ENUM,   /* int, a position in a NULL-terminated list of names; 0 when absent */
    FIELD_RECORD, /* struct T *, NULL when absent */
    FIELD_LIST,   /* struct list of structs */
    FIELD_TEXTS,  /* struct list of const char * */
    FIELD_DOC,    /* const struct doc *, kept as it was read; NULL when absent */
};

enum { OPTIONAL = 0, REQUIRED = 1 };

struct list {
    void *items;
    size_t count;
};

struct field {
    const char *name; /* the key */
    enum field_kind kind;
    int presence;
    size_t offset;
    const struct record *record; /* FIELD_RECORD, FIELD_LIST: what it, or each item, is */
    const char *const *names;    /* FIELD_ENUM */
};

struct record {
    const char *name; /* in messages: "expected a pack" */
    size_t size;
    const struct field *fields;
    size_t count;
    bool open; /* unknown keys are passed over, not refused: for documents of a peer */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The offset of a member, with a compile-time check that it has the given type. */
#define MEMBER(type, member, ctype) \
    (offsetof(type, member) + 0 * sizeof((ctype *)0 == &((type *)0)->member))

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and declarations cannot stand in parentheses */
#define FIELD_AS(key, kind, type, member, ctype, presence, record, names) \
    { key, kind, presence, MEMBER(type, member, ctype), record, names }

#define TEXT_AS(key, type, member, presence) \
    FIELD_AS(key, FIELD_TEXT, type, member, const char *, presence, NULL, NULL)
#define TEXT(type, member, presence)  TEXT_AS(#member, type, member, presence)
#define U64(type, member, presence)   FIELD_AS(#member, FIELD_U64, type, member, uint64_t, presence, NULL, NULL)
#define I64(type, member, presence)   FIELD_AS(#member, FIELD_I64, type, member, int64_t, presence, NULL, NULL)
#define BOOL(type, member, presence)  FIELD_AS(#member, FIELD_BOOL, type, member, bool, presence, NULL, NULL)
#define TIME(type, member, presence)  FIELD_AS(#member, FIELD_TIME, type, member, int64_t, presence, NULL, NULL)
#define ENUM(type, member, names, presence) \
    FIELD_AS(#member, FIELD_ENUM, type, member, int, presence, NULL, names)
#define NESTED(type, member, ctype, record, presence) \
    FIELD_AS(#member, FIELD_RECORD, type, member, ctype *, presence, record, NULL)
#define LIST(type, member, record, presence) \
    FIELD_AS(#member, FIELD_LIST, type, member, struct list, presence, record, NULL)
#define TEXTS(type, member, presence) FIELD_AS(#member, FIELD_TEXTS, type, member, struct list, presence, NULL, NULL)
#define DOC(type, member, presence)   FIELD_AS(#member, FIELD_DOC, type, member, const struct doc *, presence, NULL, NULL)

#define RECORD(type, label, fields)      { label, sizeof(type), fields, COUNT(fields), false }
#define RECORD_OPEN(type, label, fields) { label, sizeof(type), fields, COUNT(fields), true }
/* clang-format on */

/* The i-th item of a struct list, and a loop over all of them. */
#define LIST_AT(list, type, i) (&((type *)(list).items)[i])
#define LIST_FOREACH(list, type, item)                                                          \
    for (type *item = (type *)(list).items; item && item < (type *)(list).items + (list).count; \
         item++)
/* NOLINTEND(bugprone-macro-parentheses) */
