#include <stdio.h>

#include "client/cmd/pkg/pack.h"
#include "client/ui/term.h"
#include "lib/base/text.h"

static int opt_json;

static const struct poptOption options[] = {
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print it as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static struct doc *index_doc(const struct pack_index *index, struct arena *arena)
{
    struct doc *out = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, out, "name", index->manifest.name);
    doc_add_text(arena, out, "version", index->manifest.version);
    doc_add_text(arena, out, "digest", arena_printf(arena, "sha256:%s", index->sha256));
    doc_add_text(arena, out, "tar_digest", arena_printf(arena, "sha256:%s", index->tar_sha256));
    doc_add_integer(arena, out, "size_bytes", (int64_t)index->archive_bytes);
    doc_add_integer(arena, out, "unpacked_bytes", (int64_t)index->unpacked_bytes);
    doc_insert(arena, out, "manifest", doc_copy(arena, index->manifest.doc));
    struct doc *files = doc_add_list(arena, out, "files");
    LIST_FOREACH (index->files, const struct pack_file, file) {
        struct doc *entry = doc_add_table(arena, files, NULL);
        doc_add_text(arena, entry, "path", file->path);
        doc_add_text(arena, entry, "mode", file->executable ? "0755" : "0644");
        doc_add_integer(arena, entry, "size_bytes", (int64_t)file->size);
        doc_add_text(arena, entry, "digest", arena_printf(arena, "sha256:%s", file->sha256));
    }
    return out;
}

static void wiring_print(const struct manifest *manifest, struct arena *arena)
{
    if (manifest->wiring.count)
        printf("\nwiring:\n");
    LIST_FOREACH (manifest->wiring, const struct directive, directive)
        printf("  %-18s %s\n", directive_type_names[directive->type],
               text_escape(directive_destination(directive), arena));
}

static void index_print(const struct pack_index *index, struct arena *arena)
{
    const struct manifest *manifest = &index->manifest;
    printf("%s%s %s%s\n", ui_style(UI_BOLD, stdout), manifest->name, manifest->version,
           ui_style(UI_PLAIN, stdout));
    if (manifest->description)
        printf("%s\n", text_escape(manifest->description, arena));
    printf("\narchive  sha256:%s, %s\ntar      sha256:%s\n\n", index->sha256,
           ui_size(index->archive_bytes, arena), index->tar_sha256);
    struct ui_table table;
    ui_table_init(&table, arena, 4);
    LIST_FOREACH (index->files, const struct pack_file, file)
        UI_ROW(&table, file->executable ? "0755" : "0644", ui_size(file->size, arena),
               arena_strndup(arena, file->sha256, 12), file->path);
    static const char *const heading[] = { "MODE", "SIZE", "SHA-256", "PATH" };
    ui_table_print(&table, heading, stdout);
    wiring_print(manifest, arena);
}

static bool inspect_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct pack_built built;
    const char *path;
    if (!pack_one_operand(operands, ".", &path, err) || !pack_load(path, arena, &built, err))
        return false;
    if (opt_json)
        ui_json(index_doc(&built.index, arena));
    else
        index_print(&built.index, arena);
    return true;
}

const struct command pack_inspect = {
    .name = "inspect",
    .args = "[ARCHIVE|FOLDER]",
    .summary = "show what is in a pack",
    .examples = EXAMPLES("nono pack inspect web.tar.zst", "nono pack inspect ./web --json"),
    .options = options,
    .run = inspect_run,
};
