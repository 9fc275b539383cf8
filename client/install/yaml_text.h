/*
 * A document as YAML text: block style, text in double quotes where it could be read otherwise. A
 * scalar that was read without quotes is written as it was, so that whoever takes it for something
 * else than we do, as readers of YAML 1.1 do with `no`, dates and 0755, goes on doing so.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"

/* In arena, with a line end. What yaml_parse reads back from it is the same document. */
const char *yaml_text(const struct doc *doc, struct arena *arena);
