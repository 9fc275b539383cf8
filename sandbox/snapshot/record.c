#include "sandbox/snapshot/record.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/crash.h"
#include "lib/base/encode.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

DEFINE_CLEANUP(DIR *, closedir)

#define FORMAT  1
#define ID_TEXT 33 /* half a digest is enough to tell folders apart */

struct stored {
    struct snapshot snapshot;
    uint64_t format;
    const char *check; /* SHA-256 of the canonical record without it */
};

/* clang-format off */
#define PART(key, kind, ctype, presence) \
    FIELD_AS(#key, kind, struct stored, snapshot.key, ctype, presence, NULL, NULL)

static const struct field stored_fields[] = {
    U64(struct stored, format, REQUIRED),
    PART(name, FIELD_TEXT, const char *, REQUIRED),
    PART(tag, FIELD_TEXT, const char *, OPTIONAL),
    PART(folder, FIELD_TEXT, const char *, REQUIRED),
    PART(created, FIELD_TIME, int64_t, REQUIRED),
    PART(root, FIELD_TEXT, const char *, REQUIRED),
    PART(tree, FIELD_TEXT, const char *, REQUIRED),
    PART(files, FIELD_U64, uint64_t, REQUIRED),
    PART(folders, FIELD_U64, uint64_t, REQUIRED),
    PART(links, FIELD_U64, uint64_t, REQUIRED),
    PART(bytes, FIELD_U64, uint64_t, REQUIRED),
    PART(left_out, FIELD_U64, uint64_t, REQUIRED),
    PART(exclude, FIELD_TEXTS, struct list, OPTIONAL),
    TEXT(struct stored, check, REQUIRED),
};
/* clang-format on */
static const struct record stored_record = RECORD(struct stored, "snapshot", stored_fields);

static void id_of(const char *folder, char out[ID_TEXT])
{
    char hex[SHA256_TEXT];
    sha256_hex(folder, strlen(folder), hex);
    memcpy(out, hex, ID_TEXT - 1);
    out[ID_TEXT - 1] = '\0';
}

bool record_folder_real(const char *path, char out[PATH_MAX], struct error *err)
{
    struct stat st;
    bool there = realpath(path, out) && stat(out, &st) == 0;
    if (there ? !S_ISDIR(st.st_mode) : errno == ENOTDIR)
        return error_set(err, INVALID, "%.400s is not a folder", path);
    return there || error_set_errno(err, "%.400s", path);
}

bool record_folder_open(const struct snapshot_store *store, const char *folder, bool make,
                        int *out_fd, struct error *err)
{
    char id[ID_TEXT];
    id_of(folder, id);
    CLEANUP(closep) int fd = -1;
    struct error fault;
    if (store->folders_dir < 0) { /* snapshot_store_find found none */
        assert(!make);
        *out_fd = -1;
        return true;
    }
    if (make && !dir_make_beneath(store->folders_dir, id, 0700, err))
        return false;
    if (!file_open_beneath(store->folders_dir, id, O_RDONLY | O_DIRECTORY, 0, &fd, &fault)) {
        *out_fd = -1;
        if (fault.kind != ERROR_NOT_FOUND)
            *err = fault;
        return fault.kind == ERROR_NOT_FOUND;
    }
    if (make && faccessat(fd, "folder", F_OK, 0) != 0 &&
        !file_replace(fd, "folder", folder, strlen(folder), 0600, err))
        return false;
    *out_fd = STEAL_FD(fd);
    return true;
}

bool record_folder_lock(int dir, int *out_lock, struct error *err)
{
    if (!file_open_beneath(dir, "lock", O_RDWR | O_CREAT, 0600, out_lock, err))
        return false;
    while (flock(*out_lock, LOCK_EX) != 0)
        if (errno != EINTR)
            return error_set_errno(err, "lock the folder's snapshots");
    return true;
}

bool record_name_check(const char *name, struct error *err)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(name);
    if (len > 0 && len <= SNAPSHOT_NAME_MAX && strspn(name, letters) == len && name[0] != '.' &&
        name[0] != '-')
        return true;
    error_set(err, INVALID, "\"%.64s\" cannot be the name of a snapshot", name);
    return error_hint(err, "letters, digits, '.', '_' and '-', at most %d", SNAPSHOT_NAME_MAX);
}

/* The record without its check, as it is hashed. */
static void check_of(const struct doc *record, struct arena *arena, char out[SHA256_TEXT])
{
    struct doc *bare = doc_new(arena, DOC_TABLE);
    DOC_FOREACH (record, item)
        if (strcmp(item->key, "check") != 0)
            doc_insert(arena, bare, item->key, doc_copy(arena, item));
    const char *text = json_print(bare, JSON_COMPACT_SORTED, arena);
    sha256_hex(text, strlen(text), out);
}

