/* USES client/install client/store lib/pack lib/profile */
/*
 * The destination of a wiring directive. Whatever its text, what may be written lies below one of
 * the user's own folders for it, and no step of the way there is "." or "..".
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "client/install/places.h"
#include "lib/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void steps_check(const char *path)
{
    for (const char *at = path; *at;) {
        size_t len = strcspn(at, "/");
        assert(len > 0 && !(len == 1 && at[0] == '.'));
        assert(!(len == 2 && at[0] == '.' && at[1] == '.'));
        at += len + (at[len] == '/');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char *const extra[] = { "/home/u/.own", NULL };
    const struct folders folders = { .home = "/home/u",
                                     .xdg_config = "/home/u/.config",
                                     .config = "/home/u/.config/nono",
                                     .packages = "/home/u/.config/nono/packages" };
    const struct variables variables = { .folders = &folders,
                                         .namespace = "acme",
                                         .name = "web",
                                         .pack_dir = "/home/u/.config/nono/packages/acme/web",
                                         .now = "2026-01-01T00:00:00Z" };
    const char *path;
    struct place place;
    struct error err;
    if (!variables_expand(&variables, arena_strndup(arena, (const char *)data, size), arena, &path,
                          &err) ||
        !place_find(&folders, extra, path, arena, &place, &err))
        return 0;
    assert(place.root[0] == '/' && place.relative[0] != '/');
    steps_check(place.root + 1);
    steps_check(place.relative);
    assert(text_starts(path, "/home/u/"));
    assert(!text_starts(path, "/home/u/.config/nono") || /* where agents leave drafts is theirs */
           text_starts(path, "/home/u/.config/nono/profile-drafts/"));
    assert(text_starts(path, place.root) && text_ends(path, place.relative));
    return 0;
}
