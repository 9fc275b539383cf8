/*
 * A registry without its server, for tests of its rules: a PostgreSQL cluster of our own, the whole
 * schema, a folder of blobs, and people to act. One for a test program.
 */
#pragma once

#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "registry/auth/people.h"
#include "registry/auth/principal.h"
#include "registry/auth/session.h"
#include "registry/blob/blob.h"
#include "registry/db/cluster.h"
#include "registry/db/db.h"
#include "registry/db/migrate.h"
#include "registry/domain/access.h"
#include "registry/domain/downloads.h"
#include "registry/domain/registry.h"

#define WORLD_PASSWORD "correct horse battery"

struct world {
    char folder[64];
    struct cluster *cluster;
    struct arena *arena;
    struct registry_settings settings;
    struct registry registry;
};

static struct world world;

static inline int world_open(void **state)
{
    struct error failure;
    (void)state;
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/nono-world-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    assert_int_equal(chmod(world.folder, 0755), 0);
    struct cluster_config config = { .data_dir = world.folder, .connections = 8 };
    if (!cluster_start(&config, &world.cluster, &failure)) {
        print_message("no PostgreSQL here: %s\n", failure.message);
        _Exit(failure.kind == ERROR_UNSUPPORTED ? 77 : 1);
    }
    world.arena = arena_new();
    world.settings = (struct registry_settings){ .name = "test", .base_url = "http://test" };
    world.registry.settings = &world.settings;
    world.registry.downloads = downloads_new();
    char blobs[80];
    (void)snprintf(blobs, sizeof(blobs), "%s/blobs", world.folder);
    assert_ok(blob_store_open(blobs, &world.registry.blobs, &err));
    assert_ok(db_open(cluster_url(world.cluster), &world.registry.db, &err));
    assert_ok(migrate_run(world.registry.db, migrations, migration_count, NULL, &err));
    assert_ok(db_prepare(world.registry.db, &err));
    return 0;
}

static inline int world_close(void **state)
{
    CLEANUP(closep) int tmp = -1;
    (void)state;
    db_close(world.registry.db);
    blob_store_close(world.registry.blobs);
    downloads_free(world.registry.downloads);
    arena_free(world.arena);
    cluster_stop(world.cluster);
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(tree_remove(tmp, world.folder + strlen("/tmp/"), &err));
    return 0;
}

/* Text that lives as long as the world. */
static inline const char *world_text(const char *stem)
{
    static int count;
    return arena_printf(world.arena, "%s%d", stem, ++count);
}

/* Signed in. */
static inline struct principal *world_session(const struct account *account)
{
    struct session session;
    struct principal *who = NULL;
    assert_ok(session_start(world.registry.db, account, "192.0.2.1", &session, &err));
    assert_ok(session_find(world.registry.db, session.cookie, world.arena, &who, &err));
    assert_non_null(who);
    return who;
}

/* A new account, and a session of it. */
static inline struct principal *world_person(bool is_admin)
{
    struct account *account = NULL;
    struct account_request request = { .login = world_text("person"),
                                       .password = WORLD_PASSWORD,
                                       .is_admin = is_admin };
    assert_ok(people_add(world.registry.db, &request, world.arena, &account, &err));
    return world_session(account);
}

static inline struct actor world_actor(const struct principal *who)
{
    return (struct actor){ who, "192.0.2.1" };
}

/* Changes what the schema would not let anyone change. */
static inline void world_tamper(const char *table, const char *statement)
{
    const char *script = arena_printf(
        world.arena, "ALTER TABLE %s DISABLE TRIGGER USER; %s; ALTER TABLE %s ENABLE TRIGGER USER;",
        table, statement, table);
    assert_ok(db_run_script(world.registry.db, script, &err));
}

static inline void world_run(const char *script)
{
    assert_ok(db_run_script(world.registry.db, script, &err));
}
