#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/cmd/audit.h"
#include "client/cmd/state.h"
#include "lib/base/clock.h"

#define NOT_GIVEN INT_MIN

static int opt_json, opt_today;
static int opt_recent = NOT_GIVEN;
static char *opt_since;
static char *opt_until;
static char *opt_command;
static char *opt_profile;

static const struct poptOption options[] = {
    { "recent", 'n', POPT_ARG_INT, &opt_recent, 0, "at most so many, the newest", "N" },
    { "today", 0, POPT_ARG_NONE, &opt_today, 0, "started today", NULL },
    { "since", 0, POPT_ARG_STRING, &opt_since, 0, "started then or later", "DATE" },
    { "until", 0, POPT_ARG_STRING, &opt_until, 0, "started before then", "DATE" },
    { "command", 'c', POPT_ARG_STRING, &opt_command, 0, "whose command contains this", "TEXT" },
    { "profile", 'p', POPT_ARG_STRING, &opt_profile, 0, "under this profile", "PROFILE" },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

struct wanted {
    int64_t since, until;
};

static bool date_parse(const char *text, int64_t *out, struct error *err)
{
    struct tm tm = { .tm_isdst = -1 };
    const char *rest = strptime(text, "%Y-%m-%d", &tm);
    if (rest && !*rest) { /* a day begins where the user is */
        *out = (int64_t)mktime(&tm) * CLOCK_SECOND;
        return true;
    }
    if (clock_parse(text, out))
        return true;
    error_set(err, INVALID, "\"%.32s\" is no date", text);
    return error_hint(err, "2026-11-23, or 2026-11-23T09:30:00Z");
}

static int64_t midnight_us(void)
{
    time_t now = (time_t)(clock_now_us() / CLOCK_SECOND);
    struct tm tm;
    (void)localtime_r(&now, &tm);
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    return (int64_t)mktime(&tm) * CLOCK_SECOND;
}

static bool wanted_read(struct wanted *out, struct error *err)
{
    if (opt_recent < 1 && opt_recent != NOT_GIVEN)
        return error_set(err, INVALID, "--recent %d: a number from 1 on", opt_recent);
    *out = (struct wanted){ INT64_MIN, INT64_MAX };
    if (opt_today)
        out->since = midnight_us();
    return (!opt_since || date_parse(opt_since, &out->since, err)) &&
           (!opt_until || date_parse(opt_until, &out->until, err));
}

static bool is_wanted(const struct wanted *wanted, const struct audit_summary *summary,
                      struct arena *arena)
{
    const struct audit_event_line *start = &summary->start;
    if (!start->type) /* nothing can be said of it: shown unless something was asked for */
        return wanted->since == INT64_MIN && wanted->until == INT64_MAX && !opt_command &&
               !opt_profile;
    if (start->time < wanted->since || start->time >= wanted->until)
        return false;
    const char *profile = doc_text(start->data, "profile");
    if (opt_profile && (!profile || strcmp(profile, opt_profile) != 0))
        return false;
    return !opt_command || strstr(audit_command_text(start->data, arena), opt_command);
}

static void summary_describe(const struct audit_summary *summary, struct arena *arena,
                             struct doc *list)
{
    const struct audit_event_line *start = &summary->start, *last = &summary->last;
    struct doc *item = doc_add_table(arena, list, NULL);
    doc_add_text(arena, item, "id", summary->id);
    doc_add_text(arena, item, "state", audit_state_name(summary->state));
    if (summary->state == AUDIT_BROKEN)
        doc_add_text(arena, item, "fault", summary->fault);
    if (!start->type)
        return;
    doc_add_time(arena, item, "started", start->time);
    const struct doc *command = doc_find(start->data, "command");
    if (command)
        doc_insert(arena, item, "command", doc_copy(arena, command));
    doc_add_text(arena, item, "profile", doc_text(start->data, "profile"));
    doc_add_text(arena, item, "name", doc_text(start->data, "name"));
    if (!audit_outcome_text(last, arena))
        return;
    doc_add_time(arena, item, "ended", last->time);
    static const char *const keys[] = { "status", "signal", "duration_us" };
    for (size_t i = 0; i < COUNT(keys); i++) {
        const struct doc *value = doc_find(last->data, keys[i]);
        if (value && value->kind == DOC_INTEGER)
            doc_add_integer(arena, item, keys[i], value->integer);
    }
    const struct doc *before = doc_find(last->data, "events");
    if (before && before->kind == DOC_INTEGER) /* the end is one too, as `audit verify` counts */
        doc_add_integer(arena, item, "events", before->integer + 1);
}

/* What was run, behind what the user called it: first, for a narrow terminal cuts the end. */
static const char *start_text(const struct doc *start, struct arena *arena)
{
    const char *name = doc_text(start, "name"), *command = audit_command_text(start, arena);
    return name ? arena_printf(arena, "[%s] %s", name, command) : command;
}

static void summary_row(const struct audit_summary *summary, struct arena *arena,
                        struct ui_table *table)
{
    const struct audit_event_line *start = &summary->start;
    const char *outcome = audit_outcome_text(&summary->last, arena);
    UI_ROW(table, summary->id, ui_time(start->type ? start->time : 0, arena),
           outcome ? outcome : audit_state_name(summary->state),
           start->type ? doc_text(start->data, "profile") : NULL,
           start->type ? start_text(start->data, arena) : summary->fault);
}

static bool list_run(const char **operands, int *status, struct error *err)
{
    (void)operands, (void)status;
    static const char *const heading[] = { "ID", "STARTED", "OUTCOME", "PROFILE", "COMMAND" };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *state;
    struct wanted wanted;
    struct list ids;
    struct ui_table table;
    if (!wanted_read(&wanted, err) || !state_folder(arena, &state, err) ||
        !audit_ids(state, arena, &ids, err))
        return false;
    struct doc *list = doc_new(arena, DOC_LIST);
    ui_table_init(&table, arena, COUNT(heading));
    table.cut = true;
    int shown = 0;
    LIST_FOREACH (ids, const char *, id) {
        struct audit_summary summary;
        if (shown == opt_recent)
            break;
        if (!audit_summarise(state, *id, arena, &summary, err)) {
            if (err->kind == ERROR_NOT_FOUND)
                continue; /* gone meanwhile: nothing was run */
            return false;
        }
        if (!is_wanted(&wanted, &summary, arena))
            continue;
        shown++;
        if (opt_json)
            summary_describe(&summary, arena, list);
        else
            summary_row(&summary, arena, &table);
    }
    if (opt_json)
        ui_json(list);
    else if (shown)
        ui_table_print(&table, heading, stdout);
    else
        fprintf(stderr, ids.count ? "no recorded run is like that\n" : "no run was recorded yet\n");
    return true;
}

const struct command command_audit_list = {
    .name = "list",
    .summary = "show the runs that were recorded, the newest first",
    .examples = EXAMPLES("nono audit list --today", "nono audit list --command claude --recent 5"),
    .options = options,
    .run = list_run,
};
