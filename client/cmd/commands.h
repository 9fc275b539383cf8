/* The commands of nono: one file each in this folder, one line each in commands.c. */
#pragma once

#include "client/ui/command.h"

extern const struct command *const nono_commands[];

extern const struct command command_run;
extern const struct command command_profile;
extern const struct command command_version;
