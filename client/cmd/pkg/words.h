/* Lines in plain words as people read them: what is said of many things is said once. */
#pragma once

#include "client/ui/term.h"
#include "lib/base/record.h"

/* A line of words: risk orders colours as enum permission_risk does. */
struct words_line {
    int risk;
    const char *text; /* "may read ~/.claude" */
};

/*
 * Lines that say the same of several paths, hosts or variables, with the same risk, as one:
 * "may read ~/.claude, ~/.codex". The order is that of each first line. struct words_line, in
 * arena.
 */
void words_fold(const struct list *lines, struct arena *arena, struct list *out);

/* A line below a mark ("!", "-", "+"), wrapped on a terminal. */
void words_print(const char *mark, enum ui_style style, const char *text, FILE *stream);

/* A text with the home folder as "~". In arena. */
const char *words_at_home(const char *text, const char *home, struct arena *arena);
