/* USES lib/yaml */
/* What is read is bounded in depth and size, aliases expanded, and every table's keys differ. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void key_check(const struct doc *table, const struct doc *item)
{
    assert(strlen(item->key) == item->key_len);
    assert(doc_find(table, item->key) == item);
}

static size_t check(const struct doc *doc, unsigned depth)
{
    size_t nodes = 1;
    assert(depth <= LIMIT_DOC_DEPTH + 1 && doc->line && doc->column);
    if (doc->kind != DOC_LIST && doc->kind != DOC_TABLE)
        return nodes;
    DOC_FOREACH (doc, item) {
        if (doc->kind == DOC_TABLE)
            key_check(doc, item);
        nodes += check(item, depth + 1);
    }
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    struct error err = { 0 };
    if (!yaml_parse((const char *)data, size, "f", arena, &doc, &err)) {
        assert(err.kind == ERROR_INVALID && err.message[0]);
        return 0;
    }
    assert(check(doc, 0) <= LIMIT_YAML_NODES);
    return 0;
}
