/* USES sandbox/audit */
/* Whatever stands before it, the value of a flag on a line of its own is gone. */
#include <assert.h>
#include <string.h>

#include "sandbox/audit/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    if (size > 4096)
        return 0;
    const char *text = arena_strndup(arena, (const char *)data, size);
    const char *once = redact_text(text, arena);
    assert(strlen(once) <= strlen(text) * sizeof(REDACTED));
    const char *more = arena_printf(arena, "%s\n--token CANARY-7", text);
    assert(strstr(text, "CANARY-7") || !strstr(redact_text(more, arena), "CANARY-7"));

    const char *const command[] = { text, once, NULL };
    size_t cut;
    assert(redact_command(command, arena, &cut)->count == 2);
    return 0;
}
