#include <string.h>

#include "client/install/tree.h"
#include "client/install/wiring_steps.h"
#include "client/install/yaml_text.h"
#include "lib/base/limits.h"
#include "lib/json/json.h"
#include "lib/yaml/yaml.h"

#define DETAIL_KEYS 100
#define MARK        "\xef\xbb\xbf" /* of byte order: of no meaning in UTF-8, but editors write it */

/* One file that is being edited. */
struct edit {
    const char *path;
    bool is_yaml;
    const char *mark; /* MARK where the file begins with one, else "" */
    struct node node;
    struct doc *doc;
    struct arena *arena; /* of doc */

    /* While records are undone: */
    const char *before; /* the text of doc when it was opened */
    struct edit *next;
};

static bool text_parse(const char *text, size_t len, const char *source, bool is_yaml,
                       struct arena *arena, struct doc **out, struct error *err)
{
    if (len > LIMIT_JSON_BYTES)
        return error_set(err, TOO_LARGE, "%s: over %zu bytes", source, LIMIT_JSON_BYTES);
    return is_yaml ? yaml_parse(text, len, source, arena, out, err)
                   : json_parse(text, len, source, JSON_COMMENTS, arena, out, err);
}

bool wiring_edited_count(struct wiring *wiring, size_t bytes, struct error *err)
{
    wiring->edited += bytes;
    return wiring->edited <= WIRING_EDITED_MAX ||
           error_set(err, TOO_LARGE, "the pack's wiring edits over %zu bytes", WIRING_EDITED_MAX);
}

static bool merged_count(struct wiring *wiring, const struct doc *patch, struct error *err)
{
    wiring->merged += doc_count(patch);
    return wiring->merged <= WIRING_MERGED_MAX ||
           error_set(err, TOO_LARGE, "the pack's patches have over %d values", WIRING_MERGED_MAX);
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!text[i] || !strchr(" \t\r\n", text[i]))
            return false;
    return true;
}

/* A file that is absent, or has nothing in it, is an empty table. */
static bool edit_open(struct wiring *wiring, struct edit *edit, struct error *err)
{
    if (!plan_get(wiring->plan, edit->path, &edit->node, err))
        return false;
    if (edit->node.kind != NODE_ABSENT && edit->node.kind != NODE_FILE) {
        error_set(err, CONFLICT, "%s is not a file", edit->path);
        return error_hint(err, "a link here has to be replaced by the file that it leads to");
    }
    edit->doc = doc_new(edit->arena, DOC_TABLE);
    size_t len = edit->node.len, mark = strlen(MARK);
    edit->mark = len >= mark && memcmp(edit->node.bytes, MARK, mark) == 0 ? MARK : "";
    mark = strlen(edit->mark);
    if (len == mark || is_blank(edit->node.bytes + mark, len - mark))
        return true;
    if (!text_parse(edit->node.bytes, edit->node.len, edit->path, edit->is_yaml, edit->arena,
                    &edit->doc, err))
        return false;
    if (edit->doc->kind == DOC_NULL) /* YAML of comments alone */
        edit->doc = doc_new(edit->arena, DOC_TABLE);
    return true;
}

static const char *edit_text(const struct edit *edit)
{
    struct arena *arena = edit->arena;
    return edit->is_yaml ? arena_printf(arena, "%s%s", edit->mark, yaml_text(edit->doc, arena))
                         : arena_printf(arena, "%s%s\n", edit->mark,
                                        json_print(edit->doc, JSON_PRETTY, arena));
}

/* What is written says what was read, and was put in: nobody's settings change their meaning. */
static bool yaml_check(const struct edit *edit, const char *text, struct error *err)
{
    struct doc *again;
    struct error fault;
    return (yaml_parse(text, strlen(text), edit->path, edit->arena, &again, &fault) &&
            doc_equal(edit->doc, again)) ||
           error_set(err, UNSUPPORTED, "%s holds YAML that cannot be written again", edit->path);
}

