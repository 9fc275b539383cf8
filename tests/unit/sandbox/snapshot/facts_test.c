/* USES tests/support */
#include "sandbox/snapshot/facts.h"
#include "tests/unit/sandbox/snapshot/world.h"

#define MAX_S  9223372036 /* 2262-04-11 */
#define MIN_S  (-9223372037)
#define MIN_NS 145224192 /* of the second that the earliest time is in */

static void a_time_is_exact_or_the_nearest_there_is(void **unused)
{
    (void)unused;
    static const struct {
        struct timespec time;
        int64_t ns;
        bool exact;
    } cases[] = {
        { { 0, 0 }, 0, true },
        { { 1, 2 }, 1000000002, true },
        { { -1, 999999999 }, -1, true },
        { { -2, 0 }, -2000000000, true },
        { { MAX_S, 854775807 }, INT64_MAX, true },
        { { MAX_S, 854775806 }, INT64_MAX - 1, true },
        { { MAX_S, 854775808 }, INT64_MAX, false },
        { { MAX_S + 1, 0 }, INT64_MAX, false },
        { { INT64_MAX, 999999999 }, INT64_MAX, false },
        { { MIN_S, MIN_NS }, INT64_MIN, true },
        { { MIN_S, MIN_NS + 1 }, INT64_MIN + 1, true },
        { { MIN_S, MIN_NS - 1 }, INT64_MIN, false },
        { { INT64_MIN, 0 }, INT64_MIN, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(facts_time_ns(&cases[i].time) == cases[i].ns);
        struct timespec back = facts_timespec(cases[i].ns);
        assert_true(facts_time_ns(&back) == cases[i].ns);
        if (cases[i].exact)
            assert_true(back.tv_sec == cases[i].time.tv_sec &&
                        back.tv_nsec == cases[i].time.tv_nsec);
    }
}

static time_t time_of(const char *name)
{
    struct stat st;
    assert_int_equal(lstat(path_join(arena, folder, name), &st), 0);
    return st.st_mtim.tv_sec;
}

static void time_set(const char *name, time_t seconds)
{
    const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = seconds } };
    const char *path = path_join(arena, folder, name);
    assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* On a file system that has such times; another holds the last of its own, which is exact. */
static void a_file_of_the_far_future_comes_back(void **unused)
{
    (void)unused;
    static const char *const far[] = { "README", "link", "src/none", "twin" };
    for (size_t i = 0; i < COUNT(far); i++)
        time_set(far[i], MAX_S + 86400);
    time_t had = time_of("README");
    struct snapshot taken = take("a").snapshot;
    tree_put(folder, &(struct tree_item){ 'f', "README", "changed", 0 });
    time_set("link", 1);
    time_set("src/none", 1);
    struct snapshot_restored restored = go_back(&taken);
    assert_int_equal(restored.written, 1);
    assert_true(time_of("README") == (had > MAX_S ? MAX_S : had));
    assert_true(time_of("twin") == had); /* it did not differ, and was left as it is */
    assert_int_equal(faults_of(&taken), 0);
    restored = go_back(&taken);
    assert_int_equal(restored.written + restored.touched, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_exact_or_the_nearest_there_is),
        CASE(a_file_of_the_far_future_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
