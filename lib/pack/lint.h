/*
 * What can be said about a pack without a server: everything that publishing will check, and
 * advice. Never fails on what it finds; it reports it.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"
#include "lib/pack/archive.h"

enum lint_severity { LINT_ERROR, LINT_WARNING };

struct finding {
    int severity;        /* enum lint_severity: a pack with errors cannot be published */
    const char *file;    /* in the pack */
    uint64_t line;       /* 0 when it is about the whole file */
    const char *message; /* one line */
    const char *hint;    /* what to do; NULL when the message says it */
};
extern const struct record finding_record;

struct lint_report {
    struct list findings; /* of struct finding: errors first, then by file and line */
    uint64_t errors, warnings;
};
extern const struct record lint_report_record;

/* A folder. Fails only when the folder cannot be read at all. */
bool lint_folder(int dir, struct arena *arena, struct lint_report *out, struct error *err)
    MUST_CHECK;

/* Files at hand, as a registry has them: bytes set. */
void lint_files(const struct pack_file *files, size_t count, struct arena *arena,
                struct lint_report *out);

/* Whether a registry shows a README: text in UTF-8 without NUL, of at most LIMIT_README_BYTES. */
bool lint_readme_is_shown(const struct pack_file *readme);

/* The first error as a failure, for those who only want to know whether it may be published. */
bool lint_require(const struct lint_report *report, struct error *err) MUST_CHECK;
