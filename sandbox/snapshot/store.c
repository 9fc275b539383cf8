#include "sandbox/snapshot/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "sandbox/snapshot/objects.h"

#define FORMAT      "nono snapshot store "
#define FORMAT_NOW  1
#define FORMAT_TEXT "nono snapshot store 1\n"

DEFINE_CLEANUP(DIR *, closedir)

/* *out_there: false when nothing says what it is, so that there is nothing in it. */
static bool format_check(int dir, bool *out_there, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text;
    size_t len;
    struct error fault;
    if (!file_read_beneath(dir, "format", 64, arena, &text, &len, &fault)) {
        *out_there = false;
        if (fault.kind != ERROR_NOT_FOUND)
            *err = fault;
        return fault.kind == ERROR_NOT_FOUND;
    }
    if (!text_starts(text, FORMAT))
        return error_set(err, INVALID, "is not a snapshot store");
    unsigned long version = strtoul(text + strlen(FORMAT), NULL, 10);
    if (version != FORMAT_NOW) {
        error_set(err, UNSUPPORTED, "the snapshot store is of format %lu; this version knows %d",
                  version, FORMAT_NOW);
        return error_hint(err, "use the version of nono that wrote it");
    }
    *out_there = true;
    return true;
}

static bool subfolder_open(int dir, const char *name, int *out_fd, struct error *err)
{
    return dir_make_beneath(dir, name, 0700, err) &&
           file_open_beneath(dir, name, O_RDONLY | O_DIRECTORY, 0, out_fd, err);
}

static bool owner_check(const struct snapshot_store *store, const char *path, struct error *err)
{
    struct stat st;
    if (fstat(store->dir, &st) != 0)
        return error_set_errno(err, "stat %s", path);
    if (st.st_uid == geteuid() && !(st.st_mode & 022))
        return true;
    error_set(err, UNTRUSTED, "%s can be written by others", path);
    return error_hint(err, "make it yours alone: chmod 700 %s", path);
}

static bool parts_open(struct snapshot_store *store, const char *path, struct error *err)
{
    bool there;
    if (!dir_make_path(path, 0700, err) || !dir_open(path, &store->dir, err) ||
        !owner_check(store, path, err) || !format_check(store->dir, &there, err))
        return false;
    if (!there && !file_replace(store->dir, "format", FORMAT_TEXT, strlen(FORMAT_TEXT), 0600, err))
        return false;
    return subfolder_open(store->dir, "packs", &store->packs_dir, err) &&
           subfolder_open(store->dir, "folders", &store->folders_dir, err) &&
           file_open_beneath(store->dir, "lock", O_RDWR | O_CREAT, 0600, &store->lock, err);
}

/* What is not there stays -1, which stands for a store without snapshots. */
static bool parts_find(struct snapshot_store *store, const char *path, struct error *err)
{
    bool there;
    struct error absent;
    if (!dir_open(path, &store->dir, &absent)) {
        if (absent.kind != ERROR_NOT_FOUND)
            *err = absent;
        return absent.kind == ERROR_NOT_FOUND;
    }
    if (!owner_check(store, path, err) || !format_check(store->dir, &there, err))
        return false;
    return !there || (file_open_beneath(store->dir, "packs", O_RDONLY | O_DIRECTORY, 0,
                                        &store->packs_dir, err) &&
                      file_open_beneath(store->dir, "lock", O_RDONLY, 0, &store->lock, err) &&
                      file_open_beneath(store->dir, "folders", O_RDONLY | O_DIRECTORY, 0,
                                        &store->folders_dir, err));
}

static bool store_open(const char *state,
                       bool (*parts)(struct snapshot_store *, const char *, struct error *),
                       struct snapshot_store **out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = xnew(struct snapshot_store);
    store->dir = store->packs_dir = store->folders_dir = store->lock = -1;
    if (!parts(store, path_join(arena, state, "snapshots"), err))
        return error_prefix(err, "snapshot store");
    *out = STEAL(store);
    return true;
}

bool snapshot_store_open(const char *state, struct snapshot_store **out, struct error *err)
{
    return store_open(state, parts_open, out, err);
}

bool snapshot_store_find(const char *state, struct snapshot_store **out, struct error *err)
{
    return store_open(state, parts_find, out, err);
}

void snapshot_store_free(struct snapshot_store *store)
{
    if (!store)
        return;
    snapshot_store_end(store);
    closep(&store->lock);
    closep(&store->folders_dir);
    closep(&store->packs_dir);
    closep(&store->dir);
    free(store);
}

static bool pack_look(struct snapshot_store *store, const char *name, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    CLEANUP(freep) struct pack_entry *entries = NULL;
    size_t count = 0;
    struct stat st;
    struct error fault;
    if (!file_open_beneath(store->packs_dir, name, O_RDONLY, 0, &fd, err))
        return false;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat");
    bool whole = pack_index_read(fd, &entries, &count, &fault);
    if (!whole && fault.kind != ERROR_UNTRUSTED) {
        *err = fault;
        return error_prefix(err, "pack %.12s", name);
    }
    uint32_t number = objects_add_pack(store, name, (uint64_t)st.st_size);
    if (!whole)
        (void)snprintf(store->packs[number].damage, PACK_DAMAGE_TEXT, "%.*s", PACK_DAMAGE_TEXT - 1,
                       fault.message);
    for (size_t i = 0; i < count; i++)
        objects_add(store, entries[i].digest, number, entries[i].offset, entries[i].len);
    return true;
}

static bool packs_look(struct snapshot_store *store, struct error *err)
{
    int copy = openat(store->packs_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closedirp) DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (!stream)
        return error_set_errno(err, "list the packs");
    for (struct dirent *entry; (entry = readdir(stream));) { /* NOLINT(concurrency-mt-unsafe) */
        if (strlen(entry->d_name) == PACK_NAME_TEXT - 1 && text_ends(entry->d_name, ".pack") &&
            !pack_look(store, entry->d_name, err))
            return false;
    }
    return true;
}

bool snapshot_store_begin(struct snapshot_store *store, enum store_use use, struct error *err)
{
    snapshot_store_end(store);
    while (flock(store->lock, use == STORE_ALONE ? LOCK_EX : LOCK_SH) != 0)
        if (errno != EINTR)
            return error_set_errno(err, "snapshot store: lock");
    return packs_look(store, err) || error_prefix(err, "snapshot store");
}

void snapshot_store_end(struct snapshot_store *store)
{
    pack_writer_free(store->writer);
    store->writer = NULL;
    free(store->packs);
    free(store->objects);
    free(store->table);
    store->packs = NULL;
    store->objects = NULL;
    store->table = NULL;
    store->pack_count = store->pack_room = 0;
    store->object_count = store->object_room = store->table_size = 0;
    store->bytes_added = 0;
    if (store->lock >= 0)
        (void)flock(store->lock, LOCK_UN);
}
