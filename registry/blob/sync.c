/*
 * Many descriptors made durable in the time of a few: the kernel joins flushes that wait together.
 * The threads that wait are kept, since to make one costs as much as it saves.
 */
#include "registry/blob/sync.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "lib/base/mem.h"

#define THREADS     8
#define STACK_BYTES ((size_t)64 * 1024)

/* Some descriptors of one caller. */
struct syncing {
    const int *fds;
    size_t count, next, done;
    int failed; /* an errno, or 0 */
    struct syncing *behind;
};

struct syncer {
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    struct syncing *first;
    pthread_t threads[THREADS];
    size_t thread_count, idle;
    bool ending;
};

struct syncer *syncer_new(void)
{
    struct syncer *syncer = xnew(struct syncer);
    syncer->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    syncer->work = syncer->done = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    return syncer;
}

/* Takes one descriptor and syncs it, with the lock put down meanwhile. */
static void one_sync(struct syncer *syncer, struct syncing *syncing)
{
    int fd = syncing->fds[syncing->next++];
    (void)pthread_mutex_unlock(&syncer->mutex);
    int failed = fsync(fd) != 0 ? errno : 0;
    (void)pthread_mutex_lock(&syncer->mutex);
    if (failed)
        syncing->failed = failed;
    if (++syncing->done == syncing->count)
        (void)pthread_cond_broadcast(&syncer->done);
}

/* The oldest that has a descriptor which nobody has taken. */
static struct syncing *work_find(struct syncer *syncer)
{
    struct syncing *at = syncer->first;
    while (at && at->next == at->count)
        at = at->behind;
    return at;
}

static void *thread_main(void *context)
{
    struct syncer *syncer = context;
    (void)pthread_mutex_lock(&syncer->mutex);
    while (!syncer->ending) {
        struct syncing *syncing = work_find(syncer);
        if (syncing) {
            one_sync(syncer, syncing);
            continue;
        }
        syncer->idle++;
        (void)pthread_cond_wait(&syncer->work, &syncer->mutex);
        syncer->idle--;
    }
    (void)pthread_mutex_unlock(&syncer->mutex);
    return NULL;
}

/* One that cannot be made is not missed: the caller works too. */
static void thread_add(struct syncer *syncer)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_t *thread = &syncer->threads[syncer->thread_count];
    syncer->thread_count += pthread_create(thread, &attributes, thread_main, syncer) == 0;
    (void)pthread_attr_destroy(&attributes);
}

static void work_add(struct syncer *syncer, struct syncing *syncing)
{
    struct syncing **last = &syncer->first;
    while (*last)
        last = &(*last)->behind;
    *last = syncing;
    size_t helpers = syncing->count - 1;
    while (syncer->idle < helpers && syncer->thread_count < THREADS) {
        size_t before = syncer->thread_count;
        thread_add(syncer);
        if (syncer->thread_count == before)
            break;
        helpers--;
    }
    for (size_t i = 0; i < helpers && i < syncer->idle; i++)
        (void)pthread_cond_signal(&syncer->work);
}

static void work_remove(struct syncer *syncer, const struct syncing *syncing)
{
    struct syncing **at = &syncer->first;
    while (*at != syncing)
        at = &(*at)->behind;
    *at = syncing->behind;
}

bool syncer_run(struct syncer *syncer, const int *fds, size_t count, struct error *err)
{
    if (count == 0)
        return true;
    struct syncing syncing = { .fds = fds, .count = count };
    (void)pthread_mutex_lock(&syncer->mutex);
    work_add(syncer, &syncing);
    while (syncing.next < count) /* this thread works too, or alone */
        one_sync(syncer, &syncing);
    while (syncing.done < count)
        (void)pthread_cond_wait(&syncer->done, &syncer->mutex);
    work_remove(syncer, &syncing);
    (void)pthread_mutex_unlock(&syncer->mutex);
    errno = syncing.failed;
    return errno == 0 || error_set_errno(err, "sync the blobs");
}

void syncer_free(struct syncer *syncer)
{
    if (!syncer)
        return;
    (void)pthread_mutex_lock(&syncer->mutex);
    syncer->ending = true;
    (void)pthread_cond_broadcast(&syncer->work);
    (void)pthread_mutex_unlock(&syncer->mutex);
    for (size_t i = 0; i < syncer->thread_count; i++)
        (void)pthread_join(syncer->threads[i], NULL);
    (void)pthread_cond_destroy(&syncer->work);
    (void)pthread_cond_destroy(&syncer->done);
    (void)pthread_mutex_destroy(&syncer->mutex);
    free(syncer);
}
