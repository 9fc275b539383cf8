/* TOML 1.0 (https://toml.io/en/v1.0.0), whole, as documents. Reads; does not write. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"

/*
 * Reads one document into a DOC_TABLE. Faults are INVALID, "source:line:column: message"; columns
 * count bytes. source is the file's name for messages, or NULL. Nesting is held to LIMIT_DOC_DEPTH,
 * dotted keys included. Dates and times become DOC_TIME with their text
 * as TOML writes them, a space between date and time as "T".
 */
bool toml_parse(const char *text, size_t len, const char *source, struct arena *arena,
                struct doc **out, struct error *err) MUST_CHECK;
