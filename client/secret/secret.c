#include "client/secret/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/secret/keyring.h"
#include "lib/base/doc.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/json/json.h"

#define FILE_NAME "credentials.json"

static const char *key_of(const struct secret_name *name, struct arena *arena)
{
    return arena_printf(arena, "%s %s", name->kind, name->of);
}

static bool mode_check(int fd, const char *folder, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat %s/" FILE_NAME, folder);
    if (!(st.st_mode & 077))
        return true;
    error_set(err, DENIED, "%s/" FILE_NAME " can be read by others (mode %03o)", folder,
              (unsigned)(st.st_mode & 0777));
    return error_hint(err, "chmod 600 %s/" FILE_NAME, folder);
}

/* *out is NULL when there is no file. */
static bool file_load(const char *folder, struct arena *arena, struct doc **out, struct error *err)
{
    CLEANUP(closep) int dir = -1;
    CLEANUP(closep) int fd = -1;
    *out = NULL;
    if (!dir_open(folder, &dir, err) ||
        !file_open_beneath(dir, FILE_NAME, O_RDONLY | O_NONBLOCK, 0, &fd, err))
        return err->kind == ERROR_NOT_FOUND;
    const char *text, *path = path_join(arena, folder, FILE_NAME);
    size_t len;
    if (!mode_check(fd, folder, err) || !file_read(fd, LIMIT_CONFIG_BYTES, arena, &text, &len, err))
        return false;
    return json_parse(text, len, path, JSON_PLAIN, arena, out, err) ||
           error_hint(err, "mend it, or remove it and log in again: rm %s", path);
}

/* The arena holds secrets: documents, and what was read and printed. */
struct vault {
    struct arena *arena;
    struct doc *doc;
};

static bool vault_open(const char *folder, struct vault *vault, struct error *err)
{
    vault->arena = arena_new();
    return file_load(folder, vault->arena, &vault->doc, err);
}

static void vault_close(struct vault *vault)
{
    arena_wipe(vault->arena);
}

bool secret_find(const char *folder, const struct secret_name *name, struct buf *out,
                 enum secret_place *out_place, struct error *err)
{
    struct error absent;
    if (keyring_find(name, out, &absent)) {
        *out_place = SECRET_IN_KEYRING;
        return true;
    }
    CLEANUP(vault_close) struct vault vault = { 0 };
    if (!vault_open(folder, &vault, err))
        return false;
    const char *secret = vault.doc ? doc_text(vault.doc, key_of(name, vault.arena)) : NULL;
    if (secret && !buf_text(out, secret, err))
        return false;
    *out_place = secret ? SECRET_IN_FILE : SECRET_NOWHERE;
    return true;
}

/*
 * Into the file that is there: sandboxes under way cover that one, and would show another that took
 * its name. In one write, of as much as there is, so that a kill leaves the old or the new one.
 */
static bool file_overwrite(int fd, const char *text, struct arena *arena, struct error *err)
{
    struct stat st;
    if (flock(fd, LOCK_EX) != 0 || fstat(fd, &st) != 0) /* another's write would be cut short */
        return error_set_errno(err, "lock");
    size_t len = strlen(text), size = (size_t)st.st_size > len ? (size_t)st.st_size : len;
    char *bytes = arena_alloc(arena, size + 1, 1);
    memcpy(bytes, text, len);
    memset(bytes + len, ' ', size - len);
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size + 1) != 0 && errno != EOPNOTSUPP)
        return error_set_errno(err, "make room");
    ssize_t put = pwrite(fd, bytes, size, 0);
    if (put < 0 || (size_t)put != size || ftruncate(fd, (off_t)len) != 0)
        return error_set_errno(err, "write");
    return file_sync(fd, err);
}

static bool file_put(int dir, const char *text, struct arena *arena, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    if (file_open_beneath(dir, FILE_NAME, O_RDWR | O_NONBLOCK, 0, &fd, err))
        return file_overwrite(fd, text, arena, err) || error_prefix(err, FILE_NAME);
    return err->kind == ERROR_NOT_FOUND &&
           file_replace(dir, FILE_NAME, text, strlen(text), 0600, err);
}

/* The file with one secret set, or left out (NULL). */
static bool file_change(const char *folder, const struct vault *vault, const char *key,
                        const char *secret, struct error *err)
{
    struct arena *arena = vault->arena;
    struct doc *doc = doc_new(arena, DOC_TABLE);
    if (vault->doc && vault->doc->kind == DOC_TABLE)
        DOC_FOREACH (vault->doc, item)
            if (strcmp(item->key, key) != 0)
                doc_append(doc, doc_copy(arena, item));
    doc_add_text(arena, doc, key, secret);
    const char *text = json_print(doc, JSON_PRETTY, arena);
    CLEANUP(closep) int dir = -1;
    return dir_make_path(folder, 0700, err) && dir_open(folder, &dir, err) &&
           file_put(dir, text, arena, err);
}

static bool file_forget(const char *folder, const struct secret_name *name, struct error *err)
{
    CLEANUP(vault_close) struct vault vault = { 0 };
    if (!vault_open(folder, &vault, err))
        return false;
    const char *key = key_of(name, vault.arena);
    return !vault.doc || !doc_find(vault.doc, key) || file_change(folder, &vault, key, NULL, err);
}

bool secret_save(const char *folder, const struct secret_name *name, const char *secret,
                 enum secret_place *out_place, struct error *err)
{
    struct error absent;
    if (strlen(secret) > LIMIT_SECRET_BYTES)
        return error_set(err, TOO_LARGE, "a secret is over %d bytes", LIMIT_SECRET_BYTES);
    if (keyring_save(name, secret, &absent)) {
        *out_place = SECRET_IN_KEYRING;
        return file_forget(folder, name, err); /* from a time without a keyring */
    }
    CLEANUP(vault_close) struct vault vault = { 0 };
    if (!vault_open(folder, &vault, err) ||
        !file_change(folder, &vault, key_of(name, vault.arena), secret, err))
        return false;
    *out_place = SECRET_IN_FILE;
    return true;
}

bool secret_remove(const char *folder, const struct secret_name *name, struct error *err)
{
    struct error absent;
    (void)!keyring_remove(name, &absent);
    return file_forget(folder, name, err);
}
