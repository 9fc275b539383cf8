#include "client/install/contents.h"

#include <string.h>

struct taker {
    struct contents_file *files;
    size_t count;
    struct arena *arena;
    char *at; /* NULL while another file passes */
};

static struct contents_file *file_find(struct contents_file *files, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
    return NULL;
}

static bool taker_begin(void *context, const struct pack_file *file, struct error *err)
{
    (void)err; /* the index bounds sizes */
    struct taker *taker = context;
    struct contents_file *wanted = file_find(taker->files, taker->count, file->path);
    taker->at = NULL;
    if (wanted) {
        wanted->bytes = taker->at = arena_alloc(taker->arena, (size_t)file->size + 1, 1);
        wanted->len = (size_t)file->size;
    }
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

bool contents_read_all(const struct archive_source *source, const struct pack_index *index,
                       struct contents_file *files, size_t count, struct arena *arena,
                       struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!pack_index_find(index, files[i].path))
            return error_set(err, NOT_FOUND, "the pack has no file %.200s", files[i].path);
    struct taker taker = { .files = files, .count = count, .arena = arena };
    const struct archive_sink sink = { &taker, taker_begin, taker_bytes, NULL };
    if (count && !archive_stream(source, index, &sink, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct contents_file *first = file_find(files, count, files[i].path);
        files[i].bytes = first->bytes;
        files[i].len = first->len;
    }
    return true;
}

bool contents_read(const struct archive_source *source, const struct pack_index *index,
                   const char *path, struct arena *arena, const char **out, size_t *out_len,
                   struct error *err)
{
    struct contents_file file = { .path = path };
    if (!contents_read_all(source, index, &file, 1, arena, err))
        return false;
    *out = file.bytes;
    *out_len = file.len;
    return true;
}
