/* USES lib/pack */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/pack/ref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted prints to the same reference, and no part of it leaves a folder. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = strndup((const char *)data, size);
    struct error err;
    struct pack_ref ref, again;
    if (!pack_ref_parse(text, &ref, &err))
        return 0;
    char printed[PACK_REF_MAX];
    pack_ref_print(&ref, printed);
    assert(pack_ref_parse(printed, &again, &err) && memcmp(&ref, &again, sizeof(ref)) == 0);
    assert(ref.namespace[0] != '.' && ref.name[0] != '.');
    assert(!strchr(ref.namespace, '/') && !strchr(ref.name, '/'));
    return 0;
}
