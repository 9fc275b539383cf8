#include <stdbool.h>
#include <string.h>

#include "client/cmd/commands.h"
#include "client/cmd/warm.h"

/* What users type. Package and account commands live in nono-pkg, which is run in our place. */
static const struct program nono = {
    .name = "nono",
    .summary = "Pulls signed packs and runs programs in the sandbox that they describe.",
    .commands = nono_commands,
    .foreign = nono_foreign_words,
    .complete = nono_complete,
};

static bool is_start(const char *command)
{
    return strcmp(command, "run") == 0 || strcmp(command, "wrap") == 0;
}

int main(int argc, const char **argv)
{
    if (argc >= 2 && is_start(argv[1]))
        warm_up();
    if (argc >= 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0))
        argv[1] = "version";
    return command_main(&nono, argc, argv);
}
