/* YAML 1.2's core schema as documents, through libyaml: the part of YAML that is data. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"

/*
 * Reads one document. Plain scalars are null, booleans, numbers or text by the core schema, so
 * `no` and `on` are text. Refused, with their place: more than one document, duplicate keys, keys
 * that are not scalars, merge keys (<<), tags, infinities and NaN, aliases that lead into
 * themselves, nesting deeper than LIMIT_DOC_DEPTH, more than LIMIT_YAML_NODES nodes once aliases
 * are expanded. An empty document is DOC_NULL. Plain scalars keep their text (doc->plain).
 */
bool yaml_parse(const char *text, size_t len, const char *source, struct arena *arena,
                struct doc **out, struct error *err) MUST_CHECK;
