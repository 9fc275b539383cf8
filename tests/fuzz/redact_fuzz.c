/* USES sandbox/audit */
/*
 * Whatever stands before it, the value of a flag on a line of its own is gone, and that of a
 * variable in a script. Whatever a value is made of, in a shell's quotes, it is gone, and the
 * command behind it is there.
 */
#include <assert.h>
#include <string.h>

#include "sandbox/audit/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *script_of(const char *script, struct arena *arena)
{
    const char *const command[] = { "sh", "-c", script, NULL };
    size_t cut;
    return redact_command(command, arena, &cut)->last->text;
}

static const char *quoted(const char *text, struct arena *arena)
{
    char *out = arena_alloc(arena, strlen(text) + 1, 4), *end = out;
    for (; *text; text++) {
        const char *as = *text == '\'' ? "'\\''" : (const char[]){ *text, '\0' };
        end = stpcpy(end, as);
    }
    return out;
}

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

    if (size > 200) /* a script may grow, and is not to be cut */
        return 0;
    more = arena_printf(arena, "%s\nX_TOKEN=CANARY-7", text);
    assert(strstr(text, "CANARY-7") || !strstr(script_of(more, arena), "CANARY-7"));
    more = arena_printf(arena, "X_TOKEN='%s' kept", quoted(text, arena));
    assert(strcmp(script_of(more, arena), "X_TOKEN=" REDACTED " kept") == 0);
    more = arena_printf(arena, "mysql -p'%s' kept", quoted(text, arena));
    assert(strcmp(script_of(more, arena), "mysql -p" REDACTED " kept") == 0);
    return 0;
}
