/* Single files out of a pack's archive, into memory. */
#pragma once

#include "lib/pack/archive.h"

/* NOT_FOUND when the pack has no such file. NUL behind the bytes; in arena. */
bool contents_read(const struct archive_source *source, const struct pack_index *index,
                   const char *path, struct arena *arena, const char **out, size_t *out_len,
                   struct error *err) MUST_CHECK;
