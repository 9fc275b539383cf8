/* USES lib/json */
/* What is read prints, in each style, to a text that reads back as the same document. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum json_style styles[] = { JSON_COMPACT_SORTED, JSON_COMPACT_KEPT, JSON_PRETTY };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc, *again;
    struct error err = { 0 };
    if (!json_parse((const char *)data, size, "f", JSON_PLAIN, arena, &doc, &err)) {
        assert(err.kind == ERROR_INVALID && err.message[0]);
        return 0;
    }
    for (size_t i = 0; i < COUNT(styles); i++) {
        const char *text = json_print(doc, styles[i], arena);
        assert(json_parse(text, strlen(text), "f", JSON_PLAIN, arena, &again, &err));
        assert(size > 4096 || doc_equal(doc, again));
    }
    return 0;
}
