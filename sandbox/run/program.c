#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/text.h"
#include "sandbox/run/run.h"

/* "dir/name", from folder when that is relative. An empty dir is the folder itself, as in PATH. */
static bool candidate_make(const char *folder, const char *dir, size_t len, const char *name,
                           char *out)
{
    bool from = folder && (len ? *dir : *name) != '/';
    *out = '\0';
    return (!from || (text_append(out, PATH_MAX, folder, strlen(folder)) &&
                      text_append(out, PATH_MAX, "/", 1))) &&
           (!len || (text_append(out, PATH_MAX, dir, len) && text_append(out, PATH_MAX, "/", 1))) &&
           text_append(out, PATH_MAX, name, strlen(name));
}

bool run_find_program(const char *name, const char *path, const char *folder, char *out,
                      struct error *err)
{
    if (!name[0])
        return error_set(err, INVALID, "the program has no name");
    if (strchr(name, '/')) {
        if (!candidate_make(folder, "", 0, name, out))
            return error_set(err, INVALID, "the program's path is too long");
        if (file_is_program(out))
            return true;
        return faccessat(AT_FDCWD, out, F_OK, AT_EACCESS) == 0
                   ? error_set(err, NOT_FOUND, "%s is not a program", name)
                   : error_set_errno(err, "%s", name);
    }
    for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin"; at;) {
        size_t len = strcspn(at, ":");
        bool fits = len ? candidate_make(folder, at, len, name, out)
                        : candidate_make(folder, ".", 1, name, out);
        if (fits && file_is_program(out))
            return true;
        at = at[len] ? at + len + 1 : NULL;
    }
    return error_set(err, NOT_FOUND, "there is no program \"%.128s\" on the PATH", name);
}
