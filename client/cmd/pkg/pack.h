/* What the verbs of `nono pack` share. */
#pragma once

#include "client/ui/command.h"
#include "lib/pack/archive.h"
#include "lib/trust/verify.h"

extern const struct command pack_init, pack_lint, pack_build, pack_inspect, pack_sign, pack_check;

struct pack_built {
    struct pack_bytes archive;
    struct pack_index index;
};

/* The only operand, or otherwise; INVALID when there are more, or none and no default. */
bool pack_one_operand(const char **operands, const char *otherwise, const char **out,
                      struct error *err) MUST_CHECK;
/* An archive, or a folder as the archive that it makes. */
bool pack_load(const char *path, struct arena *arena, struct pack_built *out, struct error *err)
    MUST_CHECK;
/* A folder that was named; INVALID when it is a file. */
bool pack_folder_open(const char *path, int *out_fd, struct error *err) MUST_CHECK;
/* What a signature on it speaks of. */
struct trust_subject pack_subject(const struct pack_index *index, const char *namespace,
                                  struct arena *arena);
/* Replaces the file that the user named as a whole, the one that a link leads to; its folder must
 * be there. A pipe, a device and what is open take the bytes as they are. */
bool pack_write(const char *path, const void *bytes, size_t len, struct arena *arena,
                struct error *err) MUST_CHECK;
/* The same under a name that is ours, in a folder that others may write to: they know it. What is
 * no regular file is a CONFLICT. */
bool pack_write_beside(const char *path, const void *bytes, size_t len, struct arena *arena,
                       struct error *err) MUST_CHECK;
