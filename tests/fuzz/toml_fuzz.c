/* USES lib/toml */
/* What is read is bounded in depth, has a place for each value, and is the same when read again. */
#include <assert.h>
#include <stdint.h>

#include "lib/base/limits.h"
#include "lib/toml/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct doc *doc, unsigned depth)
{
    assert(depth <= LIMIT_DOC_DEPTH + 1);
    assert(doc->line && doc->column);
    if (doc->kind == DOC_TEXT || doc->kind == DOC_TIME)
        assert(doc->text[doc->len] == '\0');
    if (doc->kind != DOC_LIST && doc->kind != DOC_TABLE)
        return;
    DOC_FOREACH (doc, item) {
        assert(doc->kind == DOC_LIST || item->key[item->key_len] == '\0');
        check(item, depth + 1);
    }
}

static bool has_nan(const struct doc *doc)
{
    if (doc->kind == DOC_REAL)
        return doc->real != doc->real;
    if (doc->kind == DOC_LIST || doc->kind == DOC_TABLE)
        DOC_FOREACH (doc, item)
            if (has_nan(item))
                return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc, *again;
    struct error err = { 0 };
    if (!toml_parse((const char *)data, size, "f", arena, &doc, &err)) {
        assert(err.kind == ERROR_INVALID && err.message[0]);
        return 0;
    }
    check(doc, 0);
    assert(toml_parse((const char *)data, size, "f", arena, &again, &err));
    assert(has_nan(doc) || size > 4096 || doc_equal(doc, again));
    return 0;
}
