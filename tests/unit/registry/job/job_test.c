/* USES registry/db registry/blob registry/auth registry/domain lib/base */
/* The background thread against a real database, with its chores and the time replaced. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "lib/base/clock.h"
#include "registry/job/job.h"
#include "tests/support/world.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char events[200];
static atomic_llong ahead_us; /* of the real time */
static atomic_bool lose;      /* the next flush finds its connection lost */

static void event_add(const char *name)
{
    (void)pthread_mutex_lock(&lock);
    size_t used = strlen(events);
    (void)snprintf(events + used, sizeof(events) - used, "%s ", name);
    (void)pthread_mutex_unlock(&lock);
}

static void events_await(const char *expected)
{
    for (bool same = false; !same;) {
        const struct timespec pause = { .tv_nsec = 5000000 };
        (void)pthread_mutex_lock(&lock);
        same = strcmp(events, expected) == 0;
        bool other = strncmp(events, expected, strlen(events)) != 0;
        (void)pthread_mutex_unlock(&lock);
        if (other)
            fail_msg("expected \"%s\", there was \"%s\"", expected, events);
        (void)nanosleep(&pause, NULL);
    }
}

int64_t __real_clock_monotonic_us(void);
int64_t __wrap_clock_monotonic_us(void);
int64_t __wrap_clock_monotonic_us(void)
{
    return __real_clock_monotonic_us() + atomic_load(&ahead_us);
}

bool __wrap_downloads_flush(struct downloads *downloads, struct db *db, struct error *err);
bool __wrap_downloads_flush(struct downloads *downloads, struct db *db, struct error *err)
{
    (void)downloads;
    if (!atomic_exchange(&lose, false))
        return true;
    event_add("lost");
    return db_run_script(db, "SELECT pg_terminate_backend(pg_backend_pid())", err);
}

bool __wrap_auth_sweep(struct db *db, struct error *err);
bool __wrap_auth_sweep(struct db *db, struct error *err)
{
    event_add("sweep");
    return db_run_script(db, "SELECT 1", err);
}

static void drop(void *context, const char *tag)
{
    (void)context;
    event_add(tag);
}

static void hearing(void *context, bool hears)
{
    (void)context;
    event_add(hears ? "hears" : "deaf");
}

static void collected(void *context, uint64_t blobs)
{
    (void)context, (void)blobs;
}

/* Else the next chore would make the connection again, without LISTEN, and nobody would notice. */
static void a_connection_that_a_chore_loses_is_listened_on_anew(void **state)
{
    (void)state;
    const struct job_config config = {
        .url = cluster_url(world.cluster),
        .channel = "changes",
        .registry = world.registry,
        .hooks = { drop, hearing, collected, NULL },
    };
    struct job *job = NULL;
    assert_ok(job_start(&config, &job, &err));
    events_await("hears ");
    atomic_store(&lose, true);
    atomic_store(&ahead_us, 700 * CLOCK_SECOND); /* flush and sweep are due in one pass */
    world_run("NOTIFY changes, 'one'");
    events_await("hears one lost deaf hears ");
    world_run("NOTIFY changes, 'two'");
    events_await("hears one lost deaf hears two sweep ");
    job_stop(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_a_chore_loses_is_listened_on_anew),
    };
    return cmocka_run_group_tests_name("registry/job/job", tests, world_open, world_close);
}
