/* Lists of subjects, sorted by name, so that two can be compared. */
#pragma once

#include "lib/trust/statement.h"

/* A sorted copy. */
struct list subjects_sorted(struct list subjects, struct arena *arena);

/*
 * Whether both say the same of the same names: UNTRUSTED, naming the first difference, when not.
 * Both are sorted.
 */
bool subjects_match(struct list said, struct list found, struct error *err) MUST_CHECK;
