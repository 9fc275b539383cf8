#include "client/cmd/snapshot.h"

#include <string.h>

#include "client/cmd/state.h"
#include "lib/base/encode.h"
#include "lib/base/text.h"

bool snapshots_open(struct snapshot_store **out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *state;
    return state_folder(arena, &state, err) && snapshot_store_open(state, out, err);
}

bool snapshots_find(struct snapshot_store **out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *state;
    return state_folder(arena, &state, err) && snapshot_store_find(state, out, err);
}

bool operand_optional(const char **operands, const char **out, struct error *err)
{
    *out = operands[0];
    if (operands[0] && operands[1])
        return error_set(err, INVALID, "one argument too many: \"%.64s\"", operands[1]);
    return true;
}

bool operand_one(const char **operands, const char *what, const char **out, struct error *err)
{
    if (!operands[0])
        return error_set(err, INVALID, "expected %s", what);
    return operand_optional(operands, out, err);
}

void snapshot_describe(const struct snapshot *snapshot, struct arena *arena, struct doc *table)
{
    doc_add_text(arena, table, "name", snapshot->name);
    doc_add_text(arena, table, "tag", snapshot->tag);
    doc_add_text(arena, table, "folder", snapshot->folder);
    doc_add_time(arena, table, "created", snapshot->created);
    doc_add_text(arena, table, "root", snapshot->root);
    doc_add_integer(arena, table, "files", (int64_t)snapshot->files);
    doc_add_integer(arena, table, "folders", (int64_t)snapshot->folders);
    doc_add_integer(arena, table, "links", (int64_t)snapshot->links);
    doc_add_integer(arena, table, "bytes", (int64_t)snapshot->bytes);
    doc_add_integer(arena, table, "left_out", (int64_t)snapshot->left_out);
    notes_describe(&snapshot->exclude, "exclude", arena, table);
}

/* JSON holds any UTF-8; what is none is told for people, and its bytes beside that. */
static const char *name_text(const char *name, struct arena *arena)
{
    return text_is_utf8(name, strlen(name)) ? name : text_escape(name, arena);
}

static void path_describe(const char *path, struct arena *arena, struct doc *table)
{
    size_t len = strlen(path);
    char *hex = NULL;
    if (!text_is_utf8(path, len)) {
        hex = arena_alloc(arena, 2 * len + 1, 1);
        hex_encode(path, len, hex);
    }
    doc_add_text(arena, table, "path", name_text(path, arena));
    doc_add_text(arena, table, "path_hex", hex);
}

void notes_print(const struct list *notes, struct arena *arena)
{
    LIST_FOREACH (*notes, const char *, note)
        fprintf(stderr, "%s\n", text_escape(*note, arena));
}

void notes_describe(const struct list *notes, const char *key, struct arena *arena,
                    struct doc *table)
{
    struct doc *list = doc_add_list(arena, table, key);
    LIST_FOREACH (*notes, const char *, note)
        doc_add_text(arena, list, NULL, name_text(*note, arena));
}

const char *change_name(enum snapshot_change_kind kind)
{
    static const char *const names[] = {
        [SNAPSHOT_ADDED] = "added", [SNAPSHOT_REMOVED] = "removed", [SNAPSHOT_CONTENT] = "content",
        [SNAPSHOT_KIND] = "kind",   [SNAPSHOT_FACTS] = "facts",
    };
    return names[kind];
}

static void change_describe(const struct snapshot_change *change, struct changes *changes)
{
    struct arena *arena = changes->arena;
    struct doc *item = doc_add_table(arena, changes->list, NULL);
    doc_add_text(arena, item, "change", change_name(change->kind));
    path_describe(change->path, arena, item);
    if (change->was)
        doc_add_text(arena, item, "was", (char[]){ change->was, '\0' });
    if (change->is)
        doc_add_text(arena, item, "is", (char[]){ change->is, '\0' });
    if (change->mode_was != change->mode_is && change->was && change->is) {
        doc_add_text(arena, item, "mode_was", arena_printf(arena, "%04o", change->mode_was));
        doc_add_text(arena, item, "mode_is", arena_printf(arena, "%04o", change->mode_is));
    }
    if (change->size_was != change->size_is) {
        doc_add_integer(arena, item, "size_was", (int64_t)change->size_was);
        doc_add_integer(arena, item, "size_is", (int64_t)change->size_is);
    }
}

static void change_print(const struct snapshot_change *change, FILE *stream)
{
    static const enum ui_style styles[] = {
        [SNAPSHOT_ADDED] = UI_GREEN, [SNAPSHOT_REMOVED] = UI_RED, [SNAPSHOT_CONTENT] = UI_YELLOW,
        [SNAPSHOT_KIND] = UI_YELLOW, [SNAPSHOT_FACTS] = UI_DIM,
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    bool folder = (change->is ? change->is : change->was) == 'd';
    (void)fprintf(stream, "%s%-8s%s %s%s", ui_style(styles[change->kind], stdout),
                  change_name(change->kind), ui_style(UI_PLAIN, stdout),
                  text_escape(change->path, arena), folder ? "/" : "");
    if (change->kind == SNAPSHOT_FACTS && change->mode_was != change->mode_is)
        (void)fprintf(stream, "  %04o -> %04o", change->mode_was, change->mode_is);
    (void)fputc('\n', stream);
}

bool changes_visit(const struct snapshot_change *change, void *context, struct error *err)
{
    (void)err;
    struct changes *changes = context;
    if (change->kind == SNAPSHOT_FACTS && change->mode_was == change->mode_is && !changes->all)
        return true; /* a time or an owner alone */
    changes->count++;
    if (changes->list)
        change_describe(change, changes);
    else
        change_print(change, changes->stream);
    return true;
}

static const struct command *const verbs[] = {
    &command_snapshot_create, &command_snapshot_list,    &command_snapshot_show,
    &command_snapshot_diff,   &command_snapshot_restore, &command_snapshot_verify,
    &command_snapshot_delete, &command_snapshot_prune,   NULL,
};

const struct command command_snapshot = {
    .name = "snapshot",
    .summary = "keep the state of a folder, and go back to it",
    .verbs = verbs,
};
