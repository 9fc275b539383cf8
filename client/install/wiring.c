#include "client/install/wiring.h"

#include <string.h>

#include "client/install/tree.h"
#include "client/install/wiring_steps.h"
#include "lib/base/text.h"
#include "lib/digest/sha256.h"

static const struct field line_fields[] = {
    TEXT(struct wiring_line, act, REQUIRED),
    TEXT(struct wiring_line, path, REQUIRED),
    TEXT(struct wiring_line, detail, OPTIONAL),
    TEXT(struct wiring_line, real, OPTIONAL),
};
const struct record wiring_line_record = RECORD(struct wiring_line, "wiring", line_fields);

void wiring_init(struct wiring *wiring, size_t directives)
{
    wiring->records = doc_new(wiring->arena, DOC_LIST);
    wiring->lines.items = ARENA_ARRAY(wiring->arena, struct wiring_line, directives + 1);
    wiring->notes.items = ARENA_ARRAY(wiring->arena, const char *, WIRING_NOTES_MAX);
    wiring->lines.count = wiring->notes.count = 0;
}

void wiring_line_add(struct wiring *wiring, const char *act, const char *path, const char *detail)
{
    struct wiring_line *lines = wiring->lines.items;
    lines[wiring->lines.count++] =
        (struct wiring_line){ act, path, detail, plan_real_path(wiring->plan, path) };
}

static bool is_told(const struct wiring *wiring, const char *path)
{
    LIST_FOREACH (wiring->lines, const struct wiring_line, line)
        if (strcmp(line->path, path) == 0)
            return true;
    return false;
}

void wiring_undone(struct wiring *wiring)
{
    struct list changes = plan_changes(wiring->plan), told = wiring->lines;
    wiring->lines.items =
        ARENA_ARRAY(wiring->arena, struct wiring_line, told.count + changes.count + 1);
    if (told.count)
        memcpy(wiring->lines.items, told.items, told.count * sizeof(struct wiring_line));
    LIST_FOREACH (changes, const struct plan_change, change) {
        const enum node_kind before = change->before->kind, after = change->after->kind;
        if (before == NODE_FOLDER || after == NODE_FOLDER || is_told(wiring, change->path))
            continue;
        if (after == NODE_ABSENT)
            wiring_line_add(wiring, "remove", change->path, NULL);
        else if (before == NODE_FILE && after == NODE_FILE)
            wiring_line_add(wiring, "clean", change->path, "of what the installed version wrote");
        else
            wiring_line_add(wiring, "restore", change->path,
                            "as it was before the installed version");
    }
}

void wiring_note(struct wiring *wiring, const char *path, const char *text)
{
    const char **notes = wiring->notes.items;
    const char *note = arena_printf(wiring->arena, "%s %s", path, text);
    LIST_FOREACH (wiring->notes, const char *, earlier)
        if (strcmp(*earlier, note) == 0)
            return;
    if (wiring->notes.count < WIRING_NOTES_MAX)
        notes[wiring->notes.count++] = note;
}

void wiring_kept(struct wiring *wiring, const char *what)
{
    wiring_note(wiring, what,
                wiring->replaces ? "was changed, and stays unless the new version sets it"
                                 : "was changed, and stays");
}

struct doc *wiring_record_add(struct wiring *wiring, const struct directive *directive)
{
    struct doc *record = doc_add_table(wiring->arena, wiring->records, NULL);
    doc_add_text(wiring->arena, record, "type", directive_type_names[directive->type]);
    return record;
}

bool wiring_path(const struct wiring *wiring, const char *text, const char **out, struct error *err)
{
    return variables_expand(wiring->variables, text, wiring->arena, out, err);
}

const struct wiring_source *wiring_source_find(const struct wiring *wiring, const char *path)
{
    for (size_t i = 0; i < wiring->source_count; i++)
        if (strcmp(wiring->sources[i].path, path) == 0)
            return &wiring->sources[i];
    return NULL;
}

bool wiring_source_get(const struct wiring *wiring, const char *path,
                       const struct wiring_source **out, struct error *err)
{
    *out = wiring_source_find(wiring, path);
    return *out || error_set(err, INVALID, "the pack has no file %.200s", path);
}

static bool record_edits(const struct doc *record, const char *path)
{
    const char *file = doc_text(record, "file");
    return file && strcmp(file, path) == 0;
}

bool wiring_edits(const struct doc *records, const char *path)
{
    if (records) {
        DOC_FOREACH (records, record)
            if (record_edits(record, path))
                return true;
    }
    return false;
}

static bool others_edit(const struct wiring *wiring, const char *path)
{
    LIST_FOREACH (wiring->others, struct wiring_other, other)
        if (wiring_edits(other->records, path))
            return true;
    return false;
}

