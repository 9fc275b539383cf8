#include "client/cmd/commands.h"

/* In the order that `nono help` shows them. Those with a helper are that program's own. */
const struct command *const nono_commands[] = {
    &command_run,
    &command_profile,
    &command_version,
    NULL,
};
