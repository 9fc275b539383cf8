#include "client/cmd/pkg/commands.h"

const struct command *const pkg_commands[] = {
    NULL,
};
