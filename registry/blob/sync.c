/* Many descriptors made durable in the time of a few: the kernel joins flushes that wait together.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "registry/blob/internal.h"

#define THREADS 8

struct syncing {
    const int *fds;
    size_t count;
    atomic_size_t next;
    atomic_int failed; /* an errno, or 0 */
};

static void *sync_main(void *context)
{
    struct syncing *syncing = context;
    for (size_t i; (i = atomic_fetch_add(&syncing->next, 1)) < syncing->count;)
        if (fsync(syncing->fds[i]) != 0)
            atomic_store(&syncing->failed, errno);
    return NULL;
}

bool blob_sync_all(const int *fds, size_t count, struct error *err)
{
    struct syncing syncing = { .fds = fds, .count = count };
    pthread_t threads[THREADS];
    size_t started = 0;
    while (started < THREADS && started + 1 < count &&
           pthread_create(&threads[started], NULL, sync_main, &syncing) == 0)
        started++;
    (void)sync_main(&syncing); /* this thread works too, or alone */
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    errno = atomic_load(&syncing.failed);
    return errno == 0 || error_set_errno(err, "sync the blobs");
}
