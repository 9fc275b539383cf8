#include <fcntl.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/encode.h"
#include "lib/base/files.h"
#include "lib/base/text.h"
#include "sandbox/snapshot/cache.h"
#include "sandbox/snapshot/folder.h"
#include "sandbox/snapshot/journal.h"
#include "sandbox/snapshot/record.h"
#include "sandbox/snapshot/scan.h"

static struct list texts_copy(const struct list *texts, struct arena *arena)
{
    struct list copy = { ARENA_ARRAY(arena, const char *, texts->count), texts->count };
    for (size_t i = 0; i < texts->count; i++) {
        const char *text = *LIST_AT(*texts, const char *, i);
        *LIST_AT(copy, const char *, i) = arena_strndup(arena, text, strlen(text));
    }
    return copy;
}

static struct list patterns_of(const char *const *patterns, struct arena *arena)
{
    size_t count = 0;
    while (patterns && patterns[count])
        count++;
    struct list list = { ARENA_ARRAY(arena, const char *, count), count };
    for (size_t i = 0; i < count; i++)
        *LIST_AT(list, const char *, i) = arena_strndup(arena, patterns[i], strlen(patterns[i]));
    return list;
}

static bool options_check(const struct snapshot_options *options, struct error *err)
{
    if (!record_name_check(options->name, err))
        return false;
    if (options->tag && (!text_is_printable(options->tag) || !options->tag[0] ||
                         strlen(options->tag) > SNAPSHOT_NAME_MAX))
        return error_set(err, INVALID, "the tag is empty, over %d bytes, or not printable",
                         SNAPSHOT_NAME_MAX);
    for (const char *const *at = options->exclude; at && *at; at++)
        if (!text_is_printable(*at))
            return error_set(err, INVALID, "a pattern is not printable text");
    return true;
}

/* A taken name: that snapshot when it may be kept. */
static bool name_judge(int dir, const struct snapshot_options *options, struct arena *arena,
                       struct snapshot **out, struct error *err)
{
    if (!record_find(dir, options->name, arena, out, err))
        return false;
    if (!*out || options->keep)
        return true;
    error_set(err, CONFLICT, "there is a snapshot %s of the folder already", options->name);
    return error_hint(err, "take another name, or `nono snapshot delete %s` first", options->name);
}

static const char *hex_text(const unsigned char digest[SHA256_BYTES], struct arena *arena)
{
    char *text = arena_alloc(arena, SHA256_TEXT, 1);
    hex_encode(digest, SHA256_BYTES, text);
    return text;
}

static void result_fill(const struct scan *scan, struct snapshot *snapshot,
                        struct snapshot_result *out, struct arena *arena)
{
    snapshot->created = scan->taken_ns / 1000;
    snapshot->root = hex_text(scan->root.digest, arena);
    snapshot->tree = hex_text(scan->root.tree, arena);
    snapshot->files = scan->files;
    snapshot->folders = scan->folders;
    snapshot->links = scan->links;
    snapshot->bytes = scan->bytes;
    snapshot->left_out = scan->left_out;
    *out = (struct snapshot_result){
        .snapshot = *snapshot,
        .made = true,
        .files_read = scan->files_read,
        .bytes_added = scan->store->bytes_added,
    };
}

/* The folder's part of the store is locked, and the name is free. */
static bool folder_take(struct snapshot_store *store, int dir, struct snapshot *snapshot,
                        const char *const *never, struct arena *arena, struct snapshot_result *out,
                        struct error *err)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    CLEANUP(closep) int fd = -1;
    struct scope scope;
    struct cache cache;
    if (!scope_make(snapshot->folder, snapshot->exclude, never, arena, &scope, err) ||
        !folder_open_real(snapshot->folder, O_RDONLY, &fd, err) ||
        !restore_journal_settle(dir, fd, err))
        return false;
    CLEANUP(snapshot_store_endp) struct snapshot_store *begun = store;
    if (!snapshot_store_begin(begun, STORE_SHARED, err))
        return false;
    cache_read(dir, scratch, &cache);
    struct scan scan = { .arena = scratch,
                         .scope = &scope,
                         .store = store,
                         .old = cache.root,
                         .old_taken_ns = cache.taken_ns };
    if (!scan_run(&scan, fd, err) || !snapshot_store_commit(store, err))
        return false;
    result_fill(&scan, snapshot, out, arena);
    out->notes = texts_copy(&scan.notes, arena);
    if (!record_write(dir, snapshot, err))
        return false;
    crash_point("snapshot.recorded");
    if (scan.files_read || !cache.root)
        cache_write(dir, &scan.root, scan.taken_ns);
    return true;
}

bool snapshot_create(struct snapshot_store *store, const struct snapshot_options *options,
                     struct arena *arena, struct snapshot_result *out, struct error *err)
{
    char real[PATH_MAX];
    if (!options_check(options, err) || !record_folder_real(options->folder, real, err))
        return false;
    struct snapshot snapshot = {
        .name = arena_strndup(arena, options->name, strlen(options->name)),
        .tag = options->tag ? arena_strndup(arena, options->tag, strlen(options->tag)) : NULL,
        .folder = arena_strndup(arena, real, strlen(real)),
        .exclude = patterns_of(options->exclude, arena),
    };
    if (!text_is_utf8(real, strlen(real)))
        return error_set(err, UNSUPPORTED, "the folder's path is not UTF-8");

    CLEANUP(closep) int dir = -1;
    CLEANUP(closep) int lock = -1;
    struct snapshot *taken;
    if (!record_folder_open(store, snapshot.folder, true, &dir, err) ||
        !record_folder_lock(dir, &lock, err))
        return error_prefix(err, "snapshot %s", options->name);
    if (!name_judge(dir, options, arena, &taken, err))
        return false;
    if (taken) {
        *out = (struct snapshot_result){ .snapshot = *taken };
        return true;
    }
    return folder_take(store, dir, &snapshot, options->never, arena, out, err) ||
           error_prefix(err, "snapshot %s", options->name);
}
