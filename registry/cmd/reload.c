#include "registry/cmd/reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "registry/cmd/config.h"
#include "registry/cmd/notify.h"

static bool tls_reload(const struct config *config, struct tls *tls, bool *out_changed,
                       struct error *err)
{
    *out_changed = false;
    if (!config->tls != !tls)
        return error_set(err, INVALID, "tls: it is switched on and off by a restart alone");
    if (!tls)
        return true;
    const struct tls_files files = { config->tls->cert, config->tls->key };
    return tls_replace(tls, &files, out_changed, err);
}

static bool settings_reload(const char *config_path, struct tls *tls, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct config config;
    bool changed;
    if (!config_load(config_path, environ, arena, &config, err))
        return error_prefix(err, "configuration");
    if (!tls_reload(&config, tls, &changed, err))
        return false;
    log_set_level(config_log_level(&config));
    log_info("reload.done", KV("tls", !tls ? "none" : changed ? "new" : "as before"));
    return true;
}

void reload(const char *config_path, struct tls *tls)
{
    struct error err;
    char state[64]; /* sd_notify(3) */
    (void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                   clock_monotonic_us());
    notify_manager(state);
    if (!settings_reload(config_path, tls, &err))
        log_error("reload.failed", KV("reason", err.message),
                  KV("note", "everything stays as it was"));
    notify_manager("READY=1");
}
