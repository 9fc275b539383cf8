#include "sandbox/proxy/resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>

#include "lib/base/mem.h"

struct lookup {
    TAILQ_ENTRY(lookup) link;
    char name[HOST_TEXT_MAX];
    struct resolver *resolver;
    bool waits;          /* no thread has it yet; under the resolver's lock */
    resolver_done *done; /* NULL once cancelled; the loop's thread alone looks at it */
    void *context;
    struct host *addresses; /* of RESOLVER_ADDRESSES_MAX, once there is one: most only wait */
    size_t count;
    char failure[128]; /* "" for none */
};

TAILQ_HEAD(lookups, lookup);

struct resolver {
    int wake; /* eventfd: a look-up is finished */
    struct event *woken;
    pthread_t threads[RESOLVER_THREADS_MAX];
    size_t thread_count;

    pthread_mutex_t lock; /* over all below */
    pthread_cond_t work;
    struct lookups waiting, finished;
    size_t queued, idle, running;
    bool stop;
};

static void lookup_free(struct lookup *lookup)
{
    free(lookup->addresses);
    free(lookup);
}

static bool address_add(struct lookup *lookup, const struct sockaddr *address)
{
    struct host host;
    if (address->sa_family == AF_INET)
        host_of_ipv4(&((const struct sockaddr_in *)(const void *)address)->sin_addr, &host);
    else if (address->sa_family == AF_INET6)
        host_of_ipv6(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, &host);
    else
        return true;
    if (lookup->count == RESOLVER_ADDRESSES_MAX)
        return false;
    if (!lookup->addresses)
        lookup->addresses = xcalloc(RESOLVER_ADDRESSES_MAX, sizeof(*lookup->addresses));
    lookup->addresses[lookup->count++] = host;
    return true;
}

static void look_up(struct lookup *lookup)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    int code = getaddrinfo(lookup->name, NULL, &hints, &list);
    const char *failure = code == 0 ? NULL : gai_strerror(code);
    for (const struct addrinfo *item = list; item && !failure; item = item->ai_next) {
        if (!address_add(lookup, item->ai_addr))
            failure = "Too many addresses";
    }
    if (list)
        freeaddrinfo(list);
    if (!failure && lookup->count == 0)
        failure = "No address";
    (void)snprintf(lookup->failure, sizeof(lookup->failure), "%s", failure ? failure : "");
}

/* With the lock held. */
static void waiting_remove(struct lookup *lookup)
{
    struct resolver *resolver = lookup->resolver;
    TAILQ_REMOVE(&resolver->waiting, lookup, link);
    resolver->queued--;
    lookup->waits = false;
}

/* Waits for a look-up; NULL when the resolver stops. */
static struct lookup *work_take(struct resolver *resolver)
{
    (void)pthread_mutex_lock(&resolver->lock);
    resolver->idle++;
    while (!resolver->stop && TAILQ_EMPTY(&resolver->waiting))
        (void)pthread_cond_wait(&resolver->work, &resolver->lock);
    resolver->idle--;
    struct lookup *lookup = resolver->stop ? NULL : TAILQ_FIRST(&resolver->waiting);
    if (lookup) {
        waiting_remove(lookup);
        resolver->running++;
    }
    (void)pthread_mutex_unlock(&resolver->lock);
    return lookup;
}

static void work_give(struct resolver *resolver, struct lookup *lookup)
{
    (void)pthread_mutex_lock(&resolver->lock);
    TAILQ_INSERT_TAIL(&resolver->finished, lookup, link);
    resolver->running--;
    (void)pthread_mutex_unlock(&resolver->lock);
    (void)eventfd_write(resolver->wake, 1);
}

static void *thread_main(void *argument)
{
    struct resolver *resolver = argument;
    struct lookup *lookup;
    while ((lookup = work_take(resolver))) {
        look_up(lookup);
        work_give(resolver, lookup);
    }
    return NULL;
}

