#include <stdio.h>

#include "client/cmd/pkg/pack.h"
#include "client/ui/term.h"
#include "lib/base/files.h"
#include "lib/pack/lint.h"

static char *opt_output;
static int opt_json;

static const struct poptOption options[] = {
    { "output", 'o', POPT_ARG_STRING, &opt_output, 0, "write it there", "FILE" },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print what was made as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool lint_passes(int dir, struct arena *arena, struct error *err)
{
    struct lint_report report;
    if (!lint_folder(dir, arena, &report, err))
        return false;
    LIST_FOREACH (report.findings, const struct finding, finding)
        if (finding->severity == LINT_WARNING)
            fprintf(stderr, "%s: warning: %s\n", finding->file, finding->message);
    if (report.errors > 1)
        fprintf(stderr, "%ju errors; nono pack lint shows all of them\n", (uintmax_t)report.errors);
    return lint_require(&report, err);
}

static bool build_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closep) int dir = -1;
    struct pack_built built;
    const char *folder;
    if (!pack_one_operand(operands, ".", &folder, err) || !pack_folder_open(folder, &dir, err) ||
        !lint_passes(dir, arena, err) ||
        !archive_from_folder(dir, NULL, arena, &built.archive, &built.index, err))
        return false;
    const struct pack_index *index = &built.index;
    const char *path = opt_output ? opt_output
                                  : arena_printf(arena, "%s-%s.tar.zst", index->manifest.name,
                                                 index->manifest.version);
    if (!(opt_output ? pack_write : pack_write_beside)(path, built.archive.data, built.archive.len,
                                                       arena, err))
        return false;
    if (opt_json) {
        struct doc *out = doc_new(arena, DOC_TABLE);
        doc_add_text(arena, out, "path", path);
        doc_add_text(arena, out, "name", index->manifest.name);
        doc_add_text(arena, out, "version", index->manifest.version);
        doc_add_text(arena, out, "digest", arena_printf(arena, "sha256:%s", index->sha256));
        doc_add_text(arena, out, "tar_digest", arena_printf(arena, "sha256:%s", index->tar_sha256));
        doc_add_integer(arena, out, "size_bytes", (int64_t)index->archive_bytes);
        ui_json(out);
    } else {
        printf("%s\n", path);
        fprintf(stderr, "%zu files, %s, sha256:%s\n", index->files.count,
                ui_size(index->archive_bytes, arena), index->sha256);
    }
    return true;
}

const struct command pack_build = {
    .name = "build",
    .args = "[FOLDER]",
    .summary = "make the archive of a pack",
    .examples = EXAMPLES("nono pack build ./web --output web.tar.zst"),
    .options = options,
    .run = build_run,
};
