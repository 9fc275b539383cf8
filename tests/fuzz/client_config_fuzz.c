/* USES client/cmd/pkg client/store */
/*
 * config.toml, then a NUL, then registries.json. What is accepted always gives one registry;
 * folders for wiring are absolute; a login that is added is there when the files are read again.
 */
#include <string.h>
#include <sys/stat.h>

#include "client/cmd/pkg/config.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The real one is durable, which is of no interest here and slow. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    (void)fd;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct folders folders = { .home = "/home/u", .config = fuzz_folder_get() };
    const uint8_t *split = size ? memchr(data, '\0', size) : NULL;
    size_t first = split ? (size_t)(split - data) : size;
    fuzz_file_put("config.toml", data, first);
    if (split)
        fuzz_file_put("registries.json", split + 1, size - first - 1);
    else
        (void)unlinkat(fuzz_dir, "registries.json", 0);

    struct config config, again;
    struct error err;
    if (!config_load(&folders, arena, &config, &err))
        return 0;
    assert(config_registry(&config, NULL, "acme") && config_registry(&config, NULL, NULL));
    for (const char *const *extra = config.extra; extra && *extra; extra++)
        assert((*extra)[0] == '/');

    const struct registry_login login = { "https://new.example", "me", "file" };
    bool added = config_login_set(&folders, &config, login.url, &login, &err) &&
                 config_load(&folders, arena, &again, &err);
    assert(added && again.logins.count > 0);
    const struct registry_login *last =
        LIST_AT(again.logins, struct registry_login, again.logins.count - 1);
    assert(strcmp(last->url, login.url) == 0 && strcmp(last->login, "me") == 0);
    assert(again.default_registry);
    return 0;
}
