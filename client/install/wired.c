#include "client/install/wired.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/files.h"
#include "lib/digest/sha256.h"
#include "lib/json/json.h"

#define FILES_MAX   4096
#define FOLDERS_MAX 4096
#define WIRED_BYTES (64 * (size_t)1024 * 1024)

struct stored_file {
    const char *path, *original, *ours;
    uint64_t mode;
    bool changed;
};

static const struct field file_fields[] = {
    TEXT(struct stored_file, path, REQUIRED),    TEXT(struct stored_file, original, OPTIONAL),
    TEXT(struct stored_file, ours, REQUIRED),    U64(struct stored_file, mode, OPTIONAL),
    BOOL(struct stored_file, changed, OPTIONAL),
};
static const struct record file_record = RECORD(struct stored_file, "file", file_fields);

struct stored {
    uint64_t version;
    struct list files, folders;
};

static const struct field stored_fields[] = {
    U64(struct stored, version, REQUIRED),
    LIST(struct stored, files, &file_record, REQUIRED),
    TEXTS(struct stored, folders, REQUIRED),
};
static const struct record stored_record = RECORD(struct stored, "wired", stored_fields);

static bool file_unpack(const struct stored_file *stored, struct arena *arena,
                        struct wired_file *out, struct error *err)
{
    *out = (struct wired_file){ .path = stored->path,
                                .ours = stored->ours,
                                .mode = stored->mode,
                                .changed = stored->changed,
                                .was_there = stored->original != NULL };
    if (!stored->original)
        return true;
    size_t len = strlen(stored->original);
    char *bytes = arena_alloc(arena, len / 4 * 3 + 1, 1);
    if (!base64_decode(stored->original, len, bytes, &out->original_len))
        return error_set(err, INVALID, WIRED_NAME ": %s: not base64", stored->path);
    out->original = bytes;
    return true;
}

static bool stored_unpack(const struct stored *stored, struct arena *arena, struct wired *out,
                          struct error *err)
{
    if (stored->version != 1)
        return error_set(err, UNSUPPORTED, WIRED_NAME " was written by a newer nono");
    if (stored->files.count > FILES_MAX || stored->folders.count > FOLDERS_MAX)
        return error_set(err, TOO_LARGE, WIRED_NAME " lists too much");
    LIST_FOREACH (stored->files, const struct stored_file, file)
        if (!file_unpack(file, arena, &out->files[out->count++], err))
            return false;
    LIST_FOREACH (stored->folders, const char *, folder)
        out->folders[out->folder_count++] = *folder;
    return true;
}

static struct wired wired_new(struct arena *arena)
{
    return (struct wired){
        .files = ARENA_ARRAY(arena, struct wired_file, FILES_MAX),
        .folders = ARENA_ARRAY(arena, const char *, FOLDERS_MAX),
    };
}

static bool wired_parse(const char *text, size_t len, struct arena *arena, struct wired *out,
                        struct error *err)
{
    struct stored stored;
    return json_decode(text, len, &stored_record, arena, &stored, err) &&
           stored_unpack(&stored, arena, out, err);
}

bool wired_check(const char *text, struct arena *arena, struct error *err)
{
    struct wired again = wired_new(arena);
    size_t len = strlen(text);
    if (len > WIRED_BYTES)
        error_set(err, TOO_LARGE, "over %zu bytes", WIRED_BYTES);
    else if (wired_parse(text, len, arena, &again, err))
        return true;
    return error_prefix(err, WIRED_NAME " could not be read again");
}

bool wired_load(int packages, struct arena *arena, struct wired *out, struct error *err)
{
    struct wired wired = wired_new(arena);
    const char *text;
    size_t len;
    bool there = packages >= 0 &&
                 file_read_beneath(packages, WIRED_NAME, WIRED_BYTES, arena, &text, &len, err);
    if (!there && packages >= 0 && err->kind != ERROR_NOT_FOUND)
        return false;
    if (there && !wired_parse(text, len, arena, &wired, err))
        return error_prefix(err, WIRED_NAME);
    *out = wired;
    return true;
}

