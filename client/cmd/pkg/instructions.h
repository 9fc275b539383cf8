/*
 * `pull --init`: a pack's instruction files with placement "project", as copies in the working
 * folder. What is there already stays; only text that does nothing by itself is copied, so that a
 * pack cannot put a Makefile or a .bashrc there.
 */
#pragma once

#include "client/cmd/pkg/fetch.h"

/* The artifacts (const struct artifact *) that will be copied. DENIED when one may not be. */
bool instructions_find(const struct fetched *fetched, struct arena *arena, struct list *out,
                       struct error *err) MUST_CHECK;

/* Copies them, or says what would be (dry_run); report gets it for --json, people get lines unless
 * quiet. */
struct instructions_how {
    bool dry_run, quiet;
};
bool instructions_copy(const struct fetched *fetched, const struct list *artifacts,
                       const struct instructions_how *how, struct doc *report, struct arena *arena,
                       struct error *err) MUST_CHECK;
