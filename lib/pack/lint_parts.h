/* Between the files of lint: the pack in hand and the list of findings that they add to. */
#pragma once

#include "lib/pack/lint.h"

struct linter {
    struct arena *arena;
    struct list findings;
    size_t room;
    struct list files; /* of struct pack_file, those that could be read */
    struct manifest manifest;
};

/* line 0: the whole file. hint may be NULL. */
void lint_add(struct linter *linter, enum lint_severity severity, const char *file, uint64_t line,
              const char *hint, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* A failure as a finding; "FILE:LINE:COLUMN: " at its head becomes the place. */
void lint_failure(struct linter *linter, enum lint_severity severity, const char *file,
                  const struct error *err);
const struct pack_file *lint_file(const struct linter *linter, const char *path);

/* The manifest's own keys and directives; then what is in the files. */
void lint_manifest(struct linter *linter);
void lint_contents(struct linter *linter);
void lint_profile(struct linter *linter, const struct artifact *artifact, uint64_t line);
