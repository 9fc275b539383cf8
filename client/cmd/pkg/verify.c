#include "client/store/verify.h"

#include <stdio.h>

#include "client/cmd/pkg/commands.h"
#include "client/install/install.h"
#include "client/ui/term.h"
#include "lib/base/text.h"
#include "lib/pack/ref.h"

static int opt_json;

static const struct poptOption options[] = {
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the results as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

struct results {
    const struct store *store;
    struct arena *arena;
    struct doc *list;
    struct error first; /* failure */
    size_t shown;       /* failures */
};

static void one_verify(struct results *results, const char *namespace, const char *name)
{
    struct error err;
    bool ok = store_verify(results->store, namespace, name, &err);
    struct doc *entry = doc_add_table(results->arena, results->list, NULL);
    const char *key = arena_printf(results->arena, "%s/%s", namespace, name);
    doc_add_text(results->arena, entry, "pack", key);
    doc_add_bool(results->arena, entry, "ok", ok);
    if (!ok) {
        doc_add_text(results->arena, entry, "problem", err.message);
        ui_error_add(results->arena, entry, &err);
    }
    if (!ok && !results->first.kind)
        results->first = err;
    if (ok && !opt_json)
        printf("%s is as it was installed\n", key);
    else if (!ok && !opt_json && results->shown++) /* the first is told at the end */
        printf("%s\n", text_escape(err.message, results->arena));
}

static bool verify_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(store_closep) struct store *store = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    if (!store_open(STORE_READ, &store, err))
        return false;
    struct results results = { .store = store, .arena = arena, .list = doc_new(arena, DOC_LIST) };
    for (const char **operand = operands; *operand; operand++) {
        struct pack_ref ref;
        if (!pack_ref_parse(*operand, &ref, err) || !install_ref_check(store, &ref, err))
            return false;
        one_verify(&results, ref.namespace, ref.name);
    }
    if (!*operands)
        LIST_FOREACH (store->lockfile.packs, const struct lock_pack, pack)
            one_verify(&results, pack->namespace, pack->name);
    if (opt_json)
        ui_json(results.list);
    else if (!*operands && store->lockfile.packs.count == 0)
        fprintf(stderr, "no packs are installed\n");
    if (!results.first.kind)
        return true;
    *err = results.first;
    return false;
}

const struct command command_verify = {
    .name = "verify",
    .args = "[PACK...]",
    .summary = "check that installed packs are what was installed",
    .examples = EXAMPLES("nono verify", "nono verify acme/web"),
    .options = options,
    .run = verify_run,
};
