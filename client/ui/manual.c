#include "client/ui/manual.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/ui/command.h"
#include "client/ui/term.h"
#include "lib/base/record.h"

void manual_open(const char *program, const char *command)
{
    static const char *const endings[] = { "", ".gz" }; /* distributions compress their pages */
    struct error ignored;
    for (size_t i = 0; i < COUNT(endings) && ui_is_terminal(stdout); i++) {
        char page[256], path[4096];
        struct stat status;
        (void)snprintf(page, sizeof(page), "share/man/man1/%s-%.64s.1%s", program, command,
                       endings[i]);
        if (command_beside(page, path, sizeof(path), &ignored) && stat(path, &status) == 0)
            (void)execlp("man", "man", path, NULL); /* a name with a slash is a file's */
    }
}
