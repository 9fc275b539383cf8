/* How keys come, and go. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd/pkg/keys.h"
#include "client/cmd/pkg/keys_parts.h"
#include "client/secret/keyring.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/pack/ref.h"

static bool is_there(int dir, const char *file)
{
    struct stat st;
    return fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static const char *file_of(const char *name, const char *half, struct arena *arena)
{
    return arena_printf(arena, "%s%s", name, half);
}

/* One secret must not stand under two names: removing the one would take the other's. */
static bool new_check(const struct folders *folders, int dir, const char *name, const char *id,
                      struct arena *arena, struct error *err)
{
    struct list keys;
    if (is_there(dir, file_of(name, KEY_PRIVATE, arena)) ||
        is_there(dir, file_of(name, KEY_PUBLIC, arena))) {
        error_set(err, CONFLICT, "there is a key %s already", name);
        return error_hint(err, "take another name, or nono key remove %s first", name);
    }
    if (!key_list(folders, arena, &keys, err))
        return false;
    LIST_FOREACH (keys, const struct key_facts, known)
        if (known->id && strcmp(known->id, id) == 0)
            return error_set(err, CONFLICT, "this key is here already: %s", known->name);
    return true;
}

static bool file_make(int dir, const char *file, const struct buf *pem, struct error *err)
{
    CLEANUP(closep) int fd = openat(dir, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(err, "%s", file);
    if (file_write_all(fd, pem->data, pem->len, err) && file_sync(fd, err) && file_sync(dir, err))
        return true;
    (void)unlinkat(dir, file, 0);
    return false;
}

/* As the keyring keeps it, or as a file does. */
static bool keyring_keep(const struct key_keeping *keeping, const char *id, struct error *err)
{
    static const struct passphrase none;
    const struct secret_name secret = { KEY_SECRET, id };
    struct buf pem;
    buf_init(&pem, LIMIT_SECRET_BYTES);
    bool ok =
        private_key_write(keeping->key, none, &pem, err) && keyring_save(&secret, pem.data, err);
    buf_wipe(&pem);
    return ok;
}

static bool file_keep(const struct key_keeping *keeping, int dir, const char *file,
                      struct error *err)
{
    const char *secret = *keeping->passphrase ? keeping->passphrase : NULL;
    const struct passphrase passphrase = { secret, strlen(keeping->passphrase) };
    struct buf pem;
    buf_init(&pem, LIMIT_KEY_BYTES);
    bool ok =
        private_key_write(keeping->key, passphrase, &pem, err) && file_make(dir, file, &pem, err);
    buf_wipe(&pem);
    return ok;
}

static void private_drop(int dir, const struct key_facts *facts, struct arena *arena)
{
    const struct secret_name secret = { KEY_SECRET, facts->id };
    struct error ignored;
    if (facts->path)
        (void)unlinkat(dir, file_of(facts->name, KEY_PRIVATE, arena), 0);
    else
        (void)!keyring_remove(&secret, &ignored);
}

bool key_keep(const struct folders *folders, const struct key_keeping *keeping, struct arena *arena,
              struct key_facts *out, struct error *err)
{
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(keeping->key);
    CLEANUP(closep) int dir = -1;
    const char *folder = path_join(arena, folders->config, "keys"), *name = keeping->name;
    struct key_facts facts = {
        .name = name,
        .type = key_type_names[public_key_type(public)],
        .id = arena_printf(arena, "%s", public_key_id(public)),
        .public_pem = public_key_pem(public, arena),
    };
    struct error absent;
    if (!pack_name_check(name, "key", err) || !dir_make_path(folder, 0700, err) ||
        !dir_open(folder, &dir, err) || !new_check(folders, dir, name, facts.id, arena, err))
        return false;
    if (keeping->in_file || !keyring_keep(keeping, facts.id, &absent)) {
        facts.path = key_path(folders, name, KEY_PRIVATE, arena);
        facts.encrypted = *keeping->passphrase;
        if (!file_keep(keeping, dir, file_of(name, KEY_PRIVATE, arena), err))
            return error_prefix(err, "%s", folder);
    }
    if (!file_replace(dir, file_of(name, KEY_PUBLIC, arena), facts.public_pem,
                      strlen(facts.public_pem), 0644, err)) {
        private_drop(dir, &facts, arena);
        return error_prefix(err, "%s", folder);
    }
    *out = facts;
    return true;
}

/* Of the keyring, when no file has it. That the keyring has lost it is no obstacle. */
static bool secret_remove_of(const struct folders *folders, const char *name, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct key_facts facts;
    if (!key_find(folders, name, arena, &facts, err))
        return false;
    const struct secret_name secret = { KEY_SECRET, facts.id };
    return facts.path || keyring_remove(&secret, err) || err->kind == ERROR_NOT_FOUND ||
           error_prefix(err, "key %s", name);
}

static bool half_remove(int dir, const char *file, struct error *err)
{
    return unlinkat(dir, file, 0) == 0 || errno == ENOENT || error_set_errno(err, "%s", file);
}

bool key_remove(const struct folders *folders, const char *name, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closep) int dir = -1;
    if (key_is_path(name)) {
        error_set(err, INVALID, "%s is a file, which nono does not keep", name);
        return error_hint(err, "name a key of nono key list");
    }
    const char *folder = path_join(arena, folders->config, "keys");
    if (!pack_name_check(name, "key", err) || !dir_open(folder, &dir, err))
        return error_prefix(err, "key %s", name);
    const char *private = file_of(name, KEY_PRIVATE, arena);
    if (!is_there(dir, private) && !secret_remove_of(folders, name, err))
        return false;
    return (half_remove(dir, private, err) &&
            half_remove(dir, file_of(name, KEY_PUBLIC, arena), err) && file_sync(dir, err)) ||
           error_prefix(err, "%s", folder);
}
