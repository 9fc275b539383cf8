/* Syncs a descriptor while its owner does something else. Threads are made when they are needed. */
#pragma once

#include <stdbool.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

struct syncer;

/* One sync, from syncer_start to syncer_wait. Its fields are the syncer's. */
struct syncing {
    int fd;
    bool done;
    int failed; /* an errno, or 0 */
    struct syncing *behind;
};

struct syncer *syncer_new(void);
/* Nobody may be syncing. */
void syncer_free(struct syncer *syncer);
DEFINE_CLEANUP(struct syncer *, syncer_free)

/*
 * Begins to fdatasync, and returns; syncing stays where it is until syncer_wait, which has to
 * follow and returns when the descriptor's file is durable, or has failed. Any thread may call.
 */
void syncer_start(struct syncer *syncer, struct syncing *syncing, int fd);
bool syncer_wait(struct syncer *syncer, struct syncing *syncing, struct error *err) MUST_CHECK;