/* text: of the document, which lives as long as it does. */
static bool edit_save(struct wiring *wiring, const struct edit *edit, const char *text,
                      struct error *err)
{
    size_t len = strlen(text);
    if (edit->is_yaml && !yaml_check(edit, text, err))
        return false;
    const struct node node = {
        .kind = NODE_FILE,
        .bytes = edit->arena == wiring->arena ? text : arena_strndup(wiring->arena, text, len),
        .len = len,
        .mode = edit->node.kind == NODE_FILE ? edit->node.mode
                                             : plan_file_mode(wiring->plan, edit->path)
    };
    return plan_put(wiring->plan, edit->path, &node, err);
}

/* $NAME in the text of a patch, in place; keys stay. */
/* NOLINTNEXTLINE(misc-no-recursion): readers bound the depth of documents */
static bool patch_expand(const struct wiring *wiring, struct doc *doc, struct error *err)
{
    if (doc->kind == DOC_LIST || doc->kind == DOC_TABLE) {
        DOC_FOREACH (doc, item)
            if (!patch_expand(wiring, item, err))
                return false;
        return true;
    }
    if (doc->kind != DOC_TEXT || strlen(doc->text) != doc->len)
        return true;
    const char *text;
    if (!variables_expand(wiring->variables, doc->text, wiring->arena, &text, err))
        return false;
    if (strcmp(doc->text, text) != 0)
        doc->plain = NULL; /* what comes of it may need quotes */
    doc->text = text;
    doc->len = strlen(text);
    return true;
}

static bool patch_read(struct wiring *wiring, const char *path, bool is_yaml, struct doc **out,
                       struct error *err)
{
    const struct wiring_source *source;
    return wiring_source_get(wiring, path, &source, err) &&
           wiring_edited_count(wiring, source->len, err) &&
           text_parse(source->bytes, source->len, path, is_yaml, wiring->arena, out, err) &&
           merged_count(wiring, *out, err) &&
           (patch_expand(wiring, *out, err) || error_prefix(err, "%s", path));
}

static const char *path_text(const struct doc *path, struct arena *arena)
{
    const char *text = "";
    DOC_FOREACH (path, key)
        text = *text ? arena_printf(arena, "%s.%s", text, key->text)
                     : arena_printf(arena, "%s", key->text);
    return text;
}

/* "a.b, c.d and 3 more", of paths or of tables that have one. */
static const char *paths_text(const struct doc *items, struct arena *arena)
{
    const char *text = "";
    size_t shown = 0;
    DOC_FOREACH (items, item) {
        const struct doc *path = item->kind == DOC_LIST ? item : doc_find(item, "path");
        if (shown == DETAIL_KEYS)
            break;
        text = arena_printf(arena, "%s%s%.200s", text, shown++ ? ", " : "", path_text(path, arena));
    }
    return items->count > shown ? arena_printf(arena, "%s and %zu more", text, items->count - shown)
                                : text;
}

static const struct doc *leaves_of(const struct doc *record)
{
    const struct doc *leaves = doc_find(record, "leaves");
    return leaves && leaves->kind == DOC_LIST ? leaves : NULL;
}

/* What YAML 1.1 reads otherwise (no, 0755, 1.10) is another value once it has been JSON. */
static bool priors_keep(const struct doc *record, struct arena *arena, struct error *err)
{
    const struct doc *leaves = leaves_of(record);
    if (!leaves)
        return true;
    DOC_FOREACH (leaves, leaf) {
        const struct doc *prior = doc_find(leaf, "prior_value");
        struct doc *again;
        if (!prior)
            continue;
        const char *json = json_print(prior, JSON_COMPACT_KEPT, arena);
        if (!json_parse(json, strlen(json), NULL, JSON_PLAIN, arena, &again, err))
            return false;
        const char *text = yaml_text(prior, arena);
        if (strcmp(text, yaml_text(again, arena)) != 0)
            doc_add_text(arena, leaf, "prior_yaml", text);
    }
    return true;
}

