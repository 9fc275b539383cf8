/* A version's permissions as its pages show them: the stored summary, and the same in plain words.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

/* summary is the JSON of lib/profile/permissions.h; *out is that with a list `words` of its lines.
 */
bool permissions_page(const char *summary, size_t len, struct arena *arena, const char **out,
                      struct error *err) MUST_CHECK;
