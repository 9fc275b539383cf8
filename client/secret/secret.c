#include "client/secret/secret.h"

#include <string.h>

#include "client/secret/keyring.h"
#include "client/secret/vault.h"
#include "lib/base/limits.h"

static const char *key_of(const struct secret_name *name, struct arena *arena)
{
    return arena_printf(arena, "%s %s", name->kind, name->of);
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
    if (!vault_look(folder, &vault, err))
        return false;
    const char *secret = vault_get(&vault, key_of(name, vault.arena));
    if (secret && !buf_text(out, secret, err))
        return false;
    *out_place = secret ? SECRET_IN_FILE : SECRET_NOWHERE;
    return true;
}

/* Makes nothing where there is nothing to forget. */
static bool is_kept(const char *folder, const struct secret_name *name, bool *out,
                    struct error *err)
{
    CLEANUP(vault_close) struct vault vault = { 0 };
    if (!vault_look(folder, &vault, err))
        return false;
    *out = vault_get(&vault, key_of(name, vault.arena));
    return true;
}

static bool file_forget(const char *folder, const struct secret_name *name, struct error *err)
{
    bool kept;
    if (!is_kept(folder, name, &kept, err))
        return false;
    if (!kept)
        return true;
    CLEANUP(vault_close) struct vault vault = { 0 };
    return vault_lock(folder, &vault, err) &&
           vault_set(&vault, key_of(name, vault.arena), NULL, err);
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
    if (!vault_lock(folder, &vault, err) ||
        !vault_set(&vault, key_of(name, vault.arena), secret, err))
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
