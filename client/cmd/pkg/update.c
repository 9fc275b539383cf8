/* Newer versions of what is installed: `outdated` tells, `update` installs. */
#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/installer.h"
#include "lib/base/text.h"

static char *opt_registry, *opt_accept_signer;
static int opt_force, opt_yes, opt_dry_run, opt_json, opt_http;

static const struct poptOption outdated_options[] = {
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "ask this registry", "URL" },
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the list as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption update_options[] = {
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "update from this registry", "URL" },
    { "yes", 'y', POPT_ARG_NONE, &opt_yes, 0, "install what they ask for, without a question",
      NULL },
    { "dry-run", 0, POPT_ARG_NONE, &opt_dry_run, 0, "show, but install nothing", NULL },
    { "force", 'f', POPT_ARG_NONE, &opt_force, 0, "update pinned packs too", NULL },
    { "accept-signer", 0, POPT_ARG_STRING, &opt_accept_signer, 0,
      "accept this key in place of the one that signed before", "KEYID" },
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print what was done as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

/* An installed pack, copied out of the store, and what its registry says. */
struct item {
    const char *key, *namespace, *name, *version, *registry;
    bool pinned;
    struct remote remote;
    const char *latest, *status, *problem; /* NULL when there is none */
};

static bool is_wanted(const struct lock_pack *pack, const char **operands)
{
    for (const char **operand = operands; *operand; operand++)
        if (strcmp(*operand, pack->key) == 0)
            return true;
    return !*operands;
}

static bool operands_check(const struct store *store, const char **operands, struct error *err)
{
    for (; *operands; operands++) {
        struct pack_ref ref;
        if (!pack_ref_parse(*operands, &ref, err))
            return false;
        if (ref.kind != PACK_REF_LATEST) {
            error_set(err, INVALID, "update goes to the newest version: leave out @%s",
                      ref.version);
            return error_hint(err, "nono pull %s", *operands);
        }
        if (!store_find(store, ref.namespace, ref.name))
            return error_set(err, NOT_FOUND, "%s is not installed", *operands);
    }
    return true;
}

static bool items_list(struct session *session, const char **operands, struct list *out,
                       struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    struct arena *arena = session->arena;
    if (!store_open(STORE_READ, &store, err) || !operands_check(store, operands, err))
        return false;
    struct item *items = ARENA_ARRAY(arena, struct item, store->lockfile.packs.count + 1);
    size_t count = 0;
    LIST_FOREACH (store->lockfile.packs, const struct lock_pack, pack) {
        if (!is_wanted(pack, operands))
            continue;
        const char *registry = pack->registry ? pack->registry : store->lockfile.registry;
        items[count++] = (struct item){
            .key = arena_printf(arena, "%s", pack->key),
            .namespace = arena_printf(arena, "%s", pack->namespace),
            .name = arena_printf(arena, "%s", pack->name),
            .version = arena_printf(arena, "%s", pack->version),
            .registry = registry ? arena_printf(arena, "%s", registry) : NULL,
            .pinned = pack->pinned,
        };
    }
    *out = (struct list){ items, count };
    return true;
}

/* A registry that does not answer is a status, not the end. */
static void item_ask(struct session *session, struct item *item)
{
    struct error err;
    struct remote_status status;
    const char *registry = opt_registry ? opt_registry : item->registry;
    item->status = "unknown";
    if (!session_remote(session, registry, item->namespace, &item->remote, &err) ||
        !remote_status(&item->remote, item->namespace, item->name, item->version, session->arena,
                       &status, &err)) {
        item->problem = arena_printf(session->arena, "%s", err.message);
        return;
    }
    item->latest = status.latest;
    if (status.installed_status)
        item->status = status.installed_status;
}

static bool is_current(const struct item *item)
{
    return strcmp(item->status, "current") == 0 || strcmp(item->status, "ahead") == 0;
}

static void outdated_json(const struct list *items, struct arena *arena)
{
    struct doc *out = doc_new(arena, DOC_LIST);
    LIST_FOREACH (*items, const struct item, item) {
        struct doc *entry = doc_add_table(arena, out, NULL);
        doc_add_text(arena, entry, "key", item->key);
        doc_add_text(arena, entry, "installed", item->version);
        if (!item->latest)
            doc_add_null(arena, entry, "latest");
        doc_add_text(arena, entry, "latest", item->latest);
        doc_add_text(arena, entry, "status", item->status);
        doc_add_bool(arena, entry, "pinned", item->pinned);
        doc_add_text(arena, entry, "problem", item->problem);
    }
    ui_json(out);
}

