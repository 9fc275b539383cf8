#include <string.h>

#include "client/cmd/audit.h"
#include "client/cmd/snapshot.h"
#include "client/cmd/state.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define BROKEN_STATUS 5 /* as for anything that cannot be trusted */

static int opt_json;

static const struct poptOption options[] = {
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

struct view {
    struct arena *arena;
    struct doc *list; /* NULL: print */
};

static void event_print(const struct audit_event_line *event)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char time[CLOCK_TEXT_MAX];
    clock_print(event->time, time);
    const char *data = event->data ? json_print(event->data, JSON_COMPACT_KEPT, arena) : "";
    printf("%s  %s%s%s  %s\n", time, ui_style(UI_BOLD, stdout), text_escape(event->type, arena),
           ui_style(UI_PLAIN, stdout), text_escape(data, arena));
}

static bool event_view(const struct audit_event_line *event, void *context, struct error *err)
{
    (void)err;
    struct view *view = context;
    if (!view->list) {
        event_print(event);
        return true;
    }
    struct doc *item = doc_add_table(view->arena, view->list, NULL);
    doc_add_integer(view->arena, item, "seq", (int64_t)event->seq);
    doc_add_time(view->arena, item, "time", event->time);
    doc_add_text(view->arena, item, "type", event->type);
    if (event->data)
        doc_insert(view->arena, item, "data", doc_copy(view->arena, event->data));
    doc_add_text(view->arena, item, "hash", event->hash);
    return true;
}

static void report_print(const char *id, const struct audit_report *report, struct view *view)
{
    struct arena *arena = view->arena;
    if (view->list) {
        struct doc *table = doc_new(arena, DOC_TABLE);
        doc_add_text(arena, table, "id", id);
        doc_add_text(arena, table, "state", audit_state_name(report->state));
        doc_add_text(arena, table, "fault", report->fault[0] ? report->fault : NULL);
        doc_insert(arena, table, "events", view->list);
        ui_json(table);
    } else if (report->state == AUDIT_BROKEN) {
        fprintf(stderr, "line %llu: %s; nothing after it is shown\n",
                (unsigned long long)report->line, text_escape(report->fault, arena));
    } else if (report->state != AUDIT_CLOSED) {
        printf("(%s)\n", audit_state_name(report->state));
    }
}

static bool show_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct view view = { .arena = arena };
    view.list = opt_json ? doc_new(arena, DOC_LIST) : NULL;
    const char *state, *name, *id;
    struct audit_report report;
    if (!operand_optional(operands, &name, err) || !state_folder(arena, &state, err) ||
        !audit_find(state, name, arena, &id, err) ||
        !audit_verify(state, id, event_view, &view, &report, err))
        return false;
    report_print(id, &report, &view);
    if (report.state == AUDIT_BROKEN)
        *status = BROKEN_STATUS;
    return true;
}

const struct command command_audit_show = {
    .name = "show",
    .args = "[ID]",
    .summary = "show the events of a run; the newest when none is named",
    .examples = EXAMPLES("nono audit show", "nono audit show 20261123-093000-1a2b --json"),
    .options = options,
    .run = show_run,
};
