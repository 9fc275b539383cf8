/*
 * Responses kept in memory: finished libmicrohttpd responses by address, each with the tag whose
 * change makes it stale. Bounded by bytes and entries; the ones least lately used go first.
 */
#pragma once

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;
struct metrics;
struct route;

/* One answer, shared by the cache and the requests that are being answered with it. */
struct cached {
    atomic_int references; /* 1 at first */
    struct MHD_Response *response;
    struct MHD_Response *not_modified; /* the 304 of the same entity */
    const struct route *route;
    uint64_t size;  /* what it counts against the cache's bytes */
    uint64_t len;   /* of the body */
    char etag[96];  /* without quotes */
    char count[64]; /* response.count, or "" */
};

/* Gives a reference back. */
void cached_release(struct cached *cached);

/* What it does is counted in metrics, which outlive it. */
struct cache *cache_new(size_t max_bytes, struct metrics *metrics);
void cache_free(struct cache *cache);

/* Off, nothing is found nor kept. On at first. */
void cache_enable(struct cache *cache, bool enabled);

/* What is kept for an address, with a reference for the caller; NULL when there is nothing. */
struct cached *cache_get(struct cache *cache, const char *uri);

/* The number of drops so far; taken before a handler reads what it answers. */
uint64_t cache_generation(struct cache *cache);
/*
 * Takes a reference of its own. Not kept when something was dropped since generation, as the
 * answer may be older than the drop.
 */
void cache_keep(struct cache *cache, const char *uri, const char *tag, uint64_t generation,
                struct cached *cached);
/* Forgets what has a tag; NULL and "*" forget everything. */
void cache_drop(struct cache *cache, const char *tag);
