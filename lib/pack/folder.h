/* The files of a pack's folder, read beneath its descriptor. */
#pragma once

#include "lib/pack/archive.h"

/* struct pack_file, bytes set, package.json among them; those that the manifest names must be
 * there. */
bool pack_folder_read(int dir, const struct pack_limits *limits, struct arena *arena,
                      struct list *out, struct error *err) MUST_CHECK;
