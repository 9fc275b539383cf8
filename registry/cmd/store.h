/*
 * What every command acts on: the database (ours, or the one that database_url names) at the right
 * schema, and the blob store.
 */
#pragma once

#include "registry/cmd/config.h"
#include "registry/domain/registry.h"

struct cluster;

struct store {
    struct arena *arena;
    struct config config;
    struct cluster *cluster; /* NULL when the database is not ours, or another process runs it */
    const char *url;
    bool migrated;       /* the schema was changed just now */
    int64_t database_us; /* when the database answered (clock_monotonic_us) */
    struct registry_settings settings;
    struct registry registry; /* one connection, and the blob store */
};

enum store_schema {
    STORE_MIGRATE, /* brings the schema up to date */
    STORE_CHECK,   /* refuses another schema than this program's */
};

/* The cluster in the data folder, when the database is ours. */
enum store_cluster {
    STORE_EXISTING, /* has to be there: a mistyped data_dir is no new registry */
    STORE_MADE,     /* is made when it is not there */
    STORE_ALONE,    /* the same, and CONFLICT when another process runs it */
};

/* Reads the configuration, and makes nothing. What follows closes it, also after a failure. */
bool store_configure(struct store *store, const char *config_path, struct error *err) MUST_CHECK;

/* Opens all of what is configured. A cluster that a serving registry runs is used as it is, unless
 * told otherwise; that of one that is starting is waited for. */
bool store_open(struct store *store, enum store_schema schema, enum store_cluster cluster,
                struct error *err) MUST_CHECK;
void store_close(struct store *store);

/* Another registry over the same store, with a connection of its own. */
bool store_registry(const struct store *store, struct registry *out, struct error *err) MUST_CHECK;
