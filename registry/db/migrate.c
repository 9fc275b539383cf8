#include "registry/db/migrate.h"

#include <assert.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/digest/sha256.h"
#include "registry/db/internal.h"

/* Any number that other programs on a shared server are unlikely to have: "nonomigr" in ASCII. */
#define LOCK   "SELECT pg_advisory_lock(7957700491443005298)"
#define UNLOCK "SELECT pg_advisory_unlock(7957700491443005298)"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
const struct migration migrations[] = {
#define SQL(name, text) { #name, text },
#include "migrations.def"
#undef SQL
    { NULL, NULL },
};
#pragma GCC diagnostic pop
const size_t migration_count = COUNT(migrations) - 1;

static bool record_applied(struct db *db, const struct migration *migration, struct error *err)
{
    char checksum[SHA256_TEXT];
    sha256_hex(migration->text, strlen(migration->text), checksum);
    const char *values[] = { migration->name, checksum };
    CLEANUP(PQclearp)
    PGresult *result =
        PQexecParams(db->conn, "INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)", 2,
                     NULL, values, NULL, NULL, 0);
    return db_result_check(db, result, err);
}

static bool apply(struct db *db, void *context, struct error *err)
{
    const struct migration *migration = context;
    return db_run_script(db, migration->text, err) && record_applied(db, migration, err);
}

static bool applied_check(const PGresult *rows, int row, const struct migration *list, size_t count,
                          struct error *err)
{
    const char *name = PQgetvalue(rows, row, 0);
    if ((size_t)row >= count || strcmp(name, list[row].name) != 0) {
        error_set(err, CONFLICT, "the database has migration %.100s, which this program lacks",
                  name);
        return error_hint(err, "a newer nono-registry has used this database: run that one");
    }
    char checksum[SHA256_TEXT];
    sha256_hex(list[row].text, strlen(list[row].text), checksum);
    if (strcmp(checksum, PQgetvalue(rows, row, 1)) == 0)
        return true;
    error_set(err, CONFLICT, "migration %.100s is not the one that the database was made with",
              name);
    return error_hint(err, "migrations are never edited: add a new one");
}

/* How many of the list are there; fails when what is there is not its beginning. */
static bool applied_count(struct db *db, const struct migration *list, size_t count, size_t *out,
                          struct error *err)
{
    CLEANUP(PQclearp)
    PGresult *rows = PQexec(db->conn, "SELECT name, checksum FROM schema_migration"
                                      " ORDER BY name COLLATE \"C\"");
    if (!db_result_check(db, rows, err))
        return false;
    for (int row = 0; row < PQntuples(rows); row++)
        if (!applied_check(rows, row, list, count, err))
            return false;
    *out = (size_t)PQntuples(rows);
    return true;
}

static bool run_locked(struct db *db, const struct migration *list, size_t count, size_t *applied,
                       struct error *err)
{
    size_t done;
    if (!db_run_script(db,
                       "CREATE TABLE IF NOT EXISTS schema_migration ("
                       " name text PRIMARY KEY, checksum text NOT NULL,"
                       " applied_at timestamptz NOT NULL DEFAULT now())",
                       err) ||
        !applied_count(db, list, count, &done, err))
        return false;
    for (size_t i = done; i < count; i++) {
        struct migration migration = list[i];
        if (!db_transact(db, DB_READ_COMMITTED, apply, &migration, err))
            return error_prefix(err, "migration %s", migration.name);
        log_info("migration.applied", KV("name", migration.name));
    }
    if (applied)
        *applied = count - done;
    return true;
}

/* Asked without the lock, as at every start but those that change something. */
static bool is_done(struct db *db, const struct migration *list, size_t count)
{
    struct error ignored;
    size_t done;
    return applied_count(db, list, count, &done, &ignored) && done == count;
}

bool migrate_run(struct db *db, const struct migration *list, size_t count, size_t *applied,
                 struct error *err)
{
    if (is_done(db, list, count)) {
        if (applied)
            *applied = 0;
        return true;
    }
    if (!db_run_script(db, LOCK, err))
        return false;
    bool ok = run_locked(db, list, count, applied, err);
    struct error ignored;
    return db_run_script(db, UNLOCK, ok ? err : &ignored) && ok;
}

/* A database in which no registry has ever been. */
static bool schema_require(struct db *db, struct error *err)
{
    CLEANUP(PQclearp) PGresult *row = PQexec(db->conn, "SELECT to_regclass('schema_migration')");
    if (!db_result_check(db, row, err))
        return false;
    if (PQntuples(row) == 1 && !PQgetisnull(row, 0, 0))
        return true;
    error_set(err, NOT_FOUND, "there is no registry in this database yet");
    return error_hint(err, "nono-registry serve makes one; so does nono-registry migrate");
}

bool migrate_check(struct db *db, const struct migration *list, size_t count, struct error *err)
{
    size_t done;
    if (!schema_require(db, err) || !applied_count(db, list, count, &done, err))
        return false;
    if (done == count)
        return true;
    error_set(err, CONFLICT, "the database lacks migration %s", list[done].name);
    return error_hint(err, "run `nono-registry migrate`");
}
