/*
 * multipart/form-data (RFC 7578, RFC 2046 section 5.1) as it arrives, in pieces of any size.
 * Strict: the body begins with a boundary, every part names itself, headers are short. A file name
 * keeps its slashes. Knows nothing of where the bytes go.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

#define MULTIPART_BOUNDARY_MAX 70   /* RFC 2046 */
#define MULTIPART_HEAD_MAX     4096 /* bytes of one part's header fields */
#define MULTIPART_NAME_MAX     1024 /* of a name, file name or type */

struct multipart;

struct multipart_sink {
    /* A part begins; filename and type are NULL when absent. Text is lent for the call. */
    bool (*begin)(void *context, const char *name, const char *filename, const char *type,
                  struct error *err);
    /* More of the part that began last. */
    bool (*data)(void *context, const char *bytes, size_t len, struct error *err);
    void *context;
};

/* content_type is the header field; INVALID without a usable boundary. */
bool multipart_new(const char *content_type, struct multipart_sink sink, struct multipart **out,
                   struct error *err) MUST_CHECK;
void multipart_free(struct multipart *multipart);

bool multipart_add(struct multipart *multipart, const char *bytes, size_t len, struct error *err)
    MUST_CHECK;
/* INVALID when the closing boundary has not come. */
bool multipart_end(const struct multipart *multipart, struct error *err) MUST_CHECK;

/*
 * A parameter of a header field, `form-data; name="a"` -> a, unquoted. False when it is absent,
 * malformed, there twice or does not fit.
 */
bool header_parameter(const char *field, const char *name, char *out, size_t size);
