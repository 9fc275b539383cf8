/* USES lib/pack */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/pack/semver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

/* Two lines. Versions print as they were read, and key and comparison agree; ranges do not crash.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = strndup((const char *)data, size);
    char *second = strchrnul(text, '\n');
    if (*second)
        *second++ = '\0';
    struct error err;
    struct semver a, b;
    struct semver_range range;
    bool a_ok = semver_parse(text, &a, &err), b_ok = semver_parse(second, &b, &err);
    if (semver_range_parse(second, &range, &err) && a_ok)
        (void)semver_range_matches(&range, &a);
    if (a_ok) {
        char printed[SEMVER_MAX];
        semver_print(&a, printed);
        assert(strcmp(printed, text) == 0);
    }
    if (a_ok && b_ok) {
        char a_key[SEMVER_KEY_MAX], b_key[SEMVER_KEY_MAX];
        semver_key(&a, a_key);
        semver_key(&b, b_key);
        assert(sign(strcmp(a_key, b_key)) == sign(semver_compare(&a, &b)));
        assert(sign(semver_compare(&a, &b)) == -sign(semver_compare(&b, &a)));
    }
    return 0;
}
