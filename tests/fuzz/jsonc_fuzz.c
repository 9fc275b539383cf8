/* USES lib/json */
/* JSON is JSONC: what plain JSON says, JSONC says too. What JSONC says prints as plain JSON. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = (const char *)data;
    struct doc *plain, *loose, *again;
    struct error err = { 0 };
    bool is_plain = json_parse(text, size, "f", JSON_PLAIN, arena, &plain, &err);
    bool is_loose = json_parse(text, size, "f", JSON_COMMENTS, arena, &loose, &err);
    assert(is_loose || !is_plain);
    assert(!is_plain || size > 4096 || doc_equal(plain, loose));
    if (!is_loose)
        return 0;
    const char *printed = json_print(loose, JSON_COMPACT_KEPT, arena);
    assert(json_parse(printed, strlen(printed), "f", JSON_PLAIN, arena, &again, &err));
    return 0;
}
