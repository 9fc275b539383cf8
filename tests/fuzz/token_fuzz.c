/* USES registry/auth */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "registry/auth/token.h"

/*
 * What is accepted as a list of scopes prints back to the same scopes; what is accepted as a token
 * is no longer one when any of its characters changes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = strndup((const char *)data, size);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error err;
    unsigned scopes, again;
    if (scopes_parse(text, &scopes, &err)) {
        assert((scopes & ~(unsigned)SCOPE_ALL) == 0);
        assert(scopes_parse(scopes_print(scopes, arena), &again, &err) && again == scopes);
    } else {
        assert(err.kind == ERROR_INVALID && strcmp(err.field, "scopes") == 0);
    }
    if (token_check(text)) {
        for (size_t i = 0; text[i]; i++) {
            text[i] ^= 1;
            assert(!token_check(text));
            text[i] ^= 1;
        }
    }
    return 0;
}