/* Makes former values of a record as they were written. */
static void priors_recall(struct doc *record, struct arena *arena)
{
    const struct doc *leaves = leaves_of(record);
    if (!leaves)
        return;
    DOC_FOREACH (leaves, leaf) {
        const char *text = doc_text(leaf, "prior_yaml");
        const struct doc *prior = doc_find(leaf, "prior_value");
        struct doc *written;
        struct error ignored;
        if (text && prior && yaml_parse(text, strlen(text), NULL, arena, &written, &ignored) &&
            doc_equal(written, prior))
            tree_set(leaf, "prior_value", written, arena);
        tree_remove_member(leaf, "prior_yaml");
    }
}

static bool is_yaml_merge(const struct doc *record)
{
    const char *type = doc_text(record, "type");
    return type && strcmp(type, "yaml_merge") == 0;
}

void wiring_others_recall(struct wiring *wiring)
{
    LIST_FOREACH (wiring->others, struct wiring_other, other)
        if (other->later)
            DOC_FOREACH (other->records, record)
                if (is_yaml_merge(record))
                    priors_recall(record, wiring->arena);
}

bool wiring_others_keep(struct wiring *wiring, struct error *err)
{
    LIST_FOREACH (wiring->others, struct wiring_other, other)
        if (other->changed)
            DOC_FOREACH (other->records, record)
                if (is_yaml_merge(record) && !priors_keep(record, wiring->arena, err))
                    return false;
    return true;
}

bool merge_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
{
    struct edit edit = { .is_yaml = directive->type == DIRECTIVE_YAML_MERGE,
                         .arena = wiring->arena };
    struct doc *patch;
    if (!wiring_path(wiring, directive->file, &edit.path, err) ||
        !patch_read(wiring, directive->patch, edit.is_yaml, &patch, err) ||
        !wiring_file_note(wiring, edit.path, err) || !edit_open(wiring, &edit, err) ||
        !wiring_edited_count(wiring, edit.node.len, err))
        return false;
    struct doc *record = wiring_record_add(wiring, directive);
    doc_add_text(wiring->arena, record, "file", edit.path);
    if (!tree_merge(edit.doc, patch, record, wiring->arena, err) ||
        (edit.is_yaml && !priors_keep(record, wiring->arena, err)))
        return error_prefix(err, "%s", edit.path);
    wiring_line_add(wiring, "merge", edit.path,
                    arena_printf(wiring->arena, "sets %s",
                                 paths_text(doc_find(record, "leaves"), wiring->arena)));
    return edit_save(wiring, &edit, edit_text(&edit), err);
}

bool append_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
{
    struct edit edit = { .arena = wiring->arena };
    struct doc *entries;
    if (!wiring_path(wiring, directive->file, &edit.path, err) ||
        !patch_read(wiring, directive->patch_entries, false, &entries, err) ||
        !wiring_file_note(wiring, edit.path, err) || !edit_open(wiring, &edit, err) ||
        !wiring_edited_count(wiring, edit.node.len, err))
        return false;
    struct doc *record = wiring_record_add(wiring, directive);
    doc_add_text(wiring->arena, record, "file", edit.path);
    doc_add_text(wiring->arena, record, "path", directive->path);
    doc_add_text(wiring->arena, record, "key_field", directive->key_field);
    const struct tree_append append = { directive->path, directive->key_field, entries };
    if (!tree_append(edit.doc, &append, record, wiring->arena, err))
        return error_prefix(err, "%s", edit.path);
    wiring_line_add(
        wiring, "merge", edit.path,
        arena_printf(wiring->arena, "adds %zu to the list %s", entries->count, directive->path));
    return edit_save(wiring, &edit, edit_text(&edit), err);
}

/* The document of a file, which records that are undone share: one is read once, and written once.
 * Its user may have made it long. *out is NULL when the file is gone, or has become something else.
 */
