/* A few threads that work, and wait for the disk, in place of others. */
#include "registry/blob/task.h"

#include <pthread.h>

#include "lib/base/mem.h"

#define THREADS     8
#define STACK_BYTES ((size_t)256 * 1024)

struct task_pool {
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    struct task *first;
    pthread_t threads[THREADS];
    size_t thread_count, idle;
    bool ending;
};

struct task_pool *task_pool_new(void)
{
    struct task_pool *pool = xnew(struct task_pool);
    pool->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    pool->work = pool->done = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    return pool;
}

/* With the lock put down meanwhile. */
static void task_do(struct task_pool *pool, struct task *task)
{
    (void)pthread_mutex_unlock(&pool->mutex);
    task->ok = task->run(task->context, &task->err);
    (void)pthread_mutex_lock(&pool->mutex);
    task->done = true;
    (void)pthread_cond_broadcast(&pool->done);
}

/* The oldest that waits, taken out; or NULL. */
static struct task *work_take(struct task_pool *pool)
{
    struct task *first = pool->first;
    if (first)
        pool->first = first->behind;
    return first;
}

static void *thread_main(void *context)
{
    struct task_pool *pool = context;
    (void)pthread_mutex_lock(&pool->mutex);
    while (!pool->ending) {
        struct task *task = work_take(pool);
        if (task) {
            task_do(pool, task);
            continue;
        }
        pool->idle++;
        (void)pthread_cond_wait(&pool->work, &pool->mutex);
        pool->idle--;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* One that cannot be made is not missed: the caller works too. */
static void thread_add(struct task_pool *pool)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_t *thread = &pool->threads[pool->thread_count];
    pool->thread_count += pthread_create(thread, &attributes, thread_main, pool) == 0;
    (void)pthread_attr_destroy(&attributes);
}

static void work_add(struct task_pool *pool, struct task *task)
{
    struct task **last = &pool->first;
    while (*last)
        last = &(*last)->behind;
    *last = task;
    if (pool->idle == 0 && pool->thread_count < THREADS)
        thread_add(pool);
    (void)pthread_cond_signal(&pool->work);
}

/* Whether it still waited. */
static bool work_remove(struct task_pool *pool, const struct task *task)
{
    for (struct task **at = &pool->first; *at; at = &(*at)->behind) {
        if (*at != task)
            continue;
        *at = task->behind;
        return true;
    }
    return false;
}

void task_start(struct task_pool *pool, struct task *task, task_run *run, void *context)
{
    *task = (struct task){ .run = run, .context = context };
    (void)pthread_mutex_lock(&pool->mutex);
    work_add(pool, task);
    (void)pthread_mutex_unlock(&pool->mutex);
}

bool task_wait(struct task_pool *pool, struct task *task, struct error *err)
{
    (void)pthread_mutex_lock(&pool->mutex);
    if (work_remove(pool, task)) /* no thread has come to it: this one does it */
        task_do(pool, task);
    while (!task->done)
        (void)pthread_cond_wait(&pool->done, &pool->mutex);
    (void)pthread_mutex_unlock(&pool->mutex);
    if (!task->ok)
        *err = task->err;
    return task->ok;
}

void task_pool_free(struct task_pool *pool)
{
    if (!pool)
        return;
    (void)pthread_mutex_lock(&pool->mutex);
    pool->ending = true;
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->thread_count; i++)
        (void)pthread_join(pool->threads[i], NULL);
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_cond_destroy(&pool->done);
    (void)pthread_mutex_destroy(&pool->mutex);
    free(pool);
}
