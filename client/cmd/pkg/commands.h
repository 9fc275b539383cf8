/*
 * The commands of nono-pkg: one file each in this folder, one line each in commands.c. Each has a
 * line in client/cmd/pkg_commands.c too, so that nono's help and completions know it.
 */
#pragma once

#include "client/ui/command.h"

extern const struct command *const pkg_commands[];

extern const struct command command_auth;
extern const struct command command_completion;
extern const struct command command_info;
extern const struct command command_key;
extern const struct command command_list;
extern const struct command command_outdated;
extern const struct command command_pack;
extern const struct command command_pin;
extern const struct command command_publish;
extern const struct command command_pull;
extern const struct command command_remove;
extern const struct command command_search;
extern const struct command command_unpin;
extern const struct command command_unyank;
extern const struct command command_update;
extern const struct command command_verify;
extern const struct command command_versions;
extern const struct command command_yank;

/* Names of installed packs and of signing keys, for completion. */
void pkg_complete(const char *kind, const char *prefix);
