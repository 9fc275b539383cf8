/* USES sandbox/policy */
/* What is accepted as an authority prints back to itself, whatever the spelling it came in. */
#include <assert.h>
#include <string.h>

#include "sandbox/policy/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct authority authority, again;
    struct error err;
    if (!authority_parse((const char *)data, size, 443, &authority, &err))
        return 0;

    char printed[AUTHORITY_TEXT_MAX];
    authority_print(&authority, 0, printed);
    assert(authority_parse(printed, strlen(printed), 0, &again, &err));
    assert(again.port == authority.port && host_equal(&again.host, &authority.host));
    if (authority.host.kind != HOST_NAME)
        assert(address_class_text(address_classify(&authority.host)));
    return 0;
}
