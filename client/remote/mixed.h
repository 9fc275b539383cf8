/*
 * multipart/mixed as our registry sends it (RFC 2046, 5.1): every part has a Content-Length, so
 * that bytes are passed on as they come and never searched. Fed in pieces of any size.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define MIXED_PARTS_MAX 16
#define MIXED_LINE_MAX  1024 /* of a header */

struct mixed_part {
    unsigned index; /* from 0 */
    char content_type[128];
    uint64_t length;
};

/* A false return ends the reading. */
struct mixed_sink {
    void *context;
    bool (*begin)(void *context, const struct mixed_part *part, struct error *err);
    bool (*bytes)(void *context, const void *bytes, size_t len, struct error *err);
    bool (*end)(void *context, const struct mixed_part *part, struct error *err);
};

struct mixed {
    const struct mixed_sink *sink;
    enum mixed_state {
        MIXED_DELIMITER,
        MIXED_HEADERS,
        MIXED_BODY,
        MIXED_BODY_END,
        MIXED_DONE
    } state;
    char delimiter[80]; /* "--" and the boundary */
    char line[MIXED_LINE_MAX];
    size_t line_len;
    struct mixed_part part;
    bool has_length;
    uint64_t left; /* of the part's body */
};

/* content_type is the answer's header: its boundary is taken. */
bool mixed_init(struct mixed *mixed, const char *content_type, const struct mixed_sink *sink,
                struct error *err) MUST_CHECK;
bool mixed_feed(struct mixed *mixed, const void *bytes, size_t len, struct error *err) MUST_CHECK;
/* Fails unless the closing delimiter has been read. */
bool mixed_finish(const struct mixed *mixed, struct error *err) MUST_CHECK;
