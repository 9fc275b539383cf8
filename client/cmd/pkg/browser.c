#include "client/cmd/pkg/browser.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/http/url.h"

static bool has_display(void)
{
    const char *x11 = env_get("DISPLAY"), *wayland = env_get("WAYLAND_DISPLAY");
    return (x11 && *x11) || (wayland && *wayland);
}

void browser_open(const char *url)
{
    struct error ignored;
    if (!has_display() || !url_check(url, false, &ignored))
        return;
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return;
    (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    char program[] = "xdg-open", *address = strdup(url);
    char *argv[] = { program, address, NULL };
    pid_t pid; /* not waited for: it ends with us */
    (void)posix_spawnp(&pid, "xdg-open", &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    free(address);
}
