/* USES lib/crypto */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/crypto/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A private key that is accepted signs what its public half accepts; a public one survives PEM. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error err;
    struct private_key *private = NULL;
    struct public_key *public = NULL, *again = NULL;
    (void)private_key_is_encrypted(data, size);
    if (private_key_read(data, size, (struct passphrase){ 0 }, &private, &err)) {
        unsigned char signature[SIGNATURE_MAX];
        size_t len;
        public = private_key_public(private);
        assert(signature_make(private, data, size, signature, &len, &err));
        assert(signature_check(public, data, size, signature, len));
    } else if (!public_key_read(data, size, &public, &err))
        return 0;
    const char *pem = public_key_pem(public, arena);
    assert(public_key_read(pem, strlen(pem), &again, &err));
    assert(strcmp(public_key_id(public), public_key_id(again)) == 0);
    public_key_free(again);
    public_key_free(public);
    private_key_free(private);
    return 0;
}
