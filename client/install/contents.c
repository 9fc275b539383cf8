#include "client/install/contents.h"

#include <string.h>

struct taker {
    const char *path;
    struct arena *arena;
    char *bytes, *at; /* at is NULL while another file passes */
};

static bool taker_begin(void *context, const struct pack_file *file, struct error *err)
{
    (void)err; /* the index bounds sizes */
    struct taker *taker = context;
    taker->at = NULL;
    if (strcmp(file->path, taker->path) == 0)
        taker->at = taker->bytes = arena_alloc(taker->arena, (size_t)file->size + 1, 1);
    return true;
}

static bool taker_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    (void)err;
    struct taker *taker = context;
    if (taker->at) {
        memcpy(taker->at, bytes, len);
        taker->at += len;
    }
    return true;
}

bool contents_read(const struct archive_source *source, const struct pack_index *index,
                   const char *path, struct arena *arena, const char **out, size_t *out_len,
                   struct error *err)
{
    const struct pack_file *file = pack_index_find(index, path);
    if (!file)
        return error_set(err, NOT_FOUND, "the pack has no file %.200s", path);
    struct taker taker = { .path = path, .arena = arena };
    const struct archive_sink sink = { &taker, taker_begin, taker_bytes, NULL };
    if (!archive_stream(source, index, &sink, err))
        return false;
    *out = taker.bytes;
    *out_len = (size_t)file->size;
    return true;
}
