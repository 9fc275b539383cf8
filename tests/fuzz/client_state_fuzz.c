/* USES client/install client/store lib/json */
/*
 * What nono keeps beside the packs, as another program may have left it. A first byte says which:
 * the pinned signers (a pin that is added is found, and the others stay), the journal of an install
 * (written again, it is the same), the files that wiring found (likewise).
 */
#include <string.h>

#include "client/install/signers.h"
#include "client/install/wired.h"
#include "client/store/journal_file.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    (void)fd; /* durability is of no interest here, and slow */
    return 0;
}

static void signers_try(struct arena *arena)
{
    struct store store = { .folders = { .config = fuzz_folder_get() }, .dir = -1, .lock = -1 };
    const char *was, *pinned, *still;
    struct error err;
    size_t known;
    if (!signer_find(&store, "acme/web", arena, &was, &err))
        return;
    bool ok = signer_pin(&store, "acme/other", "key:1", &err) &&
              signer_find(&store, "acme/other", arena, &pinned, &err) &&
              signer_find(&store, "acme/web", arena, &still, &err) &&
              signer_known_for(&store, "acme", "key:1", &known, &err);
    assert(ok && strcmp(pinned, "key:1") == 0 && known > 0);
    assert(was ? still && strcmp(was, still) == 0 : !still);
}

static void journal_try(struct arena *arena)
{
    struct journal *journal, *again;
    struct error err;
    if (!journal_read(fuzz_dir, JOURNAL_NAME, arena, &journal, &err))
        return;
    bool ok = journal_write(fuzz_dir, journal, &err) &&
              journal_read(fuzz_dir, JOURNAL_NAME, arena, &again, &err);
    assert(ok && journal->entries.count == again->entries.count);
    for (size_t i = 0; i < journal->entries.count; i++) {
        const struct journal_entry *a = LIST_AT(journal->entries, struct journal_entry, i);
        const struct journal_entry *b = LIST_AT(again->entries, struct journal_entry, i);
        assert(a->kind == b->kind && strcmp(a->root, b->root) == 0 &&
               strcmp(a->path, b->path) == 0);
        assert(a->inode == b->inode && a->replaces == b->replaces);
    }
}

static void wired_try(struct arena *arena)
{
    struct wired wired, again;
    struct error err;
    if (!wired_load(fuzz_dir, arena, &wired, &err))
        return;
    const char *text = wired_print(&wired, arena);
    fuzz_file_put(WIRED_NAME, text, strlen(text));
    bool ok = wired_load(fuzz_dir, arena, &again, &err);
    assert(ok && strcmp(wired_print(&again, arena), text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const char *name;
        void (*attempt)(struct arena *arena);
    } files[] = {
        { "known_signers.json", signers_try },
        { JOURNAL_NAME, journal_try },
        { WIRED_NAME, wired_try },
    };
    if (size == 0)
        return 0;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t which = data[0] % COUNT(files);
    fuzz_file_put(files[which].name, data + 1, size - 1);
    files[which].attempt(arena);
    return 0;
}
