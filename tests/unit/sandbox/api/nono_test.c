/* nono.h as a stranger uses it. */
/* USES sandbox/include */
#include "tests/support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "sandbox/include/nono.h"
#include "tests/support/child.h"

static int confined(void *context)
{
    struct nono_caps *caps = nono_caps_new();
    struct nono_error err;
    unsigned held = 0;
    (void)context;
    if (nono_caps_allow_read(caps, "/usr", 0, &err) != NONO_OK ||
        nono_sandbox_apply(caps, 0, &held, &err) != NONO_OK)
        return 1;
    nono_caps_free(caps);
    if (!(held & NONO_HELD_FILES) || !(held & NONO_HELD_SYSTEM_CALLS))
        return 2;
    int allowed = open("/usr", O_RDONLY | O_CLOEXEC);
    int denied = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    return allowed >= 0 && denied < 0 ? 0 : 3;
}

static void applying_confines_the_process(void **state)
{
    (void)state;
    struct nono_support support = { .size = sizeof(support) };
    assert_int_equal(nono_support(&support, NULL), NONO_OK);
    if (support.landlock_abi == 0)
        skip();
    assert_int_equal(in_child(confined, NULL), 0);
}

static void *thread_wait(void *mutex)
{
    (void)pthread_mutex_lock(mutex);
    (void)pthread_mutex_unlock(mutex);
    return NULL;
}

static void a_process_with_threads_is_refused(void **state)
{
    (void)state;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;
    struct nono_error err;
    struct nono_caps *caps = nono_caps_new();
    (void)pthread_mutex_lock(&mutex);
    assert_int_equal(pthread_create(&thread, NULL, thread_wait, &mutex), 0);
    assert_int_equal(nono_sandbox_apply(caps, 0, NULL, &err), NONO_INVALID);
    (void)pthread_mutex_unlock(&mutex);
    (void)pthread_join(thread, NULL);
    nono_caps_free(caps);
}

static void questions_are_answered_with_reasons(void **state)
{
    (void)state;
    struct nono_result result = { .size = sizeof(result) };
    struct nono_caps *caps = nono_caps_new();
    assert_int_equal(nono_caps_allow_exec(caps, "/usr", 0, NULL), NONO_OK);
    assert_int_equal(nono_caps_allow_write(caps, "/nowhere", NONO_OPTIONAL, NULL), NONO_OK);
    assert_int_equal(nono_query_path(caps, "/usr/bin", NONO_EXECUTE, &result, NULL), NONO_OK);
    assert_true(result.allowed);
    assert_string_equal(result.path, "/usr");
    assert_int_equal(nono_query_path(caps, "/usr/bin", NONO_READ, &result, NULL), NONO_OK);
    assert_string_equal(nono_reason_name(result.reason), "insufficient_access");
    assert_int_equal(nono_query_host(caps, "example.org", 443, &result, NULL), NONO_OK);
    assert_string_equal(nono_reason_name(result.reason), "network_blocked");
    assert_int_equal(nono_caps_set_network(caps, NONO_NETWORK_PROXY, NULL), NONO_OK);
    assert_int_equal(nono_caps_allow_host(caps, "example.org", NULL), NONO_OK);
    assert_int_equal(nono_caps_deny_host(caps, "*.example.org", NULL), NONO_OK);
    assert_int_equal(nono_query_host(caps, "example.org", 443, &result, NULL), NONO_OK);
    assert_true(result.allowed);
    nono_caps_free(caps);
}

static void misuse_and_failures_have_codes(void **state)
{
    (void)state;
    struct nono_error err = { 0 };
    struct nono_result small = { .size = 1 };
    struct nono_caps *caps = nono_caps_new();
    assert_int_equal(nono_caps_allow(NULL, "/", NONO_READ, 0, &err), NONO_INVALID);
    assert_true(err.message[0]);
    assert_int_equal(nono_caps_allow(caps, NULL, NONO_READ, 0, NULL), NONO_INVALID);
    assert_int_equal(nono_caps_deny(caps, "", NONO_READ, NULL), NONO_INVALID);
    assert_int_equal(nono_caps_allow_host(caps, "not a host", NULL), NONO_INVALID);
    assert_int_equal(nono_caps_allow_scope(caps, (enum nono_scope)7, NULL), NONO_INVALID);
    assert_int_equal(nono_query_path(caps, "/", NONO_READ, &small, NULL), NONO_INVALID);
    assert_int_equal(nono_sandbox_apply(caps, 1, NULL, NULL), NONO_INVALID);
    assert_int_equal(nono_caps_allow_scope(caps, NONO_SCOPE_SIGNAL, NULL), NONO_OK);
    assert_int_equal(nono_caps_set_network(caps, NONO_NETWORK_PROXY, NULL), NONO_OK);
    assert_int_equal(nono_sandbox_apply(caps, 0, NULL, &err), NONO_UNSUPPORTED);
    assert_int_equal(nono_caps_allow_read(caps, "/nowhere", 0, NULL), NONO_OK);
    assert_int_equal(nono_sandbox_apply(caps, 0, NULL, &err), NONO_NOT_FOUND);
    assert_null(nono_reason_name(-5));
    nono_caps_free(caps);
    nono_caps_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applying_confines_the_process),
        cmocka_unit_test(a_process_with_threads_is_refused),
        cmocka_unit_test(questions_are_answered_with_reasons),
        cmocka_unit_test(misuse_and_failures_have_codes),
    };
    return cmocka_run_group_tests_name("sandbox/api/nono", tests, NULL, NULL);
}
