#include "client/secret/keyring.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

struct keyring {
    int (*store)(const struct schema *, const char *collection, const char *label,
                 const char *password, void *cancellable, void **error, ...);
    char *(*lookup)(const struct schema *, void *cancellable, void **error, ...);
    int (*clear)(const struct schema *, void *cancellable, void **error, ...);
    void (*free_password)(char *);
    void (*free_error)(void *);
};

/* Without a session bus, GLib would try to start one. */
static bool has_bus(void)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): no thread of this program sets variables */
    const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    /* NOLINTEND(concurrency-mt-unsafe) */
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
static const struct keyring *keyring_load(void)
{
    static struct keyring keyring;
    static bool tried;
    if (!tried && has_bus()) {
        void *library = dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL);
        if (library) {
            symbol_load(library, "secret_password_store_sync", (void *)&keyring.store);
            symbol_load(library, "secret_password_lookup_sync", (void *)&keyring.lookup);
            symbol_load(library, "secret_password_clear_sync", (void *)&keyring.clear);
            symbol_load(library, "secret_password_free", (void *)&keyring.free_password);
            symbol_load(library, "g_error_free", (void *)&keyring.free_error);
        }
    }
    tried = true;
    bool whole = keyring.store && keyring.lookup && keyring.clear && keyring.free_password &&
                 keyring.free_error;
    return whole ? &keyring : NULL;
}

static bool is_done(const struct keyring *keyring, bool ok, void *error)
{
    if (error)
        keyring->free_error(error);
    return ok && !error;
}

bool keyring_find(const struct secret_name *name, struct buf *out)
{
    const struct keyring *keyring = keyring_load();
    if (!keyring)
        return false;
    void *error = NULL;
    char *found =
        keyring->lookup(&schema, NULL, &error, "kind", name->kind, "of", name->of, (char *)NULL);
    if (!is_done(keyring, found != NULL, error))
        return false;
    struct error ignored;
    bool ok = strlen(found) <= LIMIT_SECRET_BYTES && buf_text(out, found, &ignored);
    secret_wipe(found, strlen(found));
    keyring->free_password(found);
    return ok;
}

bool keyring_save(const struct secret_name *name, const char *secret)
{
    const struct keyring *keyring = keyring_load();
    if (!keyring)
        return false;
    char label[512];
    (void)snprintf(label, sizeof(label), "nono: %s for %.400s", name->kind, name->of);
    void *error = NULL;
    int ok = keyring->store(&schema, "default", label, secret, NULL, &error, "kind", name->kind,
                            "of", name->of, (char *)NULL);
    return is_done(keyring, ok, error);
}

bool keyring_remove(const struct secret_name *name)
{
    const struct keyring *keyring = keyring_load();
    if (!keyring)
        return false;
    void *error = NULL;
    int ok =
        keyring->clear(&schema, NULL, &error, "kind", name->kind, "of", name->of, (char *)NULL);
    return is_done(keyring, ok, error);
}
