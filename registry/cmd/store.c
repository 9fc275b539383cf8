#include "registry/cmd/store.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/log.h"
#include "registry/blob/blob.h"
#include "registry/db/cluster.h"
#include "registry/db/db.h"
#include "registry/db/migrate.h"

#define CONNECTIONS_SPARE 8 /* besides a worker's: the jobs', and commands at the same time */
#define OTHER_WAIT_US     (30 * CLOCK_SECOND)
#define OTHER_PAUSE_MS    100

/* A folder without a cluster is said to be one before anything is made in it; what else is wrong
 * with it, its opening says. */
static bool cluster_expect(const struct store *store, struct error *err)
{
    struct stat status;
    const char *data_dir = store->config.data_dir;
    if (stat(path_join(store->arena, data_dir, "postgres"), &status) == 0 ||
        (errno != ENOENT && errno != ENOTDIR))
        return true;
    error_set(err, NOT_FOUND, "there is no registry in %s", data_dir);
    return error_hint(err, "data_dir names its folder; nono-registry serve makes a new one");
}

/* Ours, or that of a registry that serves; one that is only starting is waited for, and what it
 * leaves, should it end, is ours. */
static bool cluster_reach(struct store *store, const struct cluster_config *cluster,
                          enum store_cluster how, struct error *err)
{
    const int64_t until_us = clock_monotonic_us() + OTHER_WAIT_US;
    while (!cluster_start(cluster, &store->cluster, err)) {
        if (err->kind != ERROR_CONFLICT || how == STORE_ALONE)
            return false;
        store->url = cluster_url_of(cluster->data_dir, store->arena);
        if (cluster_answers(store->url))
            return true;
        if (clock_monotonic_us() > until_us)
            return error_set(err, UNAVAILABLE,
                             "another nono-registry uses %s, and its PostgreSQL does not answer",
                             cluster->data_dir);
        (void)poll(NULL, 0, OTHER_PAUSE_MS);
    }
    store->url = cluster_url(store->cluster);
    return true;
}

static bool database_find(struct store *store, enum store_cluster how, struct error *err)
{
    const struct config *config = &store->config;
    if (config->database_url) {
        store->url = config->database_url;
        return true;
    }
    if (how == STORE_EXISTING && !cluster_expect(store, err))
        return false;
    struct cluster_config cluster = {
        .data_dir = config->data_dir,
        .bin_dir = config->postgres_bin,
        .connections = (unsigned)config->workers + CONNECTIONS_SPARE,
    };
    return cluster_reach(store, &cluster, how, err);
}

static bool schema_ready(struct store *store, enum store_schema schema, struct error *err)
{
    struct db *db = store->registry.db;
    size_t applied = 0;
    if (schema == STORE_CHECK)
        return migrate_check(db, migrations, migration_count, err);
    if (!migrate_run(db, migrations, migration_count, &applied, err))
        return false;
    store->migrated = applied > 0;
    return true;
}

static void settings_fill(struct store *store)
{
    const struct config *config = &store->config;
    store->settings = (struct registry_settings){
        .name = config->name,
        .base_url = config->base_url ? config->base_url : "",
        .archive_bytes_max = config->limits->archive_bytes,
        .unpacked_bytes_max = config->limits->unpacked_bytes,
        .entries_max = config->limits->entries,
        .require_binding = config->require_binding,
    };
}

bool store_configure(struct store *store, const char *config_path, struct error *err)
{
    *store = (struct store){ .arena = arena_new() };
    if (!config_load(config_path, environ, store->arena, &store->config, err))
        return error_prefix(err, "configuration");
    log_set_level(config_log_level(&store->config));
    settings_fill(store);
    store->registry.settings = &store->settings;
    return true;
}

bool store_open(struct store *store, enum store_schema schema, enum store_cluster cluster,
                struct error *err)
{
    if (!database_find(store, cluster, err))
        return false;
    store->database_us = clock_monotonic_us();
    return db_open(store->url, &store->registry.db, err) && schema_ready(store, schema, err) &&
           blob_store_open(store->config.blob_dir, &store->registry.blobs, err);
}

void store_close(struct store *store)
{
    db_close(store->registry.db);
    blob_store_close(store->registry.blobs);
    cluster_stop(store->cluster);
    arena_free(store->arena);
    *store = (struct store){ 0 };
}

bool store_registry(const struct store *store, struct registry *out, struct error *err)
{
    struct db *db;
    if (!db_open(store->url, &db, err))
        return false;
    *out = store->registry;
    out->db = db;
    return true;
}
