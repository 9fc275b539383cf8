#include <stdio.h>
#include <string.h>

#include "client/cmd/audit.h"
#include "client/cmd/snapshot.h"
#include "client/cmd/state.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"

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

#define DEPTH_MAX 4 /* records are no deeper */

/* A value as words: "yes", "git status", "files landlock, network blocked". In arena. */
static const char *value_text(const struct doc *value, int depth, struct arena *arena)
{
    const char *text = "", *between = depth ? "; " : ", ";
    switch (value->kind) {
    case DOC_NULL:
        return "-";
    case DOC_BOOL:
        return value->boolean ? "yes" : "no";
    case DOC_INTEGER:
        return arena_printf(arena, "%lld", (long long)value->integer);
    case DOC_REAL:
        return arena_printf(arena, "%g", value->real);
    case DOC_TEXT:
    case DOC_TIME:
        return value->text;
    case DOC_LIST:
    case DOC_TABLE:
        break;
    }
    if (depth == DEPTH_MAX)
        return "...";
    DOC_FOREACH (value, item) /* NOLINTNEXTLINE(misc-no-recursion): DEPTH_MAX */
        text = arena_printf(arena, "%s%s%s%s%s", text, *text ? between : "",
                            item->key ? item->key : "", item->key ? " " : "",
                            value_text(item, depth + 1, arena));
    return text;
}

/* The start says much: a line a key. */
static void start_print(const struct doc *data, struct arena *arena)
{
    printf("%s\n", text_escape(audit_command_text(data, arena), arena));
    DOC_FOREACH (data, item)
        if (strcmp(item->key, "command") != 0)
            ui_paragraph(arena_printf(arena, "    %-14s ", text_escape(item->key, arena)),
                         value_text(item, 1, arena), stdout);
}

/* Further keys than are known here are shown too. */
static void event_print(const struct audit_event_line *event)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char time[CLOCK_TEXT_MAX];
    clock_print(event->time, time);
    printf("%s  %s%s%s  ", time, ui_style(UI_BOLD, stdout), text_escape(event->type, arena),
           ui_style(UI_PLAIN, stdout));
    if (event->data && strcmp(event->type, "start") == 0)
        start_print(event->data, arena);
    else
        printf("%s\n", event->data ? text_escape(value_text(event->data, 0, arena), arena) : "");
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
    .examples = EXAMPLES("nono audit show", "nono audit show 1a2272dde207441a --json"),
    .options = options,
    .run = show_run,
};
