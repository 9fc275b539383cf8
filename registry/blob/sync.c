/* A few threads that wait for the disk in place of others. */
#include "registry/blob/sync.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "lib/base/mem.h"

#define THREADS     8
#define STACK_BYTES ((size_t)64 * 1024)

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

/* With the lock put down meanwhile. */
static void one_sync(struct syncer *syncer, struct syncing *syncing)
{
    (void)pthread_mutex_unlock(&syncer->mutex);
    int failed = fdatasync(syncing->fd) != 0 ? errno : 0;
    (void)pthread_mutex_lock(&syncer->mutex);
    syncing->failed = failed;
    syncing->done = true;
    (void)pthread_cond_broadcast(&syncer->done);
}

/* The oldest that waits, taken out; or NULL. */
static struct syncing *work_take(struct syncer *syncer)
{
    struct syncing *first = syncer->first;
    if (first)
        syncer->first = first->behind;
    return first;
}

static void *thread_main(void *context)
{
    struct syncer *syncer = context;
    (void)pthread_mutex_lock(&syncer->mutex);
    while (!syncer->ending) {
        struct syncing *syncing = work_take(syncer);
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
    if (syncer->idle == 0 && syncer->thread_count < THREADS)
        thread_add(syncer);
    (void)pthread_cond_signal(&syncer->work);
}

/* Whether it still waited. */
static bool work_remove(struct syncer *syncer, const struct syncing *syncing)
{
    for (struct syncing **at = &syncer->first; *at; at = &(*at)->behind) {
        if (*at != syncing)
            continue;
        *at = syncing->behind;
        return true;
    }
    return false;
}

void syncer_start(struct syncer *syncer, struct syncing *syncing, int fd)
{
    *syncing = (struct syncing){ .fd = fd };
    (void)pthread_mutex_lock(&syncer->mutex);
    work_add(syncer, syncing);
    (void)pthread_mutex_unlock(&syncer->mutex);
}

bool syncer_wait(struct syncer *syncer, struct syncing *syncing, struct error *err)
{
    (void)pthread_mutex_lock(&syncer->mutex);
    if (work_remove(syncer, syncing)) /* no thread has come to it: this one does it */
        one_sync(syncer, syncing);
    while (!syncing->done)
        (void)pthread_cond_wait(&syncer->done, &syncer->mutex);
    (void)pthread_mutex_unlock(&syncer->mutex);
    errno = syncing->failed;
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
