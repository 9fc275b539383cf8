/* Where each value of a JSON text stands. jansson validates but does not tell. */
#pragma once

#include "lib/base/doc.h"

/* text is valid JSON, and doc what was read from it, in the same order. */
void json_places_mark(const char *text, const char *source, struct doc *doc);
