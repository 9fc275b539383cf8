/* Makes descriptors durable side by side. Threads are made when they are first needed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

struct syncer;

struct syncer *syncer_new(void);
/* Nobody may be in syncer_run. */
void syncer_free(struct syncer *syncer);
DEFINE_CLEANUP(struct syncer *, syncer_free)

/* fsync of all of them; returns when every one is durable, or has failed. Any thread may call it.
 */
bool syncer_run(struct syncer *syncer, const int *fds, size_t count, struct error *err) MUST_CHECK;
