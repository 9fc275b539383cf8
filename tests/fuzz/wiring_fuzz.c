/* USES client/install lib/json lib/toml */
/*
 * Input: a target and a patch, with a NUL between, and perhaps another patch. Merging a JSON patch
 * and taking it out again gives the target back; so does a block that was put into a TOML file.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "client/install/block.h"
#include "client/install/tree.h"
#include "lib/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void merge_try(const char *target_text, const char *patch_text, struct arena *arena)
{
    struct error err;
    struct doc *target, *patch, *record = doc_new(arena, DOC_TABLE);
    if (!json_parse(target_text, strlen(target_text), NULL, JSON_COMMENTS, arena, &target, &err) ||
        !json_parse(patch_text, strlen(patch_text), NULL, JSON_COMMENTS, arena, &patch, &err))
        return;
    const struct doc *before = doc_copy(arena, target);
    if (!tree_merge(target, patch, record, arena, &err))
        return;
    struct doc *kept = doc_new(arena, DOC_LIST);
    assert(tree_unmerge(target, record, kept, arena, &err));
    assert(doc_equal(target, before) && kept->count == 0);
}

/* A table without anything in it is in no record but that of whoever made it. */
static bool has_empty(const struct doc *table)
{
    if (table->kind != DOC_TABLE)
        return false;
    DOC_FOREACH (table, item)
        if (has_empty(item))
            return true;
    return !table->count;
}

/* Of two packs the first to go takes nothing that the second put in, and then that takes all. */
static void two_try(const char *target_text, const char *first_text, const char *second_text,
                    struct arena *arena)
{
    struct error err;
    struct doc *target, *patch, *patch2, *kept = doc_new(arena, DOC_LIST);
    struct doc *first = doc_new(arena, DOC_TABLE), *second = doc_new(arena, DOC_TABLE);
    bool changed;
    if (!json_parse(target_text, strlen(target_text), NULL, JSON_COMMENTS, arena, &target, &err) ||
        !json_parse(first_text, strlen(first_text), NULL, JSON_COMMENTS, arena, &patch, &err) ||
        !json_parse(second_text, strlen(second_text), NULL, JSON_COMMENTS, arena, &patch2, &err))
        return;
    const struct doc *before = doc_copy(arena, target);
    if (has_empty(patch) || has_empty(patch2) || !tree_merge(target, patch, first, arena, &err) ||
        !tree_merge(target, patch2, second, arena, &err))
        return;
    const struct doc *both = doc_copy(arena, target);
    assert(tree_hand_over(first, second, kept, arena, &changed, &err));
    assert(tree_unmerge(target, first, kept, arena, &err));
    assert(!doc_equal(patch, patch2) || doc_equal(target, both));
    if (kept->count) /* the second went into a value of the first */
        return;
    assert(tree_unmerge(target, second, kept, arena, &err));
    assert(doc_equal(target, before) && kept->count == 0);
}

static void block_try(const char *text, const char *content, struct arena *arena)
{
    struct error err;
    const char *made, *again, *back;
    size_t len, again_len, back_len;
    const struct block block = { "id", content, BLOCK_AT_TOP };
    if (strstr(text, "nono:") || !block_put(text, strlen(text), &block, arena, &made, &len, &err))
        return;
    assert(block_put(made, len, &block, arena, &again, &again_len, &err));
    assert(again_len == len && memcmp(again, made, len) == 0);
    assert(block_take(made, len, "id", arena, &back, &back_len, &err));
    /* A last line without its end gets one. */
    size_t text_len = strlen(text);
    assert(strncmp(back, text, text_len) == 0 && back_len - text_len <= 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = arena_strndup(arena, (const char *)data, size);
    size_t first = strlen(text);
    const char *second = first < size ? text + first + 1 : "";
    merge_try(text, second, arena);
    size_t both = first + 1 + strlen(second);
    two_try(text, second, both < size ? text + both + 1 : second, arena);
    block_try(text, second, arena);
    return 0;
}
