#include "registry/cmd/guard.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/log.h"
#include "lib/base/record.h"

/* Until one of two is readable (-1: never), or the time is over. True when the first is. */
static bool await(int fd, int other, int limit_ms)
{
    struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = other, .events = POLLIN } };
    int ready;
    do {
        ready = poll(fds, COUNT(fds), limit_ms);
    } while (ready < 0 && errno == EINTR);
    return ready != 0 && fds[0].revents;
}

static void *guard_main(void *context)
{
    const struct guard *guard = context;
    if (guard->told >= 0 && await(guard->lifted, guard->told, -1))
        return NULL;
    if (await(guard->lifted, -1, guard->limit_ms))
        return NULL;
    log_error(guard->event, KV("waited_ms", guard->limit_ms));
    _exit(guard->status);
}

bool guard_stand(struct guard *guard, struct error *err)
{
    guard->lifted = eventfd(0, EFD_CLOEXEC);
    if (guard->lifted < 0)
        return error_set_errno(err, "eventfd");
    guard->stands = pthread_create(&guard->thread, NULL, guard_main, guard) == 0;
    if (guard->stands)
        return true;
    closep(&guard->lifted);
    return error_set(err, UNAVAILABLE, "no thread can be made");
}

void guard_lift(struct guard *guard)
{
    if (!guard->stands)
        return;
    (void)eventfd_write(guard->lifted, 1);
    (void)pthread_join(guard->thread, NULL);
    closep(&guard->lifted);
    guard->stands = false;
}
