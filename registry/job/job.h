/*
 * The registry's background work, on one thread with a database connection of its own: hears of
 * changes by NOTIFY and has the caches drop them, writes the download counts, and removes what has
 * run out. A second thread makes the checkpoints of the blobs, and collects those that nobody
 * refers to whenever nobody publishes.
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

/* drop and hearing run on the thread that listens, collected on the other. */
bool job_start(const struct job_config *config, struct job **out, struct error *err) MUST_CHECK;
/* Writes the counts a last time. NULL is allowed. */
void job_stop(struct job *job);
DEFINE_CLEANUP(struct job *, job_stop)
