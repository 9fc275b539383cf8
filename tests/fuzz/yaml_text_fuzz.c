/* USES client/install lib/yaml */
/* A YAML file that wiring has edited means what it was edited to, and is not changed by being read.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "client/install/yaml_text.h"
#include "lib/yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc, *again;
    struct error err;
    if (size > 4096 || !yaml_parse((const char *)data, size, NULL, arena, &doc, &err))
        return 0;
    const char *text = yaml_text(doc, arena);
    assert(yaml_parse(text, strlen(text), NULL, arena, &again, &err));
    assert(doc_equal(doc, again));
    assert(strcmp(yaml_text(again, arena), text) == 0);
    return 0;
}