bool wiring_file_note(struct wiring *wiring, const char *path, struct error *err)
{
    return wired_note(wiring->wired, wiring->plan, path, others_edit(wiring, path), wiring->arena,
                      err);
}

/* Into the pack's own folder, or what another directive may write to: nowhere else. */
static bool target_check(const struct wiring *wiring, const char *target, struct error *err)
{
    const char *pack_dir = wiring->variables->pack_dir;
    size_t len = strlen(pack_dir);
    bool own =
        strncmp(target, pack_dir, len) == 0 &&
        (target[len] == '\0' || (target[len] == '/' && lock_path_is_valid(target + len + 1)));
    struct place place;
    return own || place_find(wiring->variables->folders, NULL, target, wiring->arena, &place, err);
}

static bool link_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
{
    const char *link, *target;
    struct node now;
    if (!wiring_path(wiring, directive->link, &link, err) ||
        !wiring_path(wiring, directive->target, &target, err) ||
        !target_check(wiring, target, err) || !plan_get(wiring->plan, link, &now, err))
        return false;
    if (now.kind != NODE_ABSENT && now.kind != NODE_LINK) {
        error_set(err, CONFLICT, "%s is there and is not a link", link);
        return error_hint(err, "move it away, and try again");
    }
    const struct node node = { .kind = NODE_LINK, .target = target };
    if (!plan_put(wiring->plan, link, &node, err))
        return false;
    struct doc *record = wiring_record_add(wiring, directive);
    doc_add_text(wiring->arena, record, "link", link);
    doc_add_text(wiring->arena, record, "target", target);
    if (now.kind == NODE_LINK)
        doc_add_text(wiring->arena, record, "prior_target", now.target);
    wiring_line_add(wiring, "link", link, arena_printf(wiring->arena, "to %s", target));
    return true;
}

static bool file_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
{
    const char *dest;
    const struct wiring_source *source;
    struct node now;
    if (!wiring_path(wiring, directive->dest, &dest, err) ||
        !wiring_source_get(wiring, directive->source, &source, err) ||
        !plan_get(wiring->plan, dest, &now, err))
        return false;
    if (now.kind != NODE_ABSENT) {
        error_set(err, CONFLICT, "%s is there already, and no pack wrote it as it is", dest);
        return error_hint(err, "move it away, and try again");
    }
    const struct node node = { .kind = NODE_FILE,
                               .bytes = source->bytes,
                               .len = source->len,
                               .mode = source->executable ? 0755 : 0644 };
    if (!plan_put(wiring->plan, dest, &node, err))
        return false;
    char sha256[SHA256_TEXT];
    sha256_hex(source->bytes, source->len, sha256);
    struct doc *record = wiring_record_add(wiring, directive);
    doc_add_text(wiring->arena, record, "dest", dest);
    doc_add_text(wiring->arena, record, "sha256", sha256);
    wiring_line_add(wiring, "write", dest, source->executable ? "executable" : NULL);
    return true;
}

bool wiring_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
{
    static bool (*const steps[])(struct wiring *, const struct directive *, struct error *) = {
        [DIRECTIVE_SYMLINK] = link_apply,     [DIRECTIVE_WRITE_FILE] = file_apply,
        [DIRECTIVE_JSON_MERGE] = merge_apply, [DIRECTIVE_JSON_ARRAY_APPEND] = append_apply,
        [DIRECTIVE_TOML_BLOCK] = block_apply, [DIRECTIVE_YAML_MERGE] = merge_apply,
    };
    bool holds;
    if (!profile_when_doc(directive->when, wiring->platform, &holds, err))
        return error_prefix(err, "wiring: when");
    return !holds || steps[directive->type](wiring, directive, err) ||
           error_prefix(err, "wiring: %s", directive_type_names[directive->type]);
}

/* The first record of a later pack that made the link anew. */
static struct doc *link_later(const struct wiring *wiring, const char *link,
                              struct wiring_other **out)
{
    LIST_FOREACH (wiring->others, struct wiring_other, other) {
        if (!other->later)
            continue;
        *out = other;
        DOC_FOREACH (other->records, record) {
            const char *made = doc_text(record, "link");
            if (made && strcmp(made, link) == 0)
                return record;
        }
    }
    return NULL;
}

/* Where it found the link of a record, it would lead there again: into a folder that is gone. */
static void link_hand_over(struct doc *later, const char *target, const char *prior,
                           struct arena *arena)
{
    const char *found = doc_text(later, "prior_target");
    if (!found || (target && strcmp(found, target) != 0))
        return;
    tree_remove_member(later, "prior_target");
    doc_add_text(arena, later, "prior_target", prior);
}

