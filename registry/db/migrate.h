/*
 * The schema's history: migrations/NNNN_name.sql, embedded in the program, each applied once, in
 * order, in one transaction with the row that records its name and checksum. An advisory lock lets
 * one node at a time do it. A migration that was changed after it was applied, or one applied that
 * this program does not know (a newer program's), is refused: CONFLICT, before anything is done.
 */
#pragma once

#include "registry/db/db.h"

struct migration {
    const char *name; /* "0001_init" */
    const char *text;
};

extern const struct migration migrations[]; /* migration_count of them */
extern const size_t migration_count;

/* Applies what is missing of a list; *applied, which may be NULL, is how many. */
bool migrate_run(struct db *db, const struct migration *list, size_t count, size_t *applied,
                 struct error *err) MUST_CHECK;
/* CONFLICT when the database is not at exactly this list. */
bool migrate_check(struct db *db, const struct migration *list, size_t count, struct error *err)
    MUST_CHECK;
