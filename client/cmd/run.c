#include "sandbox/run/run.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/commands.h"
#include "sandbox/policy/caps.h"

static const char **opt_read;

static const struct poptOption options[] = {
    { "read", 'r', POPT_ARG_ARGV, (void *)&opt_read, 0, "let it read and run what is in a folder",
      "DIR" },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool run_run(const char **operands, int *status, struct error *err)
{
    if (!operands[0])
        return error_set(err, INVALID, "no program was named");
    CLEANUP(caps_freep) struct nono_caps *caps = caps_new();
    for (const char **path = opt_read; path && *path; path++)
        if (!caps_allow(caps, *path, NONO_READ | NONO_EXECUTE, 0, "--read", err))
            return false;
    char program[PATH_MAX];
    if (!run_find_program(operands[0], getenv("PATH"), program, err))
        return false;
    struct confine_options confine = { .has_supervisor = true };
    CLEANUP(confine_freep) struct confinement *confinement = NULL;
    if (!confine_prepare(caps, &confine, &confinement, err))
        return false;
    struct run_spec spec = {
        .confinement = confinement,
        .program = program,
        .argv = operands,
        .envp = (const char *const *)environ,
    };
    return run_watch(&spec, status, err);
}

const struct command command_run = {
    .name = "run",
    .args = "[--] PROGRAM [ARGUMENTS]",
    .summary = "run a program in a sandbox",
    .options = options,
    .options_first = true,
    .run = run_run,
};
