/* USES client/store lib/json */
/* What is accepted is printed to what is accepted again, with the same packs. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "client/store/lockfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = arena_strndup(arena, (const char *)data, size);
    struct lockfile lock, again;
    struct error err;
    if (!lockfile_parse(text, size, arena, &lock, &err))
        return 0;
    const struct lock_pack *first = lock.packs.items;
    const struct lock_change same = { .changed = lock.packs.count ? first : NULL };
    const char *printed = lockfile_print(&lock, &same, arena);
    assert(lockfile_parse(printed, strlen(printed), arena, &again, &err));
    assert(again.packs.count == lock.packs.count);
    for (size_t i = 0; i < lock.packs.count; i++) {
        const struct lock_pack *a = LIST_AT(lock.packs, struct lock_pack, i);
        const struct lock_pack *b = LIST_AT(again.packs, struct lock_pack, i);
        assert(strcmp(a->key, b->key) == 0 && strcmp(a->version, b->version) == 0);
        assert(a->pinned == b->pinned && a->artifacts.count == b->artifacts.count);
    }
    return 0;
}
