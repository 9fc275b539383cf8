#include "client/cmd/pkg/commands.h"

const struct command *const pkg_commands[] = {
    &command_auth,
    &command_search,
    &command_info,
    &command_versions,
    &command_pull,
    &command_list,
    &command_verify,
    &command_outdated,
    &command_update,
    &command_pin,
    &command_unpin,
    &command_remove,
    &command_key,
    &command_pack,
    &command_publish,
    &command_yank,
    &command_unyank,
    &command_completion,
    NULL,
};
