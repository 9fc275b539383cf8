#include <string.h>

#include "client/install/block.h"
#include "client/install/tree.h"
#include "client/install/wiring_steps.h"
#include "client/install/yaml_text.h"
#include "lib/base/limits.h"
#include "lib/digest/sha256.h"
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
};

static bool text_parse(const char *text, size_t len, const char *source, bool is_yaml,
                       struct arena *arena, struct doc **out, struct error *err)
{
    if (len > LIMIT_JSON_BYTES)
        return error_set(err, TOO_LARGE, "%s: over %zu bytes", source, LIMIT_JSON_BYTES);
    return is_yaml ? yaml_parse(text, len, source, arena, out, err)
                   : json_parse(text, len, source, JSON_COMMENTS, arena, out, err);
}

/* Every directive reads its file and its patch again, and writes the file. */
static bool edited_count(struct wiring *wiring, size_t bytes, struct error *err)
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
    edit->doc = doc_new(wiring->arena, DOC_TABLE);
    size_t len = edit->node.len, mark = strlen(MARK);
    edit->mark = len >= mark && memcmp(edit->node.bytes, MARK, mark) == 0 ? MARK : "";
    mark = strlen(edit->mark);
    if (len == mark || is_blank(edit->node.bytes + mark, len - mark))
        return true;
    if (!text_parse(edit->node.bytes, edit->node.len, edit->path, edit->is_yaml, wiring->arena,
                    &edit->doc, err))
        return false;
    if (edit->doc->kind == DOC_NULL) /* YAML of comments alone */
        edit->doc = doc_new(wiring->arena, DOC_TABLE);
    return true;
}

static const char *edit_text(const struct edit *edit, struct arena *arena)
{
    return edit->is_yaml ? arena_printf(arena, "%s%s", edit->mark, yaml_text(edit->doc, arena))
                         : arena_printf(arena, "%s%s\n", edit->mark,
                                        json_print(edit->doc, JSON_PRETTY, arena));
}

/* What is written says what was read, and was put in: nobody's settings change their meaning. */
static bool yaml_check(const struct edit *edit, const char *text, struct arena *arena,
                       struct error *err)
{
    struct doc *again;
    struct error fault;
    return (yaml_parse(text, strlen(text), edit->path, arena, &again, &fault) &&
            doc_equal(edit->doc, again)) ||
           error_set(err, UNSUPPORTED, "%s holds YAML that cannot be written again", edit->path);
}