static bool link_undo(struct wiring *wiring, const struct doc *record, struct error *err)
{
    const char *link = doc_text(record, "link"), *target = doc_text(record, "target");
    const char *prior = doc_text(record, "prior_target");
    struct wiring_other *other;
    struct node now;
    if (!link)
        return error_set(err, INVALID, "a record has no link");
    struct doc *later = link_later(wiring, link, &other);
    if (later) {
        link_hand_over(later, target, prior, wiring->arena);
        other->changed = true;
        return true;
    }
    if (!wiring_undo_close(wiring, link, err) || !plan_get(wiring->plan, link, &now, err))
        return false;
    if (now.kind != NODE_LINK || (target && strcmp(now.target, target) != 0)) {
        if (now.kind != NODE_ABSENT)
            wiring_kept(wiring, link);
        return true;
    }
    const struct node node = { .kind = prior ? NODE_LINK : NODE_ABSENT, .target = prior };
    return plan_put(wiring->plan, link, &node, err);
}

static bool file_undo(struct wiring *wiring, const struct doc *record, struct error *err)
{
    const char *dest = doc_text(record, "dest"), *sha256 = doc_text(record, "sha256");
    struct node now;
    char actual[SHA256_TEXT] = "";
    if (!dest || !sha256)
        return error_set(err, INVALID, "a record has no dest or sha256");
    if (!wiring_undo_close(wiring, dest, err) || !plan_get(wiring->plan, dest, &now, err))
        return false;
    if (now.kind == NODE_FILE)
        sha256_hex(now.bytes, now.len, actual);
    if (strcmp(actual, sha256) != 0) {
        if (now.kind != NODE_ABSENT)
            wiring_kept(wiring, dest);
        return true;
    }
    return plan_put(wiring->plan, dest, &(struct node){ .kind = NODE_ABSENT }, err);
}

static bool record_undo(struct wiring *wiring, const struct doc *record, struct error *err)
{
    static const struct {
        const char *type;
        bool (*undo)(struct wiring *, const struct doc *, struct error *);
    } steps[] = {
        { "symlink", link_undo },     { "write_file", file_undo },
        { "json_merge", merge_undo }, { "json_array_append", append_undo },
        { "toml_block", block_undo }, { "yaml_merge", merge_undo },
    };
    const char *type = doc_text(record, "type");
    for (size_t i = 0; type && i < COUNT(steps); i++)
        if (strcmp(type, steps[i].type) == 0)
            return steps[i].undo(wiring, record, err);
    return error_set(err, UNSUPPORTED, "the lock file has a wiring record of an unknown type");
}

/* The file of a record that is undone, when neither an earlier one nor another pack edits it. */
static const char *file_left(const struct wiring *wiring, const struct doc *records,
                             const struct doc *record)
{
    const char *file = doc_text(record, "file");
    if (!file)
        return NULL;
    for (const struct doc *earlier = records->first; earlier != record; earlier = earlier->next)
        if (record_edits(earlier, file))
            return NULL;
    return others_edit(wiring, file) ? NULL : file;
}

static bool undo_goes_on(struct wiring *wiring, bool force, struct error *err)
{
    if (!force) {
        error_prefix(err, "undo the wiring");
        return error_hint(err, "--force goes on without it");
    }
    wiring_note(wiring, "not undone:", err->message);
    return true;
}

/* No record edits the file any more. */
static bool file_release(struct wiring *wiring, const char *file, struct error *err)
{
    return wiring_undo_close(wiring, file, err) &&
           wired_release(wiring->wired, wiring->plan, file, err);
}

static bool records_undo(struct wiring *wiring, const struct doc *records, bool force,
                         struct error *err)
{
    for (size_t left = records->count; left-- > 0;) {
        const struct doc *record = records->first;
        for (size_t i = 0; i < left; i++)
            record = record->next;
        const char *file = file_left(wiring, records, record);
        if (!record_undo(wiring, record, err) && !undo_goes_on(wiring, force, err))
            return false;
        if (file && !file_release(wiring, file, err) && !undo_goes_on(wiring, force, err))
            return false;
    }
    while (wiring->undone)
        if (!wiring_undo_close(wiring, NULL, err) && !undo_goes_on(wiring, force, err))
            return false;
    return true;
}

bool wiring_undo(struct wiring *wiring, const struct doc *records, bool force, struct error *err)
{
    if (!records)
        return true;
    wiring_others_recall(wiring);
    bool done = records_undo(wiring, records, force, err) && wiring_others_keep(wiring, err);
    wiring_undo_drop(wiring);
    return done;
}
