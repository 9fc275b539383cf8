/*
 * The registry's configuration: a TOML file, and the environment, which goes before it. A key
 * `limits.archive_bytes` is the variable NONO_REGISTRY_LIMITS_ARCHIVE_BYTES; lists are parted by
 * commas there. docs/registry/configuration.md describes every key.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/base/record.h"

struct config_tls {
    const char *cert, *key; /* paths of PEM files */
};

struct config_limits {
    uint64_t archive_bytes, unpacked_bytes, entries; /* of a pack; 0: those of lib/base/limits.h */
    uint64_t connections, connections_per_address;   /* 0: those of registry/http */
};

enum config_switch { CONFIG_ON, CONFIG_OFF };

struct config {
    const char *listen;       /* "127.0.0.1:8080" */
    const char *admin_listen; /* NULL: none */
    const char *name;         /* shown to people */
    const char *base_url;     /* NULL: made from listen */
    const char *database_url; /* NULL: a private cluster in data_dir */
    const char *data_dir;     /* absolute */
    const char *blob_dir;     /* absolute */
    const char *web_dir;      /* NULL: where the program was installed, or built */
    const char *postgres_bin; /* NULL: the newest that is installed */
    const struct config_tls *tls;
    const struct config_limits *limits;
    struct list trusted_proxies;
    int access_log; /* enum config_switch */
    int log_level;  /* info, debug, warn, error in this order */
    bool require_binding;
    uint64_t threads, workers; /* 0: one a core; 4 */
    uint64_t cache_bytes;      /* 0: 8 MiB */
    uint64_t drain_seconds;    /* 0: 30 */
    uint64_t timeout_seconds;  /* of an idle connection; 0: 30 */
};

/*
 * Reads the file (NULL: none) and the environment (as environ), fills in what is left out and
 * checks what can be checked. Everything lives in arena.
 */
bool config_load(const char *path, char *const *environment, struct arena *arena,
                 struct config *out, struct error *err) MUST_CHECK;

enum log_level config_log_level(const struct config *config);

/* The same from text; the fuzz target's door. */
bool config_read(const char *text, size_t len, const char *source, char *const *environment,
                 struct arena *arena, struct config *out, struct error *err) MUST_CHECK;