static bool edit_save(struct wiring *wiring, const struct edit *edit, struct error *err)
{
    const char *text = edit_text(edit, wiring->arena);
    if (edit->is_yaml && !yaml_check(edit, text, wiring->arena, err))
        return false;
    const struct node node = { .kind = NODE_FILE,
                               .bytes = text,
                               .len = strlen(text),
                               .mode = edit->node.kind == NODE_FILE ? edit->node.mode : 0644 };
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
           edited_count(wiring, source->len, err) &&
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

/* What YAML 1.1 reads otherwise (no, 0755, 1.10) is another value once it has been JSON. */
static bool priors_keep(const struct doc *record, struct arena *arena, struct error *err)
{
    DOC_FOREACH (doc_find(record, "leaves"), leaf) {
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

/* A copy of the record in which former values are as they were written. */
static const struct doc *priors_recall(const struct doc *record, struct arena *arena)
{
    struct doc *copy = doc_copy(arena, record);
    const struct doc *leaves = doc_find(copy, "leaves");
    if (!leaves || leaves->kind != DOC_LIST)
        return record;
    DOC_FOREACH (leaves, leaf) {
        const char *text = doc_text(leaf, "prior_yaml");
        const struct doc *prior = doc_find(leaf, "prior_value");
        struct doc *written;
        struct error ignored;
        if (text && prior && yaml_parse(text, strlen(text), NULL, arena, &written, &ignored) &&
            doc_equal(written, prior))
            tree_set(leaf, "prior_value", written, arena);
    }
    return copy;
}

bool merge_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
{
    struct edit edit = { .is_yaml = directive->type == DIRECTIVE_YAML_MERGE };
    struct doc *patch;
    if (!wiring_path(wiring, directive->file, &edit.path, err) ||
        !patch_read(wiring, directive->patch, edit.is_yaml, &patch, err) ||
        !wiring_file_note(wiring, edit.path, err) || !edit_open(wiring, &edit, err) ||
        !edited_count(wiring, edit.node.len, err))
        return false;
    struct doc *record = wiring_record_add(wiring, directive);
    doc_add_text(wiring->arena, record, "file", edit.path);
    if (!tree_merge(edit.doc, patch, record, wiring->arena, err) ||
        (edit.is_yaml && !priors_keep(record, wiring->arena, err)))
        return error_prefix(err, "%s", edit.path);
    wiring_line_add(wiring, "merge", edit.path,
                    arena_printf(wiring->arena, "sets %s",
                                 paths_text(doc_find(record, "leaves"), wiring->arena)));
    return edit_save(wiring, &edit, err);
}

bool append_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
{
    struct edit edit = { .is_yaml = false };
    struct doc *entries;
    if (!wiring_path(wiring, directive->file, &edit.path, err) ||
        !patch_read(wiring, directive->patch_entries, false, &entries, err) ||
        !wiring_file_note(wiring, edit.path, err) || !edit_open(wiring, &edit, err) ||
        !edited_count(wiring, edit.node.len, err))
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
    return edit_save(wiring, &edit, err);
}

static bool block_file(struct wiring *wiring, struct edit *edit, struct error *err)
{
    if (!plan_get(wiring->plan, edit->path, &edit->node, err))
        return false;
    if (edit->node.kind == NODE_ABSENT)
        edit->node = (struct node){ .kind = NODE_FILE, .bytes = "", .mode = 0644 };
    return edit->node.kind == NODE_FILE || error_set(err, CONFLICT, "%s is not a file", edit->path);
}

static void block_sha256(const char *content, struct arena *arena, char out[SHA256_TEXT])
{
    const char *lines = block_lines(content, arena);
    sha256_hex(lines, strlen(lines), out);
}

bool block_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
{
    struct edit edit = { .is_yaml = false };
    const struct wiring_source *source;
    const char *content;
    if (!wiring_path(wiring, directive->file, &edit.path, err) ||
        !wiring_source_get(wiring, directive->content, &source, err) ||
        !variables_expand(wiring->variables, source->bytes, wiring->arena, &content, err) ||
        !wiring_file_note(wiring, edit.path, err) || !block_file(wiring, &edit, err) ||
        !edited_count(wiring, edit.node.len + strlen(content), err))
        return false;
    bool top = directive->position == BLOCK_TOP;
    struct node node = edit.node;
    const struct block block = { directive->marker_id, content, top ? BLOCK_AT_TOP : BLOCK_AT_END };
    if (!block_put(edit.node.bytes, edit.node.len, &block, wiring->arena, &node.bytes, &node.len,
                   err))
        return error_prefix(err, "%s", edit.path);
    struct doc *record = wiring_record_add(wiring, directive);
    doc_add_text(wiring->arena, record, "file", edit.path);
    doc_add_text(wiring->arena, record, "marker_id", directive->marker_id);
    char sha256[SHA256_TEXT];
    block_sha256(content, wiring->arena, sha256);
    doc_add_text(wiring->arena, record, "content_sha256", sha256);
    wiring_line_add(wiring, "block", edit.path,
                    arena_printf(wiring->arena, "adds a block \"%s\"%s", directive->marker_id,
                                 top ? " before the tables" : ""));
    return plan_put(wiring->plan, edit.path, &node, err);
}

/* What every undoing of an edit begins with; *there is false when the file is gone, or has become
 * something else. */
static bool undo_open(struct wiring *wiring, const struct doc *record, struct edit *edit,
                      bool *there, struct error *err)
{
    const char *type = doc_text(record, "type");
    edit->path = doc_text(record, "file");
    edit->is_yaml = type && strcmp(type, "yaml_merge") == 0;
    if (!edit->path)
        return error_set(err, INVALID, "a record has no file");
    if (!plan_get(wiring->plan, edit->path, &edit->node, err))
        return false;
    *there = edit->node.kind == NODE_FILE;
    if (!*there && edit->node.kind != NODE_ABSENT)
        wiring_kept(wiring, edit->path);
    return true;
}

static void parts_kept(struct wiring *wiring, const char *path, const struct doc *kept)
{
    if (kept->count)
        wiring_kept(wiring,
                    arena_printf(wiring->arena, "%s: %s", path, paths_text(kept, wiring->arena)));
}

static bool tree_undo(struct wiring *wiring, const struct doc *record,
                      bool (*undo)(struct doc *, const struct doc *, struct doc *, struct arena *,
                                   struct error *),
                      struct error *err)
{
    struct edit edit = { .is_yaml = false };
    struct arena *arena = wiring->arena;
    bool there;
    if (!undo_open(wiring, record, &edit, &there, err))
        return false;
    if (!there)
        return true;
    if (!edit_open(wiring, &edit, err))
        return false;
    if (edit.doc->kind != DOC_TABLE) {
        wiring_kept(wiring, edit.path);
        return true;
    }
    const char *before = edit_text(&edit, arena);
    struct doc *kept = doc_new(arena, DOC_LIST);
    if (!undo(edit.doc, edit.is_yaml ? priors_recall(record, arena) : record, kept, arena, err))
        return error_prefix(err, "%s", edit.path);
    parts_kept(wiring, edit.path, kept);
    /* Where nothing was left to take out, comments and layout stay too. */
    return strcmp(before, edit_text(&edit, arena)) == 0 || edit_save(wiring, &edit, err);
}

bool merge_undo(struct wiring *wiring, const struct doc *record, struct error *err)
{
    return tree_undo(wiring, record, tree_unmerge, err);
}

bool append_undo(struct wiring *wiring, const struct doc *record, struct error *err)
{
    return tree_undo(wiring, record, tree_unappend, err);
}

/* Whether a block goes. A changed one stays as it is, markers too: its keys may be of a table that
 * is the pack's, and the markers keep a later install from adding the same keys again. */
static bool block_goes(struct wiring *wiring, const struct doc *record, const char *path,
                       const char *content)
{
    const char *id = doc_text(record, "marker_id"), *put = doc_text(record, "content_sha256");
    struct arena *arena = wiring->arena;
    char now[SHA256_TEXT];
    block_sha256(content, arena, now);
    if (put && strcmp(put, now) != 0) {
        wiring_kept(wiring, arena_printf(arena, "%s: the block \"%s\"", path, id));
        return false;
    }
    if (!put && wired_is_changed(wiring->wired, path)) /* the original does not keep the digest */
        wiring_note(wiring, arena_printf(arena, "%s: the block \"%s\"", path, id),
                    "is taken out as it stands: what it was is not known");
    return true;
}

bool block_undo(struct wiring *wiring, const struct doc *record, struct error *err)
{
    struct edit edit = { .is_yaml = false };
    bool there;
    const char *id = doc_text(record, "marker_id");
    if (!id)
        return error_set(err, INVALID, "a record has no marker_id");
    if (!undo_open(wiring, record, &edit, &there, err))
        return false;
    const char *content;
    if (!there)
        return true;
    if (!block_content(edit.node.bytes, edit.node.len, id, wiring->arena, &content, err))
        return error_prefix(err, "%s", edit.path);
    if (!content || !block_goes(wiring, record, edit.path, content))
        return true;
    struct node node = edit.node;
    return block_take(edit.node.bytes, edit.node.len, id, wiring->arena, &node.bytes, &node.len,
                      err) &&
           plan_put(wiring->plan, edit.path, &node, err);
}
