/* USES lib/profile */
/*
 * A line with the condition of a `when`, then the text of an os-release. What is of the right shape
 * holds on a platform or does not, and with "!" before it the other way around.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/profile/platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *condition = arena_strndup(arena, (const char *)data, size);
    char *release = strchrnul(condition, '\n');
    if (*release)
        *release++ = '\0';
    struct profile_platform platform = { 0 };
    struct error err;
    bool shape, here, other;
    profile_platform_parse(release, arena, &platform);
    bool ok = profile_when_holds(condition, NULL, &shape, &err);
    assert(profile_when_holds(condition, &platform, &here, &err) == ok && (!ok || shape));
    if (!ok || condition[0] == '!')
        return 0;
    ok = profile_when_holds(arena_printf(arena, "!%s", condition), &platform, &other, &err);
    assert(ok && here != other);
    return 0;
}
