/*
 * Pack references: namespace/name[@version], as typed by a person and stored in a lock file.
 *
 * A part is 1 to 64 of A-Z a-z 0-9 . _ - beginning with a letter or digit, case-sensitive, so that
 * no reference can name a folder outside the store, or a file of the store's own. What follows '@'
 * is an exact version or a range (semver.h); "latest" and nothing mean the newest release.
 */
#pragma once

#include "lib/base/error.h"
#include "lib/base/limits.h"

#define PACK_NAME_MAX (LIMIT_PACK_NAME_BYTES + 1)
#define PACK_REF_MAX  (2 * PACK_NAME_MAX + LIMIT_VERSION_BYTES + 1)

enum pack_ref_kind {
    PACK_REF_LATEST,  /* version is "" */
    PACK_REF_VERSION, /* version is an exact semver */
    PACK_REF_RANGE,   /* version is a range */
};

struct pack_ref {
    char namespace[PACK_NAME_MAX];
    char name[PACK_NAME_MAX];
    char version[LIMIT_VERSION_BYTES + 1];
    enum pack_ref_kind kind;
};

/* INVALID with a hint on anything else; *out is then as before. */
bool pack_ref_parse(const char *text, struct pack_ref *out, struct error *err) MUST_CHECK;

/* The inverse of parse. */
void pack_ref_print(const struct pack_ref *ref, char out[PACK_REF_MAX]);

/*
 * A namespace that is to be new: a name that does not end in ".json" (in any case), as the files do
 * that a store has beside the namespaces' folders. what is for the message and err->field.
 */
bool pack_namespace_check(const char *name, const char *what, struct error *err) MUST_CHECK;

/* One part of a reference; what ("namespace", "name") is for the message and err->field. */
bool pack_name_check(const char *name, const char *what, struct error *err) MUST_CHECK;
