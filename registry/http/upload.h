/*
 * A request's body as it comes: in memory while it is small, in one unnamed temporary file when
 * not. Parts of a form keep their order.
 */
#pragma once

#include "lib/base/cleanup.h"
#include "lib/base/limits.h"
#include "registry/http/request.h"
#include "registry/http/room.h"

#define UPLOAD_MEMORY_MAX ((size_t)256 * 1024) /* of a whole request, before the file is used */
#define UPLOAD_PARTS_MAX  10100                /* LIMIT_PACK_ENTRIES and a few more */

struct upload;

struct upload_config {
    enum body_kind kind;
    size_t max;               /* bytes of the whole body */
    const char *temp_dir;     /* where the temporary file is made */
    struct room *room;        /* for the temporary file; NULL: not counted */
    const int64_t *account;   /* whose it is in the room, once it is known; goes with it */
    const char *content_type; /* of BODY_MULTIPART */
    struct arena *arena;      /* of the request */
};

bool upload_new(const struct upload_config *config, struct upload **out, struct error *err)
    MUST_CHECK;
/* Removes the temporary file; what upload_end gave is gone then. */
void upload_free(struct upload *upload);
DEFINE_CLEANUP(struct upload *, upload_free)

/* Takes a chunk. After a failure the file is gone, and all others are passed over. */
bool upload_add(struct upload *upload, const char *bytes, size_t len, struct error *err) MUST_CHECK;
/* The body is whole: fills req->body, body_len and parts. */
bool upload_end(struct upload *upload, struct request *req, struct error *err) MUST_CHECK;
