#include "client/secret/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/json/json.h"

#define FILE_NAME "credentials.json"
#define KEYS      "keys"

static bool mode_check(int fd, const char *path, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat %s", path);
    if (!(st.st_mode & 077))
        return true;
    error_set(err, DENIED, "%s can be read by others (mode %03o)", path,
              (unsigned)(st.st_mode & 0777));
    return error_hint(err, "chmod 600 %s", path);
}

/* The document of the file there; none is NULL. */
static bool file_load(struct vault *vault, const char *folder, struct error *err)
{
    CLEANUP(closep) int dir = -1;
    CLEANUP(closep) int fd = -1;
    if (!dir_open(folder, &dir, err) ||
        !file_open_beneath(dir, FILE_NAME, O_RDONLY | O_NONBLOCK, 0, &fd, err))
        return err->kind == ERROR_NOT_FOUND;
    const char *text, *path = path_join(vault->arena, folder, FILE_NAME);
    size_t len;
    if (!mode_check(fd, path, err) ||
        !file_read(fd, LIMIT_CONFIG_BYTES, vault->arena, &text, &len, err))
        return false;
    return json_parse(text, len, path, JSON_PLAIN, vault->arena, &vault->doc, err) ||
           error_hint(err, "mend it, or remove it and log in again: rm %s", path);
}

/* What waits beside the keys, from a write that was cut off, is newer. Where it cannot be looked
 * for, as in a sandbox, nor can the file. */
static bool load(struct vault *vault, struct error *err)
{
    struct error ignored;
    const char *keys = path_join(vault->arena, vault->folder, KEYS);
    if (file_load(vault, keys, &ignored) && vault->doc)
        return true;
    vault->doc = NULL;
    return file_load(vault, vault->folder, err);
}

static void vault_init(struct vault *vault, const char *folder)
{
    *vault = (struct vault){ .arena = arena_new(), .folder = folder, .keys = -1 };
}

bool vault_look(const char *folder, struct vault *out, struct error *err)
{
    vault_init(out, folder);
    return load(out, err);
}

bool vault_lock(const char *folder, struct vault *out, struct error *err)
{
    vault_init(out, folder);
    const char *keys = path_join(out->arena, folder, KEYS);
    if (!dir_make_path(keys, 0700, err) || !dir_open(keys, &out->keys, err))
        return false;
    if (flock(out->keys, LOCK_EX) != 0)
        return error_set_errno(err, "lock %s", keys);
    return load(out, err);
}

void vault_close(struct vault *vault)
{
    closep(&vault->keys);
    arena_wipe(vault->arena);
}

const char *vault_get(const struct vault *vault, const char *key)
{
    return vault->doc ? doc_text(vault->doc, key) : NULL;
}

/* Into the file that is there, over all of what it has. text is size bytes, of which len count. */
static bool overwrite(int fd, const char *text, size_t size, size_t len, struct error *err)
{
    ssize_t put = pwrite(fd, text, size, 0);
    if (put < 0 || (size_t)put != size || ftruncate(fd, (off_t)len) != 0)
        return error_set_errno(err, "write " FILE_NAME);
    return file_sync(fd, err);
}

/* The text, and blanks to the end of what was there. There is room for all of it, or a failure. */
static bool room_make(int fd, const char *text, struct arena *arena, const char **out,
                      size_t *out_size, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat " FILE_NAME);
    size_t len = strlen(text), size = (size_t)st.st_size > len ? (size_t)st.st_size : len;
    char *bytes = arena_alloc(arena, size + 1, 1);
    memcpy(bytes, text, len);
    memset(bytes + len, ' ', size - len);
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size + 1) != 0 && errno != EOPNOTSUPP)
        return error_set_errno(err, "make room for " FILE_NAME);
    *out = bytes;
    *out_size = size;
    return true;
}

static bool file_put(const struct vault *vault, const char *text, struct error *err)
{
    CLEANUP(closep) int dir = -1;
    CLEANUP(closep) int fd = -1;
    size_t size, len = strlen(text);
    const char *bytes;
    if (!dir_open(vault->folder, &dir, err))
        return false;
    if (!file_open_beneath(dir, FILE_NAME, O_RDWR | O_NONBLOCK, 0, &fd, err))
        return err->kind == ERROR_NOT_FOUND && file_replace(dir, FILE_NAME, text, len, 0600, err) &&
               (unlinkat(vault->keys, FILE_NAME, 0) == 0 || errno == ENOENT ||
                error_set_errno(err, "remove " KEYS "/" FILE_NAME));
    if (!room_make(fd, text, vault->arena, &bytes, &size, err) ||
        !file_replace(vault->keys, FILE_NAME, text, len, 0600, err) ||
        !overwrite(fd, bytes, size, len, err))
        return false;
    return unlinkat(vault->keys, FILE_NAME, 0) == 0 ||
           error_set_errno(err, "remove " KEYS "/" FILE_NAME);
}

bool vault_set(const struct vault *vault, const char *key, const char *secret, struct error *err)
{
    struct arena *arena = vault->arena;
    struct doc *doc = doc_new(arena, DOC_TABLE);
    if (vault->doc && vault->doc->kind == DOC_TABLE)
        DOC_FOREACH (vault->doc, item)
            if (strcmp(item->key, key) != 0)
                doc_append(doc, doc_copy(arena, item));
    doc_add_text(arena, doc, key, secret);
    return file_put(vault, json_print(doc, JSON_PRETTY, arena), err);
}
