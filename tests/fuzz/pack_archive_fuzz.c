/* USES lib/pack lib/json lib/profile lib/digest */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/pack/archive.h"
#include "tests/support/tarball.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct collected {
    struct arena *arena;
    struct pack_file *files;
    size_t count, used;
};

static bool collect_begin(void *context, const struct pack_file *file, struct error *err)
{
    struct collected *collected = context;
    (void)err;
    collected->files[collected->count] = *file;
    collected->files[collected->count++].bytes = arena_alloc(collected->arena, file->size + 1, 1);
    collected->used = 0;
    return true;
}

static bool collect_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    struct collected *collected = context;
    (void)err;
    memcpy((char *)(uintptr_t)collected->files[collected->count - 1].bytes + collected->used, bytes,
           len);
    collected->used += len;
    return true;
}

/* What is accepted is the one tar of its files: made again from them, it is the same. */
static void judge(const void *bytes, size_t len)
{
    static const struct pack_limits limits = { 64, 1 << 20, 1 << 20, 1 << 19 };
    static const struct archive_expect expect = { .limits = &limits };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct archive_source source = { .bytes = bytes, .len = len, .fd = -1 };
    struct pack_index index, again;
    struct pack_bytes remade;
    struct error err;
    if (!archive_read_index(&source, &expect, arena, &index, &err))
        return;
    struct collected collected = { .arena = arena,
                                   .files =
                                       ARENA_ARRAY(arena, struct pack_file, index.files.count) };
    struct archive_sink sink = { &collected, collect_begin, collect_bytes, NULL };
    bool same =
        archive_stream(&source, &index, &sink, &err) && collected.count == index.files.count &&
        archive_from_files(collected.files, collected.count, NULL, arena, &remade, &again, &err) &&
        strcmp(index.tar_sha256, again.tar_sha256) == 0;
    assert(same);
}

/* The input as an archive, and as a tar that somebody compressed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    judge(data, size);
    struct tarball tar = { 0 };
    tarball_bytes(&tar, data, size);
    size_t len;
    void *bytes = tarball_compress(&tar, &len);
    judge(bytes, len);
    free(bytes);
    tarball_clear(&tar);
    return 0;
}
