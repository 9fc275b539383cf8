#include "client/secret/keyring.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/env.h"
#include "lib/base/random.h"

/* libsecret's SecretSchema (secret-schema.h): the layout is part of its ABI. */
struct schema {
    const char *name;
    int flags;
    struct {
        const char *name;
        int type;
    } attributes[32];
    int reserved;
    void *reserved_pointers[7];
};

static const struct schema schema = {
    .name = "sh.nono.Secret",
    .attributes = { { "kind", 0 }, { "of", 0 } },
};

/* What GLib says of a failure (gerror.h); the layout is part of its ABI too. */
struct glib_error {
    uint32_t domain;
    int code;
    char *message;
};

struct keyring {
    int (*store)(const struct schema *, const char *collection, const char *label,
                 const char *password, void *cancellable, struct glib_error **error, ...);
    char *(*lookup)(const struct schema *, void *cancellable, struct glib_error **error, ...);
    int (*clear)(const struct schema *, void *cancellable, struct glib_error **error, ...);
    void *(*search)(const struct schema *, int flags, void *cancellable, struct glib_error **error,
                    ...); /* since libsecret 0.19; or NULL */
    void (*free_password)(char *);
    void (*free_error)(struct glib_error *);
    void (*free_list)(void *list, void (*free_item)(void *));
    void (*unref)(void *);
};

/* Without a session bus, GLib would try to start one. */
static bool has_bus(void)
{
    const char *address = env_get("DBUS_SESSION_BUS_ADDRESS");
    const char *runtime = env_get("XDG_RUNTIME_DIR");
    char path[4096];
    struct stat st;
    if (address && *address)
        return true;
    if (!runtime || *runtime != '/')
        return false;
    (void)snprintf(path, sizeof(path), "%s/bus", runtime);
    return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

static void symbol_load(void *library, const char *name, void *out)
{
    void *symbol = dlsym(library, name);
    memcpy(out, &symbol, sizeof(symbol)); /* ISO C has no cast from void * to a function */
}

/* Loaded once, kept: GLib cannot be unloaded. */
static bool keyring_load(const struct keyring **out, struct error *err)
{
    static struct keyring keyring;
    static void *library;
    if (!has_bus())
        return error_set(err, UNAVAILABLE, "there is no desktop keyring: no session bus");
    if (!library && (library = dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL))) {
        symbol_load(library, "secret_password_store_sync", (void *)&keyring.store);
        symbol_load(library, "secret_password_lookup_sync", (void *)&keyring.lookup);
        symbol_load(library, "secret_password_clear_sync", (void *)&keyring.clear);
        symbol_load(library, "secret_password_free", (void *)&keyring.free_password);
        symbol_load(library, "secret_password_search_sync", (void *)&keyring.search);
        symbol_load(library, "g_error_free", (void *)&keyring.free_error);
        symbol_load(library, "g_list_free_full", (void *)&keyring.free_list);
        symbol_load(library, "g_object_unref", (void *)&keyring.unref);
    }
    if (!keyring.store || !keyring.lookup || !keyring.clear || !keyring.free_password ||
        !keyring.free_error) {
        error_set(err, UNAVAILABLE, "there is no desktop keyring: libsecret-1.so.0 is missing");
        return error_hint(err, "install libsecret-1-0");
    }
    *out = &keyring;
    return true;
}

/* True when libsecret had nothing to say against it. */
static bool is_done(const struct keyring *keyring, struct glib_error *why, struct error *err)
{
    if (!why)
        return true;
    error_set(err, UNAVAILABLE, "the desktop keyring: %.300s", why->message ? why->message : "?");
    keyring->free_error(why);
    return false;
}

/* Why nothing was found: an item is listed, but its keyring was not unlocked. */
static bool absent(const struct keyring *keyring, const struct secret_name *name, struct error *err)
{
    struct glib_error *why = NULL;
    void *list = NULL;
    if (keyring->search && keyring->free_list && keyring->unref)
        list = keyring->search(&schema, 0, NULL, &why, "kind", name->kind, "of", name->of,
                               (char *)NULL);
    if (!is_done(keyring, why, err))
        return false;
    if (!list)
        return error_set(err, NOT_FOUND, "the desktop keyring has no such %s", name->kind);
    keyring->free_list(list, keyring->unref);
    return error_set(err, UNAVAILABLE, "the desktop keyring is locked");
}

bool keyring_find(const struct secret_name *name, struct buf *out, struct error *err)
{
    const struct keyring *keyring;
    struct glib_error *why = NULL;
    if (!keyring_load(&keyring, err))
        return false;
    char *found =
        keyring->lookup(&schema, NULL, &why, "kind", name->kind, "of", name->of, (char *)NULL);
    if (!is_done(keyring, why, err))
        return false;
    if (!found)
        return absent(keyring, name, err);
    bool ok = strlen(found) > LIMIT_SECRET_BYTES
                  ? error_set(err, TOO_LARGE, "a secret is over %d bytes", LIMIT_SECRET_BYTES)
                  : buf_text(out, found, err);
    secret_wipe(found, strlen(found));
    keyring->free_password(found);
    return ok;
}

bool keyring_save(const struct secret_name *name, const char *secret, struct error *err)
{
    const struct keyring *keyring;
    struct glib_error *why = NULL;
    char label[512];
    if (!keyring_load(&keyring, err))
        return false;
    (void)snprintf(label, sizeof(label), "nono: %s for %.400s", name->kind, name->of);
    int ok = keyring->store(&schema, "default", label, secret, NULL, &why, "kind", name->kind, "of",
                            name->of, (char *)NULL);
    return is_done(keyring, why, err) &&
           (ok || error_set(err, UNAVAILABLE, "the desktop keyring does not take it"));
}

bool keyring_remove(const struct secret_name *name, struct error *err)
{
    const struct keyring *keyring;
    struct glib_error *why = NULL;
    if (!keyring_load(&keyring, err))
        return false;
    int ok = keyring->clear(&schema, NULL, &why, "kind", name->kind, "of", name->of, (char *)NULL);
    return is_done(keyring, why, err) && (ok || absent(keyring, name, err));
}
