/*
 * The commands of nono-pkg: one file each in this folder, one line each in commands.c. Each has a
 * line with .helper in client/cmd/commands.c too, so that nono's help and completions know it.
 */
#pragma once

#include "client/ui/command.h"

extern const struct command *const pkg_commands[];
