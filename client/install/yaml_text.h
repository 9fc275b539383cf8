/* A document as YAML text: block style, text in double quotes where it could be read otherwise. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"

/* In arena, with a line end. What yaml_parse reads back from it is the same document. */
const char *yaml_text(const struct doc *doc, struct arena *arena);