static void lookup_finish(struct lookup *lookup)
{
    bool failed = lookup->failure[0] != '\0';
    if (lookup->done)
        lookup->done(lookup->addresses, failed ? 0 : lookup->count, failed ? lookup->failure : NULL,
                     lookup->context);
    lookup_free(lookup);
}

static struct lookup *finished_take(struct resolver *resolver)
{
    (void)pthread_mutex_lock(&resolver->lock);
    struct lookup *lookup = TAILQ_FIRST(&resolver->finished);
    if (lookup)
        TAILQ_REMOVE(&resolver->finished, lookup, link);
    (void)pthread_mutex_unlock(&resolver->lock);
    return lookup;
}

static void on_wake(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct resolver *resolver = argument;
    struct lookup *lookup;
    eventfd_t count;
    (void)eventfd_read(fd, &count);
    while ((lookup = finished_take(resolver)))
        lookup_finish(lookup);
}

bool resolver_new(struct event_base *base, struct resolver **out, struct error *err)
{
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0)
        return error_set_errno(err, "eventfd");
    struct resolver *resolver = xnew(struct resolver);
    resolver->wake = wake;
    resolver->woken = event_new(base, wake, EV_READ | EV_PERSIST, on_wake, resolver);
    (void)event_add(resolver->woken, NULL);
    (void)pthread_mutex_init(&resolver->lock, NULL);
    (void)pthread_cond_init(&resolver->work, NULL);
    TAILQ_INIT(&resolver->waiting);
    TAILQ_INIT(&resolver->finished);
    *out = resolver;
    return true;
}

static void lookups_free(struct lookups *lookups)
{
    struct lookup *lookup;
    while ((lookup = TAILQ_FIRST(lookups))) {
        TAILQ_REMOVE(lookups, lookup, link);
        lookup_free(lookup);
    }
}

bool resolver_stop(struct resolver *resolver)
{
    (void)pthread_mutex_lock(&resolver->lock);
    resolver->stop = true;
    bool busy = resolver->running > 0;
    (void)pthread_cond_broadcast(&resolver->work);
    (void)pthread_mutex_unlock(&resolver->lock);
    if (busy)
        return false;

    for (size_t i = 0; i < resolver->thread_count; i++)
        (void)pthread_join(resolver->threads[i], NULL);
    lookups_free(&resolver->waiting);
    lookups_free(&resolver->finished);
    event_free(resolver->woken);
    (void)close(resolver->wake);
    (void)pthread_cond_destroy(&resolver->work);
    (void)pthread_mutex_destroy(&resolver->lock);
    free(resolver);
    return true;
}

struct lookup *resolver_start(struct resolver *resolver, const char *name, resolver_done *done,
                              void *context)
{
    struct lookup *lookup = xnew(struct lookup);
    (void)snprintf(lookup->name, sizeof(lookup->name), "%s", name);
    lookup->resolver = resolver;
    lookup->waits = true;
    lookup->done = done;
    lookup->context = context;

    (void)pthread_mutex_lock(&resolver->lock);
    TAILQ_INSERT_TAIL(&resolver->waiting, lookup, link);
    resolver->queued++;
    bool more = resolver->queued > resolver->idle && resolver->thread_count < RESOLVER_THREADS_MAX;
    (void)pthread_cond_signal(&resolver->work);
    (void)pthread_mutex_unlock(&resolver->lock);

    pthread_t *thread = &resolver->threads[resolver->thread_count];
    if (more && pthread_create(thread, NULL, thread_main, resolver) == 0)
        resolver->thread_count++;
    return lookup;
}

void lookup_cancel(struct lookup *lookup)
{
    struct resolver *resolver = lookup->resolver;
    (void)pthread_mutex_lock(&resolver->lock);
    bool waits = lookup->waits;
    if (waits)
        waiting_remove(lookup);
    (void)pthread_mutex_unlock(&resolver->lock);
    if (waits)
        lookup_free(lookup);
    else
        lookup->done = NULL; /* a thread has it, or is done with it: the loop frees it */
}
