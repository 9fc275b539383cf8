#include "tests/support/test.h"

#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/record.h"
#include "sandbox/proxy/resolver.h"

#define WAITING 64
#define KEPT    8 /* of those that wait, the last of every eight */

/* The system's resolver: names that begin with "slow" are answered when the gate is open. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    size_t asked;
    char names[RESOLVER_THREADS_MAX + WAITING][32];
} system_resolver = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

int __real_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    (void)pthread_mutex_lock(&system_resolver.lock);
    size_t at = system_resolver.asked++;
    (void)snprintf(system_resolver.names[at], sizeof(system_resolver.names[at]), "%s", name);
    (void)pthread_cond_broadcast(&system_resolver.changed);
    while (strncmp(name, "slow", 4) == 0 && !system_resolver.open)
        (void)pthread_cond_wait(&system_resolver.changed, &system_resolver.lock);
    (void)pthread_mutex_unlock(&system_resolver.lock);
    if (strcmp(name, "nowhere") == 0)
        return EAI_NONAME;
    return __real_getaddrinfo("192.0.2.1", service, hints, list);
}

static void wait_until_asked(size_t count)
{
    (void)pthread_mutex_lock(&system_resolver.lock);
    while (system_resolver.asked < count)
        (void)pthread_cond_wait(&system_resolver.changed, &system_resolver.lock);
    (void)pthread_mutex_unlock(&system_resolver.lock);
}

static void gate_set(bool open)
{
    (void)pthread_mutex_lock(&system_resolver.lock);
    system_resolver.open = open;
    (void)pthread_cond_broadcast(&system_resolver.changed);
    (void)pthread_mutex_unlock(&system_resolver.lock);
}

static bool was_asked(const char *name)
{
    bool found = false;
    (void)pthread_mutex_lock(&system_resolver.lock);
    for (size_t i = 0; i < system_resolver.asked; i++)
        found |= strcmp(system_resolver.names[i], name) == 0;
    (void)pthread_mutex_unlock(&system_resolver.lock);
    return found;
}

struct bench {
    struct event_base *base;
    struct resolver *resolver;
};

static int set_up(void **state)
{
    static struct bench bench;
    bench.base = event_base_new();
    assert_ok(resolver_new(bench.base, &bench.resolver, &err));
    system_resolver.asked = 0;
    gate_set(false);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    gate_set(true);
    while (!resolver_stop(bench->resolver)) /* a cancelled one may be on its way back */
        (void)sched_yield();
    event_base_free(bench->base);
    return 0;
}

struct answer {
    bool came;
    size_t count;
    char address[HOST_TEXT_MAX], failure[128];
};

static void on_answer(const struct host *addresses, size_t count, const char *failure,
                      void *argument)
{
    struct answer *answer = argument;
    answer->came = true;
    answer->count = count;
    if (count > 0)
        (void)snprintf(answer->address, sizeof(answer->address), "%s", addresses[0].text);
    (void)snprintf(answer->failure, sizeof(answer->failure), "%s", failure ? failure : "");
}

static struct lookup *start(struct bench *bench, const char *word, size_t number,
                            struct answer *answer)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "%s%zu", word, number);
    return resolver_start(bench->resolver, name, on_answer, answer);
}

static void await(struct bench *bench, const struct answer *answer)
{
    while (!answer->came)
        (void)event_base_loop(bench->base, EVLOOP_ONCE);
}

static void addresses_and_failures_come_back(void **state)
{
    struct bench *bench = *state;
    struct answer found = { 0 }, missing = { 0 };
    (void)resolver_start(bench->resolver, "somewhere", on_answer, &found);
    (void)resolver_start(bench->resolver, "nowhere", on_answer, &missing);
    await(bench, &found);
    await(bench, &missing);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.address, "192.0.2.1");
    assert_string_equal(found.failure, "");
    assert_int_equal(missing.count, 0);
    assert_string_not_equal(missing.failure, "");
}

static bool is_kept(size_t i)
{
    return i % (WAITING / KEPT) == WAITING / KEPT - 1;
}

/* A program that asks for slow names and goes away must not fill memory, nor the threads' time. */
static void a_cancelled_look_up_that_waits_is_gone_and_the_others_go_on(void **state)
{
    struct bench *bench = *state;
    struct answer slow[RESOLVER_THREADS_MAX] = { 0 }, waiting[WAITING] = { 0 };
    struct lookup *lookups[WAITING];
    char name[32];
    for (size_t i = 0; i < RESOLVER_THREADS_MAX; i++)
        (void)start(bench, "slow", i, &slow[i]);
    wait_until_asked(RESOLVER_THREADS_MAX);

    for (size_t i = 0; i < WAITING; i++)
        lookups[i] = start(bench, "waiting", i, &waiting[i]);
    for (size_t i = 0; i < WAITING; i++) {
        if (!is_kept(i))
            lookup_cancel(lookups[i]);
    }
    gate_set(true);
    for (size_t i = 0; i < RESOLVER_THREADS_MAX; i++)
        await(bench, &slow[i]);
    for (size_t i = 0; i < WAITING; i++) {
        if (is_kept(i))
            await(bench, &waiting[i]);
        (void)snprintf(name, sizeof(name), "waiting%zu", i);
        assert_int_equal(waiting[i].came, is_kept(i));
        assert_int_equal(was_asked(name), is_kept(i));
    }
}

static void a_look_up_cancelled_while_it_is_resolved_says_nothing(void **state)
{
    struct bench *bench = *state;
    struct answer cancelled = { 0 }, kept = { 0 }, later = { 0 };
    struct lookup *first = start(bench, "slow", 1, &cancelled);
    (void)start(bench, "slow", 2, &kept);
    wait_until_asked(2);
    lookup_cancel(first);
    gate_set(true);
    await(bench, &kept);
    (void)start(bench, "later", 3, &later);
    await(bench, &later);
    assert_false(cancelled.came);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses_and_failures_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_look_up_that_waits_is_gone_and_the_others_go_on,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_look_up_cancelled_while_it_is_resolved_says_nothing,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
