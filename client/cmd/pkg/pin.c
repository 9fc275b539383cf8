#include <stdio.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/outcome.h"
#include "client/install/install.h"
#include "client/ui/term.h"
#include "lib/pack/ref.h"

static int opt_json;

static const struct poptOption options[] = {
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print what was done as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool pinned_set(const struct pack_ref *ref, bool pinned, struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    if (ref->kind != PACK_REF_LATEST)
        return error_set(err, INVALID, "the installed version is what is pinned: leave out @%s",
                         ref->version);
    if (!store_open(STORE_WRITE, &store, err))
        return false;
    const struct lock_pack *pack = store_find(store, ref->namespace, ref->name);
    if (!pack)
        return error_set(err, NOT_FOUND, "%s/%s is not installed", ref->namespace, ref->name);
    struct lock_pack changed = *pack;
    changed.pinned = pinned;
    if (!install_lock_change(store, &(struct lock_change){ .changed = &changed }, err))
        return false;
    if (!opt_json)
        printf("%s is %s%s%s\n", pack->key, pinned ? "pinned at " : "no longer pinned",
               pinned ? pack->version : "", "");
    return true;
}

static bool all_set(const char **operands, bool pinned, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct outcomes outcomes;
    if (!*operands)
        return error_set(err, INVALID, "name at least one pack");
    outcomes_init(&outcomes, pinned ? "nono pin" : "nono unpin", arena);
    for (; *operands; operands++) {
        struct pack_ref ref;
        struct doc *entry;
        if (!outcome_ref(&outcomes, *operands, &ref, &entry, err) ||
            !pinned_set(&ref, pinned, err)) {
            outcome_fail(&outcomes, entry, err);
            continue;
        }
        doc_add_text(arena, entry, "status", pinned ? "pinned" : "unpinned");
        doc_add_bool(arena, entry, "pinned", pinned);
    }
    if (opt_json)
        ui_json(outcomes.list);
    *status = outcomes.status;
    return true;
}

static bool pin_run(const char **operands, int *status, struct error *err)
{
    return all_set(operands, true, status, err);
}

static bool unpin_run(const char **operands, int *status, struct error *err)
{
    return all_set(operands, false, status, err);
}

const struct command command_pin = {
    .name = "pin",
    .args = "PACK...",
    .summary = "keep packs at their version when others are updated",
    .examples = EXAMPLES("nono pin acme/web"),
    .options = options,
    .run = pin_run,
};

const struct command command_unpin = {
    .name = "unpin",
    .args = "PACK...",
    .summary = "let packs be updated again",
    .examples = EXAMPLES("nono unpin acme/web"),
    .options = options,
    .run = unpin_run,
};
