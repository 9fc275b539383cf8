/* USES registry/auth */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "registry/auth/token.h"

/* What is accepted as a list of scopes prints back to the same scopes. */
static void scopes_hold(const char *text)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error err;
    unsigned scopes, again;
    if (!scopes_parse(text, &scopes, &err)) {
        assert(err.kind == ERROR_INVALID && strcmp(err.field, "scopes") == 0);
        return;
    }
    assert((scopes & ~(unsigned)SCOPE_ALL) == 0);
    bool read = scopes_parse(scopes_print(scopes, arena), &again, &err);
    assert(read && again == scopes);
}

/* What is accepted as a token is none any more when one of its characters changes. */
static void token_holds(char *text)
{
    if (!token_check(text))
        return;
    for (size_t i = 0; text[i]; i++) {
        text[i] ^= 1;
        assert(!token_check(text));
        text[i] ^= 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = strndup((const char *)data, size);
    scopes_hold(text);
    token_holds(text);
    return 0;
}
