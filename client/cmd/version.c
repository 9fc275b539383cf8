#include <stdio.h>
#include <sys/utsname.h>

#include "client/cmd/commands.h"

static bool version_run(const char **operands, int *status, struct error *err)
{
    (void)operands, (void)status, (void)err;
    struct utsname host;
    (void)uname(&host);
    printf("nono %s (%s %s, %s)\n", NONO_VERSION, host.sysname, host.release, host.machine);
    return true;
}

const struct command command_version = {
    .name = "version",
    .summary = "show the version and what this kernel can enforce",
    .run = version_run,
};