static void outdated_table(const struct list *items, struct arena *arena)
{
    static const char *const heading[] = { "PACK", "INSTALLED", "LATEST", "STATUS" };
    struct ui_table table;
    ui_table_init(&table, arena, COUNT(heading));
    LIST_FOREACH (*items, const struct item, item) {
        if (is_current(item))
            continue;
        const char *status =
            arena_printf(arena, "%s%s%s%s", item->status, item->pinned ? " (pinned)" : "",
                         item->problem ? ": " : "", item->problem ? item->problem : "");
        UI_ROW(&table, item->key, item->version, item->latest, status);
    }
    if (table.rows)
        ui_table_print(&table, ui_is_terminal(stdout) ? heading : NULL, stdout);
    else
        fprintf(stderr,
                items->count ? "all installed packs are up to date\n" : "no packs are installed\n");
}

static bool outdated_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    struct list items;
    if (!session_open(opt_http, &session, err) || !items_list(&session, operands, &items, err))
        return false;
    LIST_FOREACH (items, struct item, item)
        item_ask(&session, item);
    if (opt_json)
        outdated_json(&items, session.arena);
    else
        outdated_table(&items, session.arena);
    return true;
}

static bool item_update(struct session *session, struct item *item, struct doc *report,
                        bool *out_changed, struct error *err)
{
    const struct installer_options how = {
        .yes = opt_yes,
        .dry_run = opt_dry_run,
        .quiet = opt_json && opt_yes,
        .accept_signer = opt_accept_signer,
    };
    struct pack_ref ref;
    CLEANUP(fetched_close) struct fetched fetched = { .source = { .fd = -1 } };
    return pack_ref_parse(item->key, &ref, err) &&
           fetch_pack(session, &item->remote, &ref, &fetched, err) &&
           installer_run(session, &item->remote, &fetched, &how, report, out_changed, err);
}

/* Updates one; why not otherwise. */
static const char *item_handle(struct session *session, struct item *item, struct doc *report,
                               struct error *err)
{
    bool changed = false;
    item_ask(session, item);
    if (item->pinned && !opt_force)
        return "skipped: pinned";
    if (is_current(item))
        return "skipped: up to date";
    if (item->problem) {
        error_set(err, UNAVAILABLE, "%s: %s", item->key, item->problem);
        return "failed";
    }
    if (!item_update(session, item, report, &changed, err))
        return "failed";
    return changed ? "updated" : "skipped";
}

static bool update_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(session_close) struct session session;
    struct list items;
    unsigned updated = 0, skipped = 0, failed = 0;
    if (!session_open(opt_http, &session, err) || !items_list(&session, operands, &items, err))
        return false;
    struct doc *reports = doc_new(session.arena, DOC_LIST);
    LIST_FOREACH (items, struct item, item) {
        struct doc *report = doc_add_table(session.arena, reports, NULL);
        doc_add_text(session.arena, report, "key", item->key);
        const char *what = item_handle(&session, item, report, err);
        doc_add_text(session.arena, report, "result", what);
        bool is_failed = strcmp(what, "failed") == 0;
        if (is_failed)
            fprintf(stderr, "%s\n", err->message);
        failed += is_failed;
        updated += strcmp(what, "updated") == 0;
        skipped += text_starts(what, "skipped");
        if (!opt_json && !is_failed)
            printf("%s  %s\n", item->key, what);
    }
    if (opt_json)
        ui_json(reports);
    else
        printf("%u updated, %u skipped, %u failed\n", updated, skipped, failed);
    *status = failed && !opt_dry_run ? error_exit_status(err->kind) : 0;
    return true;
}

const struct command command_outdated = {
    .name = "outdated",
    .args = "[PACK...]",
    .summary = "list installed packs that have a newer version",
    .examples = EXAMPLES("nono outdated"),
    .options = outdated_options,
    .run = outdated_run,
};

const struct command command_update = {
    .name = "update",
    .args = "[PACK...]",
    .summary = "install the newest versions of installed packs",
    .examples = EXAMPLES("nono update", "nono update acme/web --dry-run"),
    .options = update_options,
    .run = update_run,
};