const char *wired_print(const struct wired *wired, struct arena *arena)
{
    struct stored_file *files = ARENA_ARRAY(arena, struct stored_file, wired->count + 1);
    for (size_t i = 0; i < wired->count; i++) {
        const struct wired_file *file = &wired->files[i];
        files[i] = (struct stored_file){ file->path, NULL, file->ours, file->mode, file->changed };
        if (file->was_there) {
            char *text = arena_alloc(arena, BASE64_LEN(file->original_len) + 1, 1);
            base64_encode(file->original, file->original_len, text);
            files[i].original = text;
        }
    }
    const struct stored stored = { 1,
                                   { files, wired->count },
                                   { (void *)wired->folders, wired->folder_count } };
    const struct doc *doc = record_encode(&stored_record, &stored, arena);
    return arena_printf(arena, "%s\n", json_print(doc, JSON_PRETTY, arena));
}

bool wired_is_empty(const struct wired *wired)
{
    return wired->count == 0 && wired->folder_count == 0;
}

void wired_forget(struct wired *wired, size_t index)
{
    assert(index < wired->count);
    wired->files[index] = wired->files[--wired->count];
}

static struct wired_file *file_find(const struct wired *wired, const char *path)
{
    for (size_t i = 0; i < wired->count; i++)
        if (strcmp(wired->files[i].path, path) == 0)
            return &wired->files[i];
    return NULL;
}

static bool is_ours(const struct node *node, const char *sha256)
{
    char actual[SHA256_TEXT];
    if (node->kind != NODE_FILE)
        return false;
    sha256_hex(node->bytes, node->len, actual);
    return strcmp(actual, sha256) == 0;
}

bool wired_note(struct wired *wired, struct plan *plan, const char *path, bool edited,
                struct arena *arena, struct error *err)
{
    struct node now;
    struct wired_file *file = file_find(wired, path);
    if (!plan_get(plan, path, &now, err))
        return false;
    if (file) {
        bool is_new = !*file->ours; /* an edit of this plan was the first */
        if (!is_new && !is_ours(plan_before(plan, path), file->ours))
            file->changed = true;
        return true;
    }
    if (wired->count >= FILES_MAX)
        return error_set(err, TOO_LARGE, "wiring edits over %d files", FILES_MAX);
    wired->files[wired->count++] = (struct wired_file){
        .path = arena_strndup(arena, path, strlen(path)),
        .was_there = now.kind == NODE_FILE,
        .original = now.bytes,
        .original_len = now.len,
        .mode = now.mode,
        .changed = edited,
        .ours = "", /* until wired_settle */
    };
    return true;
}

bool wired_is_changed(const struct wired *wired, const char *path)
{
    const struct wired_file *file = file_find(wired, path);
    return !file || file->changed;
}

bool wired_release(struct wired *wired, struct plan *plan, const char *path, struct error *err)
{
    struct wired_file *file = file_find(wired, path);
    struct node now;
    if (!file)
        return true;
    const struct wired_file former = *file;
    wired_forget(wired, (size_t)(file - wired->files));
    if (!plan_get(plan, path, &now, err))
        return false;
    if (former.changed || !is_ours(plan_before(plan, path), former.ours))
        return true;
    const struct node node = { .kind = former.was_there ? NODE_FILE : NODE_ABSENT,
                               .bytes = former.original,
                               .len = former.original_len,
                               .mode = former.was_there ? plan_file_mode(plan, path) : 0 };
    return plan_put(plan, path, &node, err);
}

static bool folder_known(const struct wired *wired, const char *path)
{
    for (size_t i = 0; i < wired->folder_count; i++)
        if (strcmp(wired->folders[i], path) == 0)
            return true;
    return false;
}

bool wired_settle(struct wired *wired, struct plan *plan, struct arena *arena, struct error *err)
{
    for (size_t i = 0; i < wired->count; i++) {
        struct wired_file *file = &wired->files[i];
        const struct node *before = plan_before(plan, file->path);
        struct node now;
        if (!before) /* not touched this time */
            continue;
        if (!plan_get(plan, file->path, &now, err))
            return false;
        char *sha256 = arena_alloc(arena, SHA256_TEXT, 1);
        sha256_hex(now.kind == NODE_FILE ? now.bytes : "", now.kind == NODE_FILE ? now.len : 0,
                   sha256);
        file->ours = sha256;
    }
    struct list made = plan_made_folders(plan);
    LIST_FOREACH (made, const char *, path)
        if (wired->folder_count < FOLDERS_MAX && !folder_known(wired, *path))
            wired->folders[wired->folder_count++] = *path;
    return true;
}
