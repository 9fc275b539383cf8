#include <inttypes.h>

#include "client/cmd/audit.h"
#include "client/cmd/snapshot.h"
#include "client/cmd/state.h"
#include "lib/base/text.h"

#define BROKEN_STATUS 5 /* as for anything that cannot be trusted */

static int opt_json, opt_all;

static const struct poptOption options[] = {
    { "all", 'a', POPT_ARG_NONE, &opt_all, 0, "every record", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static void report_describe(const char *id, const struct audit_report *report, struct arena *arena,
                            struct doc *list)
{
    struct doc *item = doc_add_table(arena, list, NULL);
    doc_add_text(arena, item, "id", id);
    doc_add_text(arena, item, "state", audit_state_name(report->state));
    doc_add_bool(arena, item, "valid", report->state != AUDIT_BROKEN);
    doc_add_integer(arena, item, "events", (int64_t)report->events);
    doc_add_text(arena, item, "head", report->head);
    doc_add_text(arena, item, "root", report->root);
    if (report->line)
        doc_add_integer(arena, item, "line", (int64_t)report->line);
    if (report->fault[0])
        doc_add_text(arena, item, "fault", report->fault);
}

static void report_print(const char *id, const struct audit_report *report, struct arena *arena)
{
    const char *fault = text_escape(report->fault, arena);
    if (report->state == AUDIT_BROKEN)
        printf("%s: %sbroken%s at line %" PRIu64 ": %s\n", id, ui_style(UI_RED, stdout),
               ui_style(UI_PLAIN, stdout), report->line, fault);
    else
        printf("%s: %s; %" PRIu64 " events hold%s%s\n", id, audit_state_name(report->state),
               report->events, *fault ? "; " : "", fault);
}

static bool wanted_list(const char *state, const char *name, struct arena *arena, struct list *out,
                        struct error *err)
{
    if (opt_all && name)
        return error_set(err, INVALID, "--all takes no id");
    if (opt_all)
        return audit_ids(state, arena, out, err);
    *out = (struct list){ ARENA_NEW(arena, const char *), 1 };
    return audit_find(state, name, arena, out->items, err);
}

static bool verify_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *state, *name;
    struct list ids;
    if (!operand_optional(operands, &name, err) || !state_folder(arena, &state, err) ||
        !wanted_list(state, name, arena, &ids, err))
        return false;
    struct doc *list = doc_new(arena, DOC_LIST);
    LIST_FOREACH (ids, const char *, id) {
        struct audit_report report;
        if (!audit_verify(state, *id, NULL, NULL, &report, err)) {
            if (opt_all && err->kind == ERROR_NOT_FOUND)
                continue; /* gone meanwhile: nothing was run */
            return false;
        }
        if (opt_json)
            report_describe(*id, &report, arena, list);
        else
            report_print(*id, &report, arena);
        if (report.state == AUDIT_BROKEN)
            *status = BROKEN_STATUS;
    }
    if (opt_json)
        ui_json(list);
    return true;
}

const struct command command_audit_verify = {
    .name = "verify",
    .args = "[ID]",
    .summary = "prove that a record is whole, or name its first bad line",
    .examples = EXAMPLES("nono audit verify", "nono audit verify --all"),
    .options = options,
    .run = verify_run,
};
