/*
 * The registry's background work, on one thread with a database connection of its own: hears of
 * changes by NOTIFY and has the caches drop them, writes the download counts, removes what has run
 * out, and collects blobs that nobody refers to. The checkpoints of the blobs have a second thread.
 */
#pragma once

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "registry/domain/registry.h"

struct job;

struct job_hooks {
    void (*drop)(void *context, const char *tag); /* what has this cache tag changed */
    void (*hearing)(void *context, bool hears);   /* news of changes arrive, or no longer */
    void (*collected)(void *context, uint64_t blobs);
    void *context;
};

struct job_config {
    const char *url;          /* of the database */
    const char *channel;      /* on which changes are told */
    struct registry registry; /* its db is filled in here; the rest is lent */
    struct job_hooks hooks;
};

/* All of the hooks run on the thread with the connection. */
bool job_start(const struct job_config *config, struct job **out, struct error *err) MUST_CHECK;
/* Writes the counts a last time. NULL is allowed. */
void job_stop(struct job *job);
DEFINE_CLEANUP(struct job *, job_stop)
