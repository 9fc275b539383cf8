/* USES sandbox/audit */
/* What is redacted once stays as it is when it is redacted again. */
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
    const char *twice = redact_text(once, arena);
    assert(strlen(once) <= strlen(text) * (sizeof(REDACTED) + 1));
    assert(strcmp(twice, once) == 0);

    const char *const command[] = { text, once, NULL };
    size_t cut;
    assert(redact_command(command, arena, &cut)->count == 2);
    return 0;
}
