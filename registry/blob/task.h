/* Work that a few threads do while its owner does something else. They are made when needed. */
#pragma once

#include <stdbool.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

struct task_pool;

typedef bool task_run(void *context, struct error *err);

/* One piece of work, from task_start to task_wait. Its fields are the pool's. */
struct task {
    task_run *run;
    void *context;
    bool done, ok;
    struct error err;
    struct task *behind;
};

struct task_pool *task_pool_new(void);
/* Nothing may be under way. */
void task_pool_free(struct task_pool *pool);
DEFINE_CLEANUP(struct task_pool *, task_pool_free)

/*
 * Begins to call run, and returns; task and context stay where they are until task_wait, which has
 * to follow and returns what run did. Any thread may call; work that waits for other work may not.
 */
void task_start(struct task_pool *pool, struct task *task, task_run *run, void *context);
bool task_wait(struct task_pool *pool, struct task *task, struct error *err) MUST_CHECK;
