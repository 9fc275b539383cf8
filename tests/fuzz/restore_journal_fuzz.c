/* USES sandbox/snapshot */
/* The journal of a restore names one folder that is to be removed, and never another. */
#include <string.h>

#include "lib/base/text.h"
#include "sandbox/snapshot/journal.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct journal journal;
    struct error err;
    fuzz_file_put("journal", data, size);
    if (!restore_journal_read(fuzz_dir, arena, &journal, &err))
        return 0;
    assert(journal.name && text_starts(journal.staging, ".nono-restore-"));
    assert(!strchr(journal.staging, '/') && strlen(journal.staging) < 40);
    return 0;
}