static bool undo_open(struct wiring *wiring, const char *path, bool is_yaml, struct edit **out,
                      struct error *err)
{
    struct edit *edit = wiring->undone;
    while (edit && (strcmp(edit->path, path) != 0 || edit->is_yaml != is_yaml))
        edit = edit->next;
    *out = edit;
    if (edit)
        return true;
    struct node node;
    if (!wiring_undo_close(wiring, path, err) || !plan_get(wiring->plan, path, &node, err))
        return false;
    if (node.kind != NODE_FILE) {
        if (node.kind != NODE_ABSENT)
            wiring_kept(wiring, path);
        return true;
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    edit = ARENA_NEW(arena, struct edit);
    *edit = (struct edit){ .path = path, .is_yaml = is_yaml, .arena = arena };
    if (!edit_open(wiring, edit, err))
        return false;
    edit->before = edit_text(edit);
    edit->next = wiring->undone;
    wiring->undone = *out = edit;
    (void)STEAL(arena);
    return true;
}

/* Where nothing was left to take out, comments and layout stay too. */
static bool undo_save(struct wiring *wiring, const struct edit *edit, struct error *err)
{
    const char *text = edit_text(edit);
    return strcmp(edit->before, text) == 0 || edit_save(wiring, edit, text, err);
}

bool wiring_undo_close(struct wiring *wiring, const char *path, struct error *err)
{
    bool saved = true;
    for (struct edit **at = &wiring->undone; *at && saved;) {
        struct edit *edit = *at;
        if (path && strcmp(edit->path, path) != 0) {
            at = &edit->next;
            continue;
        }
        saved = undo_save(wiring, edit, err);
        *at = edit->next;
        arena_free(edit->arena);
    }
    return saved;
}

void wiring_undo_drop(struct wiring *wiring)
{
    while (wiring->undone) {
        struct edit *edit = wiring->undone;
        wiring->undone = edit->next;
        arena_free(edit->arena);
    }
}

/* What packs that came later put over what a record did is theirs now. */
static bool parts_hand_over(struct wiring *wiring, struct doc *record, const char *path,
                            struct doc *kept, struct error *err)
{
    LIST_FOREACH (wiring->others, struct wiring_other, other) {
        bool changed;
        if (!other->later)
            continue;
        DOC_FOREACH (other->records, later) {
            const char *file = doc_text(later, "file");
            if (!file || strcmp(file, path) != 0)
                continue;
            if (!tree_hand_over(record, later, kept, wiring->arena, &changed, err))
                return false;
            other->changed |= changed;
        }
    }
    return true;
}

static void parts_kept(struct wiring *wiring, const char *path, const struct doc *kept)
{
    if (kept->count)
        wiring_kept(wiring,
                    arena_printf(wiring->arena, "%s: %s", path, paths_text(kept, wiring->arena)));
}

static bool tree_undo(struct wiring *wiring, const struct doc *record, bool is_yaml,
                      bool (*undo)(struct doc *, const struct doc *, struct doc *, struct arena *,
                                   struct error *),
                      struct error *err)
{
    struct edit *edit;
    const char *path = doc_text(record, "file");
    if (!path)
        return error_set(err, INVALID, "a record has no file");
    struct doc *own = doc_copy(wiring->arena, record), *kept = doc_new(wiring->arena, DOC_LIST);
    if (is_yaml)
        priors_recall(own, wiring->arena);
    if (!parts_hand_over(wiring, own, path, kept, err) ||
        !undo_open(wiring, path, is_yaml, &edit, err))
        return false;
    if (!edit)
        return true;
    if (edit->doc->kind != DOC_TABLE) {
        wiring_kept(wiring, path);
        return true;
    }
    if (!undo(edit->doc, own, kept, edit->arena, err))
        return error_prefix(err, "%s", path);
    parts_kept(wiring, path, kept);
    return true;
}

bool merge_undo(struct wiring *wiring, const struct doc *record, struct error *err)
{
    return tree_undo(wiring, record, is_yaml_merge(record), tree_unmerge, err);
}

bool append_undo(struct wiring *wiring, const struct doc *record, struct error *err)
{
    return tree_undo(wiring, record, false, tree_unappend, err);
}
