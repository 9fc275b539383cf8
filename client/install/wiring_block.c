#include <string.h>

#include "client/install/block.h"
#include "client/install/wiring_steps.h"
#include "lib/digest/sha256.h"

static bool block_file(struct wiring *wiring, const char *path, struct node *out, struct error *err)
{
    if (!plan_get(wiring->plan, path, out, err))
        return false;
    if (out->kind == NODE_ABSENT)
        *out = (struct node){ .kind = NODE_FILE,
                              .bytes = "",
                              .mode = plan_file_mode(wiring->plan, path) };
    return out->kind == NODE_FILE || error_set(err, CONFLICT, "%s is not a file", path);
}

static void block_sha256(const char *content, struct arena *arena, char out[SHA256_TEXT])
{
    const char *lines = block_lines(content, arena);
    sha256_hex(lines, strlen(lines), out);
}

bool block_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
{
    struct node now;
    const struct wiring_source *source;
    const char *path, *content;
    if (!wiring_path(wiring, directive->file, &path, err) ||
        !wiring_source_get(wiring, directive->content, &source, err) ||
        !variables_expand(wiring->variables, source->bytes, wiring->arena, &content, err) ||
        !wiring_file_note(wiring, path, err) || !block_file(wiring, path, &now, err) ||
        !wiring_edited_count(wiring, now.len + strlen(content), err))
        return false;
    bool top = directive->position == BLOCK_TOP;
    struct node node = now;
    const struct block block = { directive->marker_id, content, top ? BLOCK_AT_TOP : BLOCK_AT_END };
    if (!block_put(now.bytes, now.len, &block, wiring->arena, &node.bytes, &node.len, err))
        return error_prefix(err, "%s", path);
    struct doc *record = wiring_record_add(wiring, directive);
    doc_add_text(wiring->arena, record, "file", path);
    doc_add_text(wiring->arena, record, "marker_id", directive->marker_id);
    char sha256[SHA256_TEXT];
    block_sha256(content, wiring->arena, sha256);
    doc_add_text(wiring->arena, record, "content_sha256", sha256);
    wiring_line_add(wiring, "block", path,
                    arena_printf(wiring->arena, "adds a block \"%s\"%s", directive->marker_id,
                                 top ? " before the tables" : ""));
    return plan_put(wiring->plan, path, &node, err);
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

/* Its lines are the same for all who put it there: the last takes it along. */
static bool block_is_shared(const struct wiring *wiring, const char *path, const char *id)
{
    LIST_FOREACH (wiring->others, struct wiring_other, other)
        DOC_FOREACH (other->records, record) {
            const char *file = doc_text(record, "file"), *marker = doc_text(record, "marker_id");
            if (file && marker && strcmp(file, path) == 0 && strcmp(marker, id) == 0)
                return true;
        }
    return false;
}

bool block_undo(struct wiring *wiring, const struct doc *record, struct error *err)
{
    const char *id = doc_text(record, "marker_id"), *path = doc_text(record, "file"), *content;
    struct node now, node;
    if (!id || !path)
        return error_set(err, INVALID, "a record has no marker_id or file");
    if (!wiring_undo_close(wiring, path, err) || !plan_get(wiring->plan, path, &now, err))
        return false;
    if (now.kind != NODE_FILE) {
        if (now.kind != NODE_ABSENT)
            wiring_kept(wiring, path);
        return true;
    }
    if (!block_content(now.bytes, now.len, id, wiring->arena, &content, err))
        return error_prefix(err, "%s", path);
    if (!content || block_is_shared(wiring, path, id) || !block_goes(wiring, record, path, content))
        return true;
    node = now;
    if (!block_take(now.bytes, now.len, id, wiring->arena, &node.bytes, &node.len, err))
        return false;
    if (node.bytes == now.bytes)
        wiring_kept(wiring,
                    arena_printf(wiring->arena,
                                 "%s: the block \"%s\", or what was written below it,", path, id));
    return plan_put(wiring->plan, path, &node, err);
}
