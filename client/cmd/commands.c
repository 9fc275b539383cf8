#include "client/cmd/commands.h"

/* In the order that `nono help` shows them. Those with a helper are that program's own. */
const struct command *const nono_commands[] = {
    &command_run,     &command_wrap,
    &command_why,     &command_snapshot,
    &command_audit,   &command_profile,
    &command_auth,    &command_search,
    &command_info,    &command_versions,
    &command_pull,    &command_list,
    &command_verify,  &command_outdated,
    &command_update,  &command_pin,
    &command_unpin,   &command_remove,
    &command_key,     &command_pack,
    &command_publish, &command_yank,
    &command_unyank,  &command_completion,
    &command_version, NULL,
};

const struct foreign_word nono_foreign_words[] = {
    { "install", "pull" },
    { "add", "pull" },
    { "get", "pull" },
    { "uninstall", "remove" },
    { "rm", "remove" },
    { "delete", "remove" },
    { "upgrade", "update" },
    { "ls", "list" },
    { "show", "info" },
    { "view", "info" },
    { "find", "search" },
    { "exec", "run" },
    { "login", "auth login" },
    { "logout", "auth logout" },
    { "whoami", "auth status" },
    { "init", "pack init" },
    { "build", "pack build" },
    { "sign", "pack sign" },
    { NULL, NULL },
};
