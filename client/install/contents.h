/* Files out of a pack's archive, into memory. */
#pragma once

#include "lib/pack/archive.h"

struct contents_file {
    const char *path; /* which one: the caller's */
    const char *bytes;
    size_t len;
};

/* Many in one pass over the archive; a path may be there twice. As contents_read. */
bool contents_read_all(const struct archive_source *source, const struct pack_index *index,
                       struct contents_file *files, size_t count, struct arena *arena,
                       struct error *err) MUST_CHECK;

/* NOT_FOUND when the pack has no such file. NUL behind the bytes; in arena. */
bool contents_read(const struct archive_source *source, const struct pack_index *index,
                   const char *path, struct arena *arena, const char **out, size_t *out_len,
                   struct error *err) MUST_CHECK;
