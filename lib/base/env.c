#include "lib/base/env.h"

#include <string.h>
#include <unistd.h>

const char *env_get(const char *name)
{
    size_t len = strlen(name);
    for (char *const *entry = environ; entry && *entry; entry++)
        if ((*entry)[0] == name[0] && strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
            return *entry + len + 1;
    return NULL;
}
