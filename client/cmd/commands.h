/* The commands of nono: one file each in this folder, one line each in commands.c. */
#pragma once

#include "client/ui/command.h"

extern const struct command *const nono_commands[];
extern const struct foreign_word nono_foreign_words[];

/* Candidates for what the commands here name (client/ui/complete.h). */
void nono_complete(const char *kind, const char *prefix);

extern const struct command command_audit;
extern const struct command command_run;
extern const struct command command_profile;
extern const struct command command_wrap;
extern const struct command command_why;
extern const struct command command_snapshot;
extern const struct command command_version;

/* Those of nono-pkg: pkg_commands.c. */
extern const struct command command_auth;
extern const struct command command_search;
extern const struct command command_info;
extern const struct command command_versions;
extern const struct command command_pull;
extern const struct command command_list;
extern const struct command command_verify;
extern const struct command command_outdated;
extern const struct command command_update;
extern const struct command command_pack;
extern const struct command command_pin;
extern const struct command command_unpin;
extern const struct command command_remove;
extern const struct command command_key;
extern const struct command command_publish;
extern const struct command command_yank;
extern const struct command command_unyank;
extern const struct command command_completion;
