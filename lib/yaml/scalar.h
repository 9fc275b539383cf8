/* Plain scalars by YAML 1.2's core schema (chapter 10.3). */
#pragma once

#include "lib/base/doc.h"

/*
 * Makes doc what a plain (unquoted) scalar says. False when the scalar is a number that cannot be
 * held: an integer over 64 bits, an infinity, NaN.
 */
bool yaml_scalar_read(const char *text, size_t len, struct arena *arena, struct doc *doc);
