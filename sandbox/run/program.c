#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "sandbox/run/run.h"

bool run_find_program(const char *name, const char *path, char *out, struct error *err)
{
    if (!name[0])
        return error_set(err, INVALID, "the program has no name");
    if (strchr(name, '/')) {
        int len = snprintf(out, PATH_MAX, "%s", name);
        if (len < 0 || len >= PATH_MAX)
            return error_set(err, INVALID, "the program's path is too long");
        if (file_is_program(out))
            return true;
        return faccessat(AT_FDCWD, out, F_OK, AT_EACCESS) == 0
                   ? error_set(err, NOT_FOUND, "%s is not a program", name)
                   : error_set_errno(err, "%s", name);
    }
    for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin"; at;) {
        size_t len = strcspn(at, ":");
        int used = len ? snprintf(out, PATH_MAX, "%.*s/%s", (int)len, at, name)
                       : snprintf(out, PATH_MAX, "./%s", name);
        if (used > 0 && used < PATH_MAX && file_is_program(out))
            return true;
        at = at[len] ? at + len + 1 : NULL;
    }
    return error_set(err, NOT_FOUND, "there is no program \"%.128s\" on the PATH", name);
}
