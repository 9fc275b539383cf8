/* Newer versions of what is installed: `outdated` tells, `update` installs. */
#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/installer.h"
#include "client/cmd/pkg/outcome.h"
#include "lib/base/text.h"
#include "lib/pack/semver.h"

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
    const char *latest, *status, *yank_reason; /* NULL when there is none */
    const struct error *problem;               /* why its registry could not be asked, or NULL */
};

/* What a command was asked for, and what came of it. */
struct work {
    struct session *session;
    const char *verb; /* "update" */
    struct outcomes outcomes;
    unsigned refused;  /* operands */
    struct list items; /* struct item */
};

static bool is_wanted(const struct lock_pack *pack, const struct list *keys, bool all)
{
    LIST_FOREACH (*keys, const char *, key)
        if (strcmp(*key, pack->key) == 0)
            return true;
    return all;
}

static bool operand_check(struct session *session, const struct store *store, const char *verb,
                          const struct pack_ref *ref, struct error *err)
{
    const struct lock_pack *pack = store_find(store, ref->namespace, ref->name);
    if (ref->kind != PACK_REF_LATEST) {
        const char *option =
            pack && pack->registry ? session_option(session, pack->registry, ref->namespace) : "";
        error_set(err, INVALID, "%s is about the newest version: leave out @%s", verb,
                  ref->version);
        return error_hint(err, "nono pull %s/%s@%s%s installs that one", ref->namespace, ref->name,
                          ref->version, option);
    }
    if (pack)
        return true;
    error_set(err, NOT_FOUND, "%s/%s is not installed", ref->namespace, ref->name);
    return error_hint(err, "nono pull %s/%s", ref->namespace, ref->name);
}

/* The keys of those that are installed; each of the others has failed. */
static struct list operands_take(struct work *work, const struct store *store,
                                 const char **operands)
{
    struct arena *arena = work->session->arena;
    size_t count = 0;
    while (operands[count])
        count++;
    const char **keys = ARENA_ARRAY(arena, const char *, count + 1);
    for (count = 0; *operands; operands++) {
        struct pack_ref ref;
        struct error err;
        bool is_ref =
            pack_ref_parse(*operands, &ref, &err) || error_prefix(&err, "\"%.128s\"", *operands);
        const char *key =
            is_ref ? arena_printf(arena, "%s/%s", ref.namespace, ref.name) : *operands;
        if (is_ref && operand_check(work->session, store, work->verb, &ref, &err)) {
            keys[count++] = key;
            continue;
        }
        struct doc *entry = outcome_add(&work->outcomes, key);
        doc_add_text(arena, entry, "key", key);
        outcome_fail(&work->outcomes, entry, &err);
        work->refused++;
    }
    return (struct list){ keys, count };
}

static bool work_begin(struct work *work, const char **operands, struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    struct arena *arena = work->session->arena;
    if (!store_open(STORE_READ, &store, err))
        return false;
    outcomes_init(&work->outcomes, arena_printf(arena, "nono %s", work->verb), arena);
    struct list keys = operands_take(work, store, operands);
    struct item *items = ARENA_ARRAY(arena, struct item, store->lockfile.packs.count + 1);
    size_t count = 0;
    LIST_FOREACH (store->lockfile.packs, const struct lock_pack, pack) {
        if (!is_wanted(pack, &keys, !*operands))
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
    work->items = (struct list){ items, count };
    return true;
}

/* A registry that does not answer is said of its packs, and the others' are asked all the same. */
static void item_ask(struct session *session, struct item *item)
{
    struct error err;
    struct remote_status status;
    bool recorded = item->registry && !opt_registry;
    item->status = "unknown";
    if (!(recorded ? session_remote_at(session, item->registry, NULL, item->namespace,
                                       &item->remote, &err)
                   : session_remote(session, opt_registry, item->namespace, &item->remote, &err)) ||
        !remote_status(&item->remote, item->namespace, item->name, item->version, session->arena,
                       &status, &err)) {
        struct error *kept = ARENA_NEW(session->arena, struct error);
        *kept = err;
        item->problem = kept;
        return;
    }
    item->latest = status.latest;
    item->yank_reason = status.yank_reason;
    if (status.installed_status)
        item->status = status.installed_status;
}

static bool is_current(const struct item *item)
{
    return strcmp(item->status, "current") == 0 || strcmp(item->status, "ahead") == 0;
}

static void outdated_entry(struct outcomes *outcomes, const struct item *item)
{
    struct arena *arena = outcomes->arena;
    struct doc *entry = outcome_add(outcomes, item->key);
    doc_add_text(arena, entry, "key", item->key);
    doc_add_text(arena, entry, "installed", item->version);
    if (!item->latest)
        doc_add_null(arena, entry, "latest");
    doc_add_text(arena, entry, "latest", item->latest);
    doc_add_text(arena, entry, "status", item->status);
    doc_add_bool(arena, entry, "pinned", item->pinned);
    doc_add_text(arena, entry, "yank_reason", item->yank_reason);
    if (!item->problem)
        return;
    doc_add_text(arena, entry, "problem", item->problem->message);
    ui_error_add(arena, entry, item->problem);
    if (!outcomes->status) /* what is not known is not up to date */
        outcomes->status = error_exit_status(item->problem->kind);
}

static void outdated_table(const struct work *work, struct arena *arena)
{
    static const char *const heading[] = { "PACK", "INSTALLED", "LATEST", "STATUS" };
    struct ui_table table;
    ui_table_init(&table, arena, COUNT(heading));
    LIST_FOREACH (work->items, const struct item, item) {
        if (is_current(item))
            continue;
        const char *why = item->problem ? item->problem->message : item->yank_reason;
        const char *status =
            arena_printf(arena, "%s%s%s%s", item->status, item->pinned ? " (pinned)" : "",
                         why ? ": " : "", why ? why : "");
        UI_ROW(&table, item->key, item->version, item->latest, status);
    }
    if (table.rows)
        ui_table_print(&table, ui_is_terminal(stdout) ? heading : NULL, stdout);
    else if (!work->refused)
        fprintf(stderr, work->items.count ? "all installed packs are up to date\n"
                                          : "no packs are installed\n");
}

static bool outdated_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(session_close) struct session session;
    struct work work = { .session = &session, .verb = "outdated" };
    if (!session_open(opt_http, &session, err) || !work_begin(&work, operands, err))
        return false;
    LIST_FOREACH (work.items, struct item, item) {
        item_ask(&session, item);
        outdated_entry(&work.outcomes, item);
    }
    if (opt_json)
        ui_json(work.outcomes.list);
    else
        outdated_table(&work, session.arena);
    *status = work.outcomes.status;
    return true;
}

