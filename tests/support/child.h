/* What is confined stays confined: such a check runs in a child that ends with its verdict. */
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* The coverage of a child that ends by _exit would be lost. */
extern void __gcov_dump(void) __attribute__((weak)); /* NOLINT(bugprone-reserved-identifier) */

/* The exit status of body, or 128 + N of the signal that ended it. */
static inline int in_child(int (*body)(void *context), void *context)
{
    pid_t pid = fork();
    if (pid == 0) {
        int verdict = body(context);
        if (__gcov_dump)
            __gcov_dump();
        _exit(verdict);
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
