/*
 * The connections that are open, and when each has to be further than it is: a head that does not
 * end, a body or an answer that goes by the byte would hold its place for good, since libmicrohttpd
 * counts silence alone. A thread looks every second, and shuts down what is late.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct links;
struct link;
struct tls;

/* What a client has to keep up, besides a start of timeout_s. */
#define LINK_BYTES_MIN ((uint64_t)4096)
/* How far ahead of that a body may be, in timeouts: who has sent much at once holds it no longer
 * for that. */
#define LINK_AHEAD_MAX 2

/* NULL when no thread can be made. */
struct links *links_new(unsigned timeout_s);
/* Every link is closed. NULL is allowed. */
void links_free(struct links *links);

/* A connection begins and ends; tls is carried for those who ask for it. From any thread. */
struct link *link_open(struct links *links, int fd, struct tls *tls);
void link_close(struct link *link);
struct tls *link_tls(const struct link *link);

/* Since since_us (of clock_monotonic_us), that many bytes have to go; 0: only a start. */
void link_expect(struct link *link, int64_t since_us, uint64_t bytes);
/* So many have come, of the body that link_expect began to wait for. */
void link_receive(struct link *link, uint64_t bytes);
/* It is ours to go on: nothing is late. */
void link_rest(struct link *link);
