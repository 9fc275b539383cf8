/*
 * Where the wiring of a pack may act: the folders (and a file or two) that agents read, below the
 * user's own. One table for the lint that warns authors, and for the client that holds them to it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum agent_base { AGENT_HOME, AGENT_XDG_CONFIG, AGENT_NONO_CONFIG };

struct agent_place {
    enum agent_base base;
    const char *path; /* below the base */
    bool is_file;     /* itself; else what is below it */
};
extern const struct agent_place agent_places[];
extern const size_t agent_place_count;

/* Whether a destination as it stands in a manifest ("$HOME/.claude/x") is in one of them. */
bool agent_place_holds(const char *destination);
