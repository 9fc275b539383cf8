#include <stdio.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/session.h"

#define LIMIT_DEFAULT 20
#define LIMIT_MOST    100

static char *opt_registry;
static int opt_json, opt_http, opt_limit = LIMIT_DEFAULT;

static const struct poptOption options[] = {
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "search this registry", "URL" },
    { "limit", 'n', POPT_ARG_INT, &opt_limit, 0, "show at most so many (1 to 100)", "N" },
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the packs as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const char *query_of(const char **operands, struct arena *arena)
{
    const char *query = NULL;
    for (; *operands; operands++)
        query = query ? arena_printf(arena, "%s %s", query, *operands) : *operands;
    return query;
}

/* The original's four keys, with null for what is absent. */
static void json_print_packs(const struct list *packs, struct arena *arena)
{
    struct doc *out = doc_new(arena, DOC_LIST);
    LIST_FOREACH (*packs, const struct remote_pack, pack) {
        struct doc *entry = doc_add_table(arena, out, NULL);
        doc_add_text(arena, entry, "namespace", pack->namespace);
        doc_add_text(arena, entry, "name", pack->name);
        if (!pack->description)
            doc_add_null(arena, entry, "description");
        doc_add_text(arena, entry, "description", pack->description);
        if (!pack->latest_version)
            doc_add_null(arena, entry, "latest_version");
        doc_add_text(arena, entry, "latest_version", pack->latest_version);
        doc_add_integer(arena, entry, "downloads", (int64_t)pack->downloads);
    }
    ui_json(out);
}

static void table_print(const struct list *packs, struct arena *arena)
{
    static const char *const heading[] = { "PACK", "VERSION", "DESCRIPTION" };
    struct ui_table table;
    ui_table_init(&table, arena, COUNT(heading));
    table.cut = true;
    LIST_FOREACH (*packs, const struct remote_pack, pack)
        UI_ROW(&table, arena_printf(arena, "%s/%s", pack->namespace, pack->name),
               pack->latest_version, pack->description ? pack->description : "");
    ui_table_print(&table, ui_is_terminal(stdout) ? heading : NULL, stdout);
}

static bool search_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    struct remote remote;
    struct list packs;
    if (!session_open(opt_http, &session, err))
        return false;
    if (opt_limit < 1 || opt_limit > LIMIT_MOST)
        return error_set(err, INVALID, "--limit: expected 1 to %d", LIMIT_MOST);
    const char *query = query_of(operands, session.arena);
    if (!session_remote(&session, opt_registry, NULL, &remote, err) ||
        !remote_search(&remote, query, (uint64_t)opt_limit, session.arena, &packs, err))
        return false;
    if (opt_json)
        json_print_packs(&packs, session.arena);
    else if (packs.count == 0)
        fprintf(stderr, "no packs found\n");
    else
        table_print(&packs, session.arena);
    return true;
}

const struct command command_search = {
    .name = "search",
    .args = "[WORD...]",
    .summary = "search a registry; without words, show its popular packs",
    .examples = EXAMPLES("nono search sandbox", "nono search --limit 20"),
    .options = options,
    .run = search_run,
};
