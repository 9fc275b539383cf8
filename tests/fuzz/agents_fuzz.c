/* USES client/profile client/store */
/* agents.toml: every choice in it is found, but for a file by a relative path, which is refused; a
 * new one is added, and the others stay. */
#include <string.h>

#include "client/profile/profiles.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    (void)fd; /* durability is of no interest here, and slow */
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct profile_env env = { .config_dir = fuzz_folder_get() };
    struct list before;
    struct error err;
    const char *found;
    fuzz_file_put("agents.toml", data, size);
    if (!profiles_default_list(&env, arena, &before, &err))
        return 0;
    bool ok = profiles_default_set(&env, "/usr/bin/new one", "codex", &err) &&
              profiles_default_find(&env, "new one", arena, &found, &err);
    assert((ok && strcmp(found, "codex") == 0) || err.kind == ERROR_TOO_LARGE);
    LIST_FOREACH (before, struct profile_variable, choice) {
        if (strchr(choice->name, '/') || strcmp(choice->name, "new one") == 0)
            continue;
        enum profile_syntax syntax;
        bool relative = profile_syntax_of(choice->value, &syntax) && choice->value[0] != '/';
        ok = profiles_default_find(&env, choice->name, arena, &found, &err);
        assert(relative ? !ok && err.kind == ERROR_INVALID
                        : ok && found && strcmp(found, choice->value) == 0);
    }
    return 0;
}
