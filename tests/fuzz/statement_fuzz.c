/* USES lib/trust */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/trust/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What binds a pack and is accepted can be said again, and then says the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error err;
    struct statement statement, again;
    if (!statement_parse((const char *)data, size, arena, &statement, &err) || !statement.namespace)
        return 0;
    const char *text = statement_print(&statement, arena);
    assert(statement_parse(text, strlen(text), arena, &again, &err));
    assert(again.files.count == statement.files.count &&
           strcmp(again.namespace, statement.namespace) == 0 &&
           strcmp(again.version, statement.version) == 0 &&
           strcmp(again.archive_sha256, statement.archive_sha256) == 0);
    return 0;
}
