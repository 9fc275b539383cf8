/* What the verbs of `nono key` share. */
#pragma once

#include "client/cmd/pkg/keys.h"
#include "client/ui/command.h"
#include "lib/base/doc.h"

extern const struct command command_key_generate, command_key_import, command_key_list,
    command_key_show, command_key_register, command_key_revoke, command_key_remove;

/* The only operand. */
bool key_operand(const char **operands, const char **out, struct error *err) MUST_CHECK;

/* For --json. */
struct doc *key_doc(const struct key_facts *facts, struct arena *arena);
