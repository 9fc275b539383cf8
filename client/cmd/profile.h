/* The verbs of `nono profile`, one file each, and what they have in common. */
#pragma once

#include "client/profile/profiles.h"
#include "client/ui/command.h"

extern const struct command command_profile_list;
extern const struct command command_profile_show;
extern const struct command command_profile_diff;
extern const struct command command_profile_validate;
extern const struct command command_profile_use;
extern const struct command command_profile_groups;

/* Exactly count operands, or INVALID with the usage. */
bool profile_operands(const char **operands, size_t count, const char *usage, struct error *err)
    MUST_CHECK;
/* "  key: text (file:line:column)" for each of a list of struct profile_note. */
void profile_notes(const char *title, const struct list *notes, struct arena *arena);
