/*
 * What is kept of a folder that has snapshots, in the store's folders/ID:
 *
 *     folder       its path
 *     NAME.json    a snapshot's record
 *     stat         the last look (cache.h)
 *     journal      of a restore that is under way (journal.h)
 *     journal-damaged-*   what was found in its place and could not be read
 *     lock         held by whoever takes or restores a snapshot of the folder
 */
#pragma once

#include <dirent.h>
#include <limits.h>

#include "sandbox/snapshot/store.h"

/* A folder's path as records have it: absolute, without links. INVALID when it is no folder. */
bool record_folder_real(const char *path, char out[PATH_MAX], struct error *err) MUST_CHECK;
/* The folder's part of the store; made when make says so, else -1 when there is none. */
bool record_folder_open(const struct snapshot_store *store, const char *folder, bool make,
                        int *out_fd, struct error *err) MUST_CHECK;
/* Waits for it. The lock goes with the descriptor. */
bool record_folder_lock(int dir, int *out_lock, struct error *err) MUST_CHECK;

bool record_name_check(const char *name, struct error *err) MUST_CHECK;
/* Durable. */
bool record_write(int dir, const struct snapshot *snapshot, struct error *err) MUST_CHECK;
/* NOT_FOUND when there is none of that name. */
bool record_remove(int dir, const char *name, struct error *err) MUST_CHECK;
/* Whether there is one of that name, be it what it may. */
bool record_is_there(int dir, const char *name);
/* The entries of the folder's part of the store; the snapshot's name that one of them is the record
 * of, or NULL. */
bool record_entries_open(int dir, DIR **out, struct error *err) MUST_CHECK;
const char *record_name_of(const char *entry, struct arena *arena);
/* Whether there is one at all. */
bool record_any(int dir, bool *out, struct error *err) MUST_CHECK;
/* NULL when there is none of that name; UNTRUSTED when it is not what was written. */
bool record_find(int dir, const char *name, struct arena *arena, struct snapshot **out,
                 struct error *err) MUST_CHECK;
/* Reads a record's text; its check must hold. source is its file's name, for messages. */
bool record_parse(const char *text, size_t len, const char *source, struct arena *arena,
                  struct snapshot *out, struct error *err) MUST_CHECK;
