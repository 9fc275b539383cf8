/* USES sandbox/snapshot */
/* A folder's entries have one form: what is accepted is written back as the same bytes. */
#include <assert.h>

#include "sandbox/snapshot/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct node folder = { .kind = NODE_FOLDER };
    struct error err;
    if (!tree_decode(data, size, arena, &folder, &err))
        return 0;

    unsigned char digest[SHA256_BYTES], tree[SHA256_BYTES];
    memcpy(digest, folder.digest, sizeof(digest));
    memcpy(tree, folder.tree, sizeof(tree));
    struct writer again = { 0 };
    tree_encode(&folder, &again);
    assert(again.len == size && memcmp(again.bytes, data, size) == 0);
    assert(memcmp(digest, folder.digest, sizeof(digest)) == 0);
    assert(memcmp(tree, folder.tree, sizeof(tree)) == 0);
    for (size_t i = 0; i < folder.count; i++)
        assert(strcmp(folder.children[i].name, "..") != 0 && !strchr(folder.children[i].name, '/'));
    writer_clear(&again);
    return 0;
}