static const char *file_name(const char *name, struct arena *arena)
{
    return arena_printf(arena, "%s.json", name);
}

bool record_write(int dir, const struct snapshot *snapshot, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct stored stored = { *snapshot, FORMAT, "" };
    char check[SHA256_TEXT];
    check_of(record_encode(&stored_record, &stored, arena), arena, check);
    stored.check = check;
    const char *text = json_encode(&stored_record, &stored, arena);
    crash_point("snapshot.record");
    return file_replace(dir, file_name(snapshot->name, arena), text, strlen(text), 0600, err);
}

/* Whatever is wrong with the text, it is not what was written. */
static bool text_parse(const char *text, size_t len, const char *source, struct arena *arena,
                       struct doc **out_doc, struct stored *out, struct error *err)
{
    if (!json_parse(text, len, source, JSON_PLAIN, arena, out_doc, err))
        return false;
    const struct doc *format = doc_find(*out_doc, "format");
    if (format && format->kind == DOC_INTEGER && format->integer > FORMAT)
        return error_set(err, UNSUPPORTED, "written by a newer version (%lld)",
                         (long long)format->integer);
    return record_decode(*out_doc, &stored_record, arena, out, err);
}

bool record_parse(const char *text, size_t len, const char *source, struct arena *arena,
                  struct snapshot *out, struct error *err)
{
    struct doc *doc;
    struct stored stored = { 0 };
    if (!text_parse(text, len, source, arena, &doc, &stored, err)) {
        if (err->kind != ERROR_UNSUPPORTED)
            err->kind = ERROR_UNTRUSTED;
        return false;
    }
    char check[SHA256_TEXT];
    check_of(doc, arena, check);
    if (strcmp(check, stored.check) != 0)
        return error_set(err, UNTRUSTED, "the record is damaged");
    if (!sha256_is_text(stored.snapshot.root) || !sha256_is_text(stored.snapshot.tree) ||
        stored.snapshot.folder[0] != '/' || !record_name_check(stored.snapshot.name, err))
        return error_set(err, UNTRUSTED, "the record has no known form");
    *out = stored.snapshot;
    return true;
}

static bool record_read(int dir, const char *name, struct arena *arena, struct snapshot **out,
                        struct error *err)
{
    const char *text, *file = file_name(name, arena);
    size_t len;
    struct error fault;
    *out = NULL;
    if (!file_read_beneath(dir, file, LIMIT_SNAPSHOT_RECORD_BYTES, arena, &text, &len, &fault)) {
        if (fault.kind == ERROR_NOT_FOUND)
            return true;
        *err = fault;
        if (fault.sys == 0 || fault.sys == EIO) /* no file, too large, lost by the disk */
            err->kind = ERROR_UNTRUSTED;
        return false;
    }
    struct snapshot *snapshot = ARENA_NEW(arena, struct snapshot);
    if (!record_parse(text, len, file, arena, snapshot, err))
        return false;
    if (strcmp(snapshot->name, name) != 0)
        return error_set(err, UNTRUSTED, "the record is of another, %s", snapshot->name);
    *out = snapshot;
    return true;
}

bool record_find(int dir, const char *name, struct arena *arena, struct snapshot **out,
                 struct error *err)
{
    if (!record_name_check(name, err))
        return false;
    if (record_read(dir, name, arena, out, err))
        return true;
    if (err->kind == ERROR_UNTRUSTED)
        error_hint(err, "name another, or forget it: nono snapshot delete %s", name);
    return error_prefix(err, "snapshot %s", name);
}

bool record_remove(int dir, const char *name, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    if (unlinkat(dir, file_name(name, arena), 0) == 0)
        return file_sync(dir, err);
    if (errno == ENOENT)
        return error_set(err, NOT_FOUND, "there is no snapshot %s of the folder", name);
    return error_set_errno(err, "remove snapshot %s", name);
}

bool record_is_there(int dir, const char *name)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error err;
    return record_name_check(name, &err) &&
           faccessat(dir, file_name(name, arena), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool record_entries_open(int dir, DIR **out, struct error *err)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *out = copy < 0 ? NULL : fdopendir(copy);
    return *out || error_set_errno(err, "list the snapshots");
}

const char *record_name_of(const char *entry, struct arena *arena)
{
    struct error err;
    if (entry[0] == '.' || !text_ends(entry, ".json"))
        return NULL;
    const char *name = arena_strndup(arena, entry, strlen(entry) - strlen(".json"));
    return record_name_check(name, &err) ? name : NULL;
}

bool record_any(int dir, bool *out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closedirp) DIR *stream = NULL;
    if (!record_entries_open(dir, &stream, err))
        return false;
    bool any = false;
    for (struct dirent *entry;
         !any && (entry = readdir(stream));) /* NOLINT(concurrency-mt-unsafe) */
        any = record_name_of(entry->d_name, arena) != NULL;
    *out = any;
    return true;
}
