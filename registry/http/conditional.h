/* Conditional and partial requests: RFC 9110 sections 13 and 14, as far as a GET of bytes needs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether an If-None-Match field names an entity tag (weak comparison; "*" names any). etag is
 * without quotes; field may be NULL.
 */
bool etag_listed(const char *field, const char *etag);
/* Whether an If-Range field is exactly this strong entity tag; a date never is. */
bool etag_is(const char *field, const char *etag);

/*
 * What the conditions of a GET come to for an answer with this entity tag: its header fields one by
 * one, as all lines of a field are one list (RFC 9110, 5.3). Times are not looked at: no answer has
 * a Last-Modified. Begins with the tag and zeros.
 */
struct conditions {
    const char *etag; /* without quotes */
    bool must_match, matches, known;
};
void conditions_field(struct conditions *conditions, const char *name, const char *value);

enum condition {
    CONDITION_NONE,         /* nothing stands against the answer */
    CONDITION_FAILED,       /* 412, which goes before */
    CONDITION_NOT_MODIFIED, /* 304 */
};
enum condition conditions_judge(const struct conditions *conditions);

enum range_result {
    RANGE_WHOLE,   /* no range, several, or not bytes: the whole is sent */
    RANGE_PART,    /* *first and *last, both inside */
    RANGE_OUTSIDE, /* 416 */
};

/* Reads a Range field against a size. field may be NULL. */
enum range_result range_read(const char *field, uint64_t size, uint64_t *first, uint64_t *last);
