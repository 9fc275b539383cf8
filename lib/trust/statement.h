/*
 * What a signature on a pack says: an in-toto Statement v1 (docs/formats/statement.md).
 *
 * Ours has the predicate type TRUST_PACK_PREDICATE, which binds namespace, name, version and the
 * digests of archive and tar; its subjects are the files and the archive. The original's has
 * TRUST_MULTI_FILE_PREDICATE and binds nothing but the files.
 */
#pragma once

#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

#define TRUST_STATEMENT_TYPE       "https://in-toto.io/Statement/v1"
#define TRUST_PACK_PREDICATE       "https://nono.sh/attestation/pack/v1"
#define TRUST_MULTI_FILE_PREDICATE "https://nono.sh/attestation/multi-file/v1"
#define TRUST_PAYLOAD_TYPE         "application/vnd.in-toto+json"

struct subject {
    const char *name;   /* path of a file */
    const char *sha256; /* lower-case hex */
};

struct statement {
    const char *predicate_type;
    struct list files; /* of struct subject, names unique; without the archive's */
    /* All NULL in the original's. */
    const char *namespace, *name, *version;
    const char *archive_sha256, *tar_sha256;
};

/* The text that is signed. Every member must be set; predicate_type is TRUST_PACK_PREDICATE. */
const char *statement_print(const struct statement *statement, struct arena *arena);

/* Strict. UNTRUSTED on other types, doubled names, missing digests, or subjects at odds with the
 * predicate. */
bool statement_parse(const char *text, size_t len, struct arena *arena, struct statement *out,
                     struct error *err) MUST_CHECK;
