#include "client/cmd/pkg/commands.h"
#include "lib/json/json.h"

/* The package and account commands of nono, which runs this program in its place. */
static const struct program nono_pkg = {
    .name = "nono",
    .summary = "Package and account commands.",
    .commands = pkg_commands,
    .complete = pkg_complete,
};

int main(int argc, const char **argv)
{
    json_wipe_freed(); /* tokens are read and answered as JSON */
    return command_main(&nono_pkg, argc, argv);
}