/* An update never goes back, nor to a pre-release, not even from a version that should not be used:
 * people decide that. */
static bool yanked_check(const struct item *item, struct error *err)
{
    struct semver installed, latest;
    struct error ignored;
    if (strcmp(item->status, "yanked") != 0 || !item->latest ||
        !semver_parse(item->version, &installed, &ignored) ||
        !semver_parse(item->latest, &latest, &ignored))
        return true;
    bool older = semver_compare(&latest, &installed) < 0;
    if (!older && (installed.pre[0] || !latest.pre[0]))
        return true;
    error_set(err, DENIED, "%s: %s is installed and was yanked%s%.200s; the newest is %s, %s",
              item->key, item->version, item->yank_reason ? ": " : "",
              item->yank_reason ? item->yank_reason : "", item->latest,
              older ? "older" : "a pre-release");
    return older
               ? error_hint(err, "nono pull --allow-downgrade %s%s", item->key, item->remote.option)
               : error_hint(err, "nono pull %s@%s%s", item->key, item->latest, item->remote.option);
}

static bool item_update(struct session *session, struct item *item, struct doc *report,
                        enum installer_result *out, struct error *err)
{
    const struct installer_options how = {
        .yes = opt_yes,
        .dry_run = opt_dry_run,
        .quiet = opt_json && opt_yes,
        .accept_signer = opt_accept_signer,
        .spares_pinned = !opt_force,
    };
    struct pack_ref ref;
    CLEANUP(fetched_close) struct fetched fetched = { .source = { .fd = -1 } };
    return yanked_check(item, err) && pack_ref_parse(item->key, &ref, err) &&
           fetch_pack(session, &item->remote, &ref, &fetched, err) &&
           installer_run(session, &item->remote, &fetched, &how, report, out, err);
}

enum update_result { UPDATE_DONE, UPDATE_WOULD, UPDATE_CURRENT, UPDATE_SKIPPED, UPDATE_FAILED };
static const char *const update_words[] = { "updated", "would be updated", "up to date", "skipped",
                                            "failed" };

static enum update_result item_handle(struct session *session, struct item *item,
                                      struct doc *report, struct error *err)
{
    static const enum update_result results[] = {
        [INSTALLER_THERE] = UPDATE_CURRENT,
        [INSTALLER_WOULD] = UPDATE_WOULD,
        [INSTALLER_DONE] = UPDATE_DONE,
    };
    enum installer_result result;
    if (item->pinned && !opt_force)
        return UPDATE_SKIPPED;
    item_ask(session, item);
    if (is_current(item))
        return UPDATE_CURRENT;
    if (item->problem) {
        *err = *item->problem;
        error_name(err, item->key);
        return UPDATE_FAILED;
    }
    return item_update(session, item, report, &result, err) ? results[result] : UPDATE_FAILED;
}

static enum update_result one_update(struct session *session, struct item *item,
                                     struct outcomes *outcomes, struct error *err)
{
    struct arena *arena = session->arena;
    struct doc *report = outcome_add(outcomes, item->key);
    enum update_result result = item_handle(session, item, report, err);
    const char *reason = result == UPDATE_SKIPPED ? "pinned" : NULL;
    doc_add_text(arena, report, "key", item->key);
    doc_add_text(arena, report, "result", update_words[result]);
    if (result == UPDATE_FAILED) {
        outcome_fail(outcomes, report, err);
        return result;
    }
    doc_add_text(arena, report, "status", update_words[result]);
    doc_add_text(arena, report, "reason", reason);
    if (!opt_json)
        printf("%s  %s%s%s\n", item->key, update_words[result], reason ? ": " : "",
               reason ? reason : "");
    return result;
}

static bool update_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(session_close) struct session session;
    struct work work = { .session = &session, .verb = "update" };
    unsigned counts[COUNT(update_words)] = { 0 };
    if (!session_open(opt_http, &session, err) || !work_begin(&work, operands, err))
        return false;
    LIST_FOREACH (work.items, struct item, item)
        counts[one_update(&session, item, &work.outcomes, err)]++;
    counts[UPDATE_FAILED] += work.refused;
    enum update_result done = opt_dry_run ? UPDATE_WOULD : UPDATE_DONE;
    if (opt_json)
        ui_json(work.outcomes.list);
    else
        printf("%u %s, %u skipped, %u up to date, %u failed\n", counts[done], update_words[done],
               counts[UPDATE_SKIPPED], counts[UPDATE_CURRENT], counts[UPDATE_FAILED]);
    *status = work.outcomes.status;
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
