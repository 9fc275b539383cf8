#include "client/cmd/pkg/keys.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/secret/secret.h"
#include "client/ui/term.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/random.h"
#include "lib/base/text.h"
#include "lib/pack/ref.h"

#define ENDING   ".pem"
#define KEYS_MAX 256

DEFINE_CLEANUP(DIR *, closedir)

static const char *keys_folder(const struct folders *folders, struct arena *arena)
{
    return path_join(arena, folders->config, "keys");
}

static bool is_path(const char *name)
{
    return strchr(name, '/') || text_ends(name, ENDING);
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool key_names(const struct folders *folders, struct arena *arena, struct list *out,
               struct error *err)
{
    (void)err;
    const char **names = ARENA_ARRAY(arena, const char *, KEYS_MAX);
    size_t count = 0;
    CLEANUP(closedirp) DIR *dir = opendir(keys_folder(folders, arena));
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
    for (const struct dirent *entry; dir && count < KEYS_MAX && (entry = readdir(dir));) {
        size_t len = strlen(entry->d_name);
        if (text_ends(entry->d_name, ENDING) && entry->d_name[0] != '.')
            names[count++] = arena_strndup(arena, entry->d_name, len - strlen(ENDING));
    }
    if (count)
        qsort(names, count, sizeof(*names), name_order);
    *out = (struct list){ names, count };
    return true;
}

/* The path of a key by name, by file, or because it is the only one. */
static bool path_find(const struct folders *folders, const char *name, struct arena *arena,
                      const char **out, struct error *err)
{
    struct list names;
    if (name && is_path(name)) {
        *out = name;
        return true;
    }
    if (!name) {
        if (!key_names(folders, arena, &names, err))
            return false;
        if (names.count != 1) {
            error_set(err, INVALID,
                      names.count ? "there is more than one key: say which"
                                  : "there is no signing key");
            return error_hint(err, names.count ? "--key NAME" : "nono key generate NAME");
        }
        name = *LIST_AT(names, const char *, 0);
    }
    if (!pack_name_check(name, "key", err))
        return false;
    *out = arena_printf(arena, "%s/%s" ENDING, keys_folder(folders, arena), name);
    return true;
}

static bool typed_passphrase(const char *prompt, char *out, size_t size, struct error *err)
{
    struct termios shown, hidden;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0) {
        error_set(err, UNAUTHORIZED,
                  "the key has a passphrase, and there is no terminal to ask on");
        return error_hint(err, "keep the passphrase in the keyring, or use a key without one");
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "%s: ", prompt);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    bool ok = ui_read_line(STDIN_FILENO, out, size, err);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    return ok;
}

static bool encrypted_read(const struct folders *folders, const char *path, const char *bytes,
                           size_t len, struct private_key **out, struct error *err)
{
    const struct secret_name name = { "passphrase", path };
    enum secret_place place;
    struct buf kept;
    char typed[256] = "";
    buf_init(&kept, LIMIT_SECRET_BYTES);
    bool ok = secret_find(folders->config, &name, &kept, &place, err);
    bool known = ok && place != SECRET_NOWHERE;
    if (ok && !known)
        ok = typed_passphrase("passphrase of the key", typed, sizeof(typed), err);
    const struct passphrase passphrase = { known ? kept.data : typed,
                                           known ? kept.len : strlen(typed) };
    ok = ok && private_key_read(bytes, len, passphrase, out, err);
    secret_wipe(typed, sizeof(typed));
    buf_wipe(&kept);
    return ok;
}

bool key_load(const struct folders *folders, const char *name_or_file, struct private_key **out,
              struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *path, *bytes;
    size_t len;
    if (!path_find(folders, name_or_file, arena, &path, err))
        return false;
    if (!file_read_path(path, LIMIT_KEY_BYTES, arena, &bytes, &len, err)) {
        if (err->kind == ERROR_NOT_FOUND)
            error_hint(err, "nono key list shows those there are");
        return error_prefix(err, "key");
    }
    bool ok = private_key_is_encrypted(bytes, len)
                  ? encrypted_read(folders, path, bytes, len, out, err)
                  : private_key_read(bytes, len, (struct passphrase){ NULL, 0 }, out, err);
    void *secret;
    memcpy((void *)&secret, (const void *)&bytes, sizeof(secret));
    secret_wipe(secret, len);
    return ok || error_prefix(err, "key %s", path);
}

static bool new_passphrase(char *out, size_t size, struct error *err)
{
    char again[256] = "";
    bool ok = typed_passphrase("new passphrase", out, size, err) &&
              typed_passphrase("once more", again, sizeof(again), err);
    bool same = ok && strcmp(out, again) == 0 && out[0];
    secret_wipe(again, sizeof(again));
    return ok && (same || error_set(err, INVALID, "the passphrases differ, or are empty"));
}

static bool key_save(const struct folders *folders, const char *name, const struct buf *pem,
                     struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *folder = keys_folder(folders, arena),
               *file = arena_printf(arena, "%s" ENDING, name);
    CLEANUP(closep) int dir = -1;
    if (!dir_make_path(folder, 0700, err) || !dir_open(folder, &dir, err))
        return false;
    CLEANUP(closep) int fd = openat(dir, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(err, "%s/%s", folder, file);
    if (file_write_all(fd, pem->data, pem->len, err) && file_sync(fd, err) && file_sync(dir, err))
        return true;
    (void)unlinkat(dir, file, 0);
    return false;
}

bool key_create(const struct folders *folders, const char *name, enum key_type type,
                bool with_passphrase, struct private_key **out, struct error *err)
{
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    char typed[256] = "";
    struct buf pem;
    buf_init(&pem, LIMIT_KEY_BYTES);
    const struct passphrase passphrase = { with_passphrase ? typed : NULL, 0 };
    struct passphrase used = passphrase;
    bool ok = pack_name_check(name, "key", err) &&
              (!with_passphrase || new_passphrase(typed, sizeof(typed), err));
    used.len = strlen(typed);
    ok = ok && private_key_generate(type, &key, err) && private_key_write(key, used, &pem, err) &&
         key_save(folders, name, &pem, err);
    secret_wipe(typed, sizeof(typed));
    buf_wipe(&pem);
    if (!ok)
        return false;
    *out = STEAL(key);
    return true;
}
