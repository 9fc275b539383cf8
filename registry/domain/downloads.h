/*
 * Downloads, counted in memory and written in batches: reading a pack never waits for a write.
 * Thread-safe. What was not written when the process dies is lost; a count is not worth a sync.
 */
#pragma once

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

struct db;
struct downloads;

struct downloads *downloads_new(void);
void downloads_free(struct downloads *downloads);
DEFINE_CLEANUP(struct downloads *, downloads_free)

/* version_id is the version's uuid. NULL downloads: not counted. */
void downloads_count(struct downloads *downloads, const char *version_id);
/* Writes what was counted since the last time; on failure it is kept for the next. */
bool downloads_flush(struct downloads *downloads, struct db *db, struct error *err) MUST_CHECK;
