#include <stdio.h>

#include "client/cmd/pkg/pack.h"
#include "client/ui/term.h"
#include "lib/base/doc.h"
#include "lib/base/files.h"
#include "lib/pack/lint.h"

static int opt_json, opt_strict;

static const struct poptOption options[] = {
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the findings as JSON", NULL },
    { "strict", 0, POPT_ARG_NONE, &opt_strict, 0, "warnings fail too", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static void finding_print(const struct finding *finding)
{
    bool is_error = finding->severity == LINT_ERROR;
    printf("%s", finding->file);
    if (finding->line)
        printf(":%ju", (uintmax_t)finding->line);
    printf(": %s%s%s: %s\n", ui_style(is_error ? UI_RED : UI_YELLOW, stdout),
           is_error ? "error" : "warning", ui_style(UI_PLAIN, stdout), finding->message);
    if (finding->hint)
        printf("  %s\n", finding->hint);
}

static bool lint_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closep) int dir = -1;
    struct lint_report report;
    const char *folder;
    if (!pack_one_operand(operands, ".", &folder, err) || !pack_folder_open(folder, &dir, err) ||
        !lint_folder(dir, arena, &report, err))
        return false;
    if (opt_json)
        ui_json(record_encode(&lint_report_record, &report, arena));
    else {
        LIST_FOREACH (report.findings, const struct finding, finding)
            finding_print(finding);
        fprintf(stderr, "%ju error%s, %ju warning%s\n", (uintmax_t)report.errors,
                report.errors == 1 ? "" : "s", (uintmax_t)report.warnings,
                report.warnings == 1 ? "" : "s");
    }
    *status = report.errors || (opt_strict && report.warnings) ? 1 : 0;
    return true;
}

const struct command pack_lint = {
    .name = "lint",
    .args = "[FOLDER]",
    .summary = "say what would keep a pack from being published",
    .examples = EXAMPLES("nono pack lint ./web"),
    .options = options,
    .run = lint_run,
};
