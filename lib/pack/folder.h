/* The files of a pack's folder, read beneath its descriptor. */
#pragma once

#include "lib/pack/archive.h"

/* One file; NOT_FOUND when there is none, INVALID when it or a folder on the way is a link. */
bool pack_file_read(int dir, const char *path, size_t max_bytes, struct arena *arena,
                    struct pack_file *out, struct error *err) MUST_CHECK;

/* struct pack_file, bytes set, package.json among them; those that the manifest names must be
 * there. */
bool pack_folder_read(int dir, const struct pack_limits *limits, struct arena *arena,
                      struct list *out, struct error *err) MUST_CHECK;
