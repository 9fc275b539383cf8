#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/keys.h"
#include "client/store/store.h"
#include "client/ui/complete.h"
#include "lib/base/text.h"

static bool completion_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    const char *script = *operands && !operands[1] ? complete_script(*operands) : NULL;
    if (!script) {
        error_set(err, INVALID, "name a shell: bash, zsh or fish");
        return error_hint(err, "source <(nono completion bash)");
    }
    fputs(script, stdout);
    return true;
}

static void keys_complete(const char *prefix)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct folders folders;
    struct list keys;
    struct error ignored;
    if (!folders_find(arena, &folders, &ignored) || !key_list(&folders, arena, &keys, &ignored))
        return;
    LIST_FOREACH (keys, const struct key_facts, key)
        complete_offer(key->name, key->type, prefix);
}

void pkg_complete(const char *kind, const char *prefix)
{
    if (strcmp(kind, "key") == 0)
        keys_complete(prefix);
    CLEANUP(store_closep) struct store *store = NULL;
    struct error ignored;
    bool wanted = strcmp(kind, "pack") == 0 || strcmp(kind, "ref") == 0;
    if (!wanted || !store_open(STORE_READ, &store, &ignored))
        return;
    LIST_FOREACH (store->lockfile.packs, const struct lock_pack, pack)
        complete_offer(pack->key, pack->version, prefix);
}

const struct command command_completion = {
    .name = "completion",
    .args = "bash|zsh|fish",
    .summary = "print a script that completes nono's commands in a shell",
    .examples = EXAMPLES("source <(nono completion bash)", "nono completion fish | source"),
    .run = completion_run,
};
