#include "registry/http/links.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"

struct link {
    struct links *links;
    struct link *before, *next;
    struct tls *tls;
    int fd;
    _Atomic int64_t late_us; /* 0: never */
};

struct links {
    int64_t timeout_us;
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows; a descriptor is open while its link is in the list */
    pthread_cond_t wake;
    struct link *first;
    bool ending;
};

static void late_shut(const struct links *links)
{
    int64_t now_us = clock_monotonic_us();
    for (struct link *link = links->first; link; link = link->next) {
        int64_t late_us = atomic_load(&link->late_us);
        if (late_us && late_us < now_us) {
            atomic_store(&link->late_us, 0);
            (void)shutdown(link->fd, SHUT_RDWR);
        }
    }
}

static void second_wait(struct links *links)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    (void)pthread_cond_timedwait(&links->wake, &links->mutex, &until);
}

static void *links_main(void *context)
{
    struct links *links = context;
    (void)pthread_mutex_lock(&links->mutex);
    while (!links->ending) {
        if (links->first)
            second_wait(links);
        else
            (void)pthread_cond_wait(&links->wake, &links->mutex);
        late_shut(links);
    }
    (void)pthread_mutex_unlock(&links->mutex);
    return NULL;
}

struct links *links_new(unsigned timeout_s)
{
    struct links *links = xnew(struct links);
    pthread_condattr_t monotonic;
    links->timeout_us = (int64_t)timeout_s * CLOCK_SECOND;
    links->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    if (pthread_condattr_init(&monotonic) != 0 ||
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&links->wake, &monotonic) != 0)
        abort();
    (void)pthread_condattr_destroy(&monotonic);
    if (pthread_create(&links->thread, NULL, links_main, links) == 0)
        return links;
    free(links);
    return NULL;
}

void links_free(struct links *links)
{
    if (!links)
        return;
    (void)pthread_mutex_lock(&links->mutex);
    links->ending = true;
    (void)pthread_cond_signal(&links->wake);
    (void)pthread_mutex_unlock(&links->mutex);
    (void)pthread_join(links->thread, NULL);
    (void)pthread_cond_destroy(&links->wake);
    (void)pthread_mutex_destroy(&links->mutex);
    free(links);
}

struct link *link_open(struct links *links, int fd, struct tls *tls)
{
    struct link *link = xnew(struct link);
    link->links = links;
    link->fd = fd;
    link->tls = tls;
    link_expect(link, clock_monotonic_us(), 0);
    (void)pthread_mutex_lock(&links->mutex);
    link->next = links->first;
    if (link->next)
        link->next->before = link;
    else
        (void)pthread_cond_signal(&links->wake);
    links->first = link;
    (void)pthread_mutex_unlock(&links->mutex);
    return link;
}

void link_close(struct link *link)
{
    if (!link)
        return;
    struct links *links = link->links;
    (void)pthread_mutex_lock(&links->mutex);
    if (link->before)
        link->before->next = link->next;
    else
        links->first = link->next;
    if (link->next)
        link->next->before = link->before;
    (void)pthread_mutex_unlock(&links->mutex);
    free(link);
}

struct tls *link_tls(const struct link *link)
{
    return link->tls;
}

void link_expect(struct link *link, int64_t since_us, uint64_t bytes)
{
    int64_t more_us = (int64_t)(bytes / LINK_BYTES_MIN) * CLOCK_SECOND;
    atomic_store(&link->late_us, since_us + link->links->timeout_us + more_us);
}

void link_receive(struct link *link, uint64_t bytes)
{
    int64_t late_us = atomic_load(&link->late_us);
    int64_t most_us = clock_monotonic_us() + LINK_AHEAD_MAX * link->links->timeout_us;
    int64_t next_us = late_us + (int64_t)(bytes * CLOCK_SECOND / LINK_BYTES_MIN);
    if (late_us) /* or it rests, or is shut */
        atomic_store(&link->late_us, next_us < most_us ? next_us : most_us);
}

void link_rest(struct link *link)
{
    atomic_store(&link->late_us, 0);
}
