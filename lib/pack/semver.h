/*
 * Semantic Versioning 2.0.0: exact versions, their order, and the ranges of dependencies.
 *
 * Numbers of the core fit 64 bits; numeric identifiers of a pre-release may be as long as a version
 * may be. Build metadata takes no part in the order (section 10).
 */
#pragma once

#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/limits.h"

#define SEMVER_MAX (LIMIT_VERSION_BYTES + 1)
/* Longest key: three numbers with their lengths, and a pre-release of one-digit identifiers. */
#define SEMVER_KEY_MAX (80 + 3 * LIMIT_VERSION_BYTES)

struct semver {
    uint64_t major, minor, patch;
    char pre[SEMVER_MAX];   /* behind '-', or "" */
    char build[SEMVER_MAX]; /* behind '+', or "" */
};

/* Exactly one version, nothing around it: no 'v', no leading zeros. *out only on success. */
bool semver_parse(const char *text, struct semver *out, struct error *err) MUST_CHECK;
void semver_print(const struct semver *version, char out[SEMVER_MAX]);

/* Precedence: below, equal to or above 0. */
int semver_compare(const struct semver *a, const struct semver *b);

/*
 * ASCII text whose byte order (PostgreSQL: COLLATE "C") is the order of versions. Versions that
 * differ in build metadata alone have one key.
 */
void semver_key(const struct semver *version, char out[SEMVER_KEY_MAX]);

/*
 * Ranges: comparators (1.2.3 =1.2.3 ^1.2 ~1.2.3 >1 >=1 <2 <=2 1.x *) of which all must hold, with
 * blanks or commas between them; several such sets with "||" between them, of which one must. A
 * pre-release is matched only by a set that names a pre-release of the same three numbers.
 */
#define SEMVER_COMPARATORS_MAX 16

enum semver_op { SEMVER_LT, SEMVER_LE, SEMVER_EQ, SEMVER_GE, SEMVER_GT };

struct semver_range {
    struct semver_comparator {
        enum semver_op op;
        unsigned set; /* which of the "||" alternatives */
        struct semver version;
    } comparators[SEMVER_COMPARATORS_MAX];
    unsigned count, sets;
};

bool semver_range_parse(const char *text, struct semver_range *out, struct error *err) MUST_CHECK;
bool semver_range_matches(const struct semver_range *range, const struct semver *version);
