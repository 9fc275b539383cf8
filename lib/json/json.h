/* JSON <-> documents and records. The only module that knows jansson. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

enum json_syntax {
    JSON_PLAIN, /* RFC 8259 */
    /* JSONC, and what editors make: line and block comments, a comma after the last item, a byte
     * order mark at the start */
    JSON_COMMENTS,
};

/*
 * Reads one document: UTF-8, no duplicate keys, no trailing text, nesting to LIMIT_DOC_DEPTH,
 * integers that fit 64 bits. source is the file's name for messages, or NULL. Errors name line and
 * column.
 */
bool json_parse(const char *text, size_t len, const char *source, enum json_syntax syntax,
                struct arena *arena, struct doc **out, struct error *err) MUST_CHECK;

/* From here on what reading leaves behind in freed memory is overwritten: for a program that reads
 * documents with secrets. Once, before the first thread and the first document. */
void json_wipe_freed(void);

/* json_parse (strict) and record_decode. */
bool json_decode(const char *text, size_t len, const struct record *record, struct arena *arena,
                 void *out, struct error *err) MUST_CHECK;

enum json_style {
    JSON_COMPACT_SORTED, /* one line, keys in byte order: what is hashed and signed */
    JSON_COMPACT_KEPT,   /* one line, keys in the order of the document */
    JSON_PRETTY,         /* two spaces, keys in the order of the document, no newline at the end */
};

/* NUL-terminated, in arena. */
const char *json_print(const struct doc *doc, enum json_style style, struct arena *arena);
/* record_encode and json_print, compact, keys sorted. */
const char *json_encode(const struct record *record, const void *in, struct arena *arena);
