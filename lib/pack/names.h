/*
 * The names of an archive as a file system would see them, so that no two of them are one there.
 *
 * Some file systems take names that differ in case, or in the normal form of Unicode, for the same;
 * and no path may be both a file and a folder. Added one by one; memory is bounded by the paths'.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

struct names;

struct names *names_new(struct arena *arena);
/* path has passed pack_path_check and lives as long as the arena. */
bool names_add(struct names *names, const char *path, struct error *err) MUST_CHECK;
