#include "registry/job/job.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "registry/auth/session.h"
#include "registry/blob/blob.h"
#include "registry/db/db.h"
#include "registry/domain/downloads.h"
#include "registry/domain/fsck.h"

#define RECONNECT_MS  1000
#define BLOB_AGE_S    3600 /* a blob that is younger may belong to a publish that goes on */
#define TICK_MS       5000
#define FLUSH_EVERY_S 5
#define CHECKPOINT_MS 30000 /* of what was published since; bounds the replay after a crash */
#define SWEEP_EVERY_S 600
#define BLOBS_EVERY_S 3600

struct job {
    struct job_config config;
    struct registry keepers; /* the keeper's, whose database is another connection */
    pthread_t thread, keeper;
    bool started, keeping;
    int wake; /* an eventfd: readable when the threads are to end */
};

static bool flush(struct job *job, struct error *err)
{
    struct registry *registry = &job->config.registry;
    return !registry->downloads || downloads_flush(registry->downloads, registry->db, err);
}

static bool sweep(struct job *job, struct error *err)
{
    return auth_sweep(job->config.registry.db, err);
}

/* What is done every so often. */
static const struct chore {
    const char *name;
    int64_t every_s;
    bool (*run)(struct job *job, struct error *err);
} chores[] = {
    { "downloads", FLUSH_EVERY_S, flush },
    { "sweep", SWEEP_EVERY_S, sweep },
};

/*
 * A chore that fails is told of and done again at its next time. With the connection lost the rest
 * waits: the next statement would make a new one, on which nobody listens.
 */
static bool chores_run(struct job *job, int64_t due_us[COUNT(chores)], struct error *err)
{
    int64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < COUNT(chores); i++) {
        if (now_us < due_us[i])
            continue;
        due_us[i] = now_us + chores[i].every_s * CLOCK_SECOND;
        if (chores[i].run(job, err))
            continue;
        if (err->kind == ERROR_UNAVAILABLE)
            return error_prefix(err, "%s", chores[i].name);
        log_warn("job.failed", KV("job", chores[i].name), KV("error", err->message));
    }
    return true;
}

static bool is_ending(const struct job *job, int wait_ms)
{
    struct pollfd wake = { .fd = job->wake, .events = POLLIN };
    return poll(&wake, 1, wait_ms) > 0;
}

/* Everything on one connection; returns when it is lost, or at the end. */
static bool attend(struct job *job, int64_t due_us[COUNT(chores)], struct error *err)
{
    struct job_hooks *hooks = &job->config.hooks;
    struct db *db = job->config.registry.db;
    if (!db_listen(db, job->config.channel, err))
        return false;
    hooks->hearing(hooks->context, true);
    while (!is_ending(job, 0)) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *tag;
        if (!db_wait(db, TICK_MS, job->wake, arena, &tag, err))
            return false;
        if (tag)
            hooks->drop(hooks->context, tag);
        if (!chores_run(job, due_us, err)) /* however much there is to hear */
            return false;
    }
    return flush(job, err);
}

static bool connected(struct job *job, int64_t due_us[COUNT(chores)], struct error *err)
{
    struct registry *registry = &job->config.registry;
    CLEANUP(db_closep) struct db *db = NULL;
    if (!db_open(job->config.url, &db, err))
        return false;
    registry->db = db;
    bool ok = attend(job, due_us, err);
    registry->db = NULL;
    return ok;
}

static void *job_main(void *context)
{
    struct job *job = context;
    struct job_hooks *hooks = &job->config.hooks;
    int64_t due_us[COUNT(chores)];
    for (size_t i = 0; i < COUNT(chores); i++)
        due_us[i] = clock_monotonic_us() + chores[i].every_s * CLOCK_SECOND;
    for (struct error err; !connected(job, due_us, &err);) {
        log_warn("job.disconnected", KV("error", err.message));
        hooks->hearing(hooks->context, false);
        if (is_ending(job, RECONNECT_MS))
            break;
    }
    return NULL;
}

/* On a connection of its own, which lasts as long as it does. *done is false while others publish.
 */
static bool collect(struct job *job, bool *done, struct error *err)
{
    struct registry *registry = &job->keepers;
    CLEANUP(db_closep) struct db *db = NULL;
    uint64_t removed;
    *done = false;
    if (!db_open(job->config.url, &db, err))
        return false;
    registry->db = db;
    if (!blob_collect(registry->blobs, BLOB_AGE_S, fsck_blob_wanted, registry, done, &removed, err))
        return false;
    if (removed > 0)
        log_info("blobs.collected", KV("count", (int64_t)removed));
    if (*done)
        job->config.hooks.collected(job->config.hooks.context, removed);
    return true;
}

/* What may wait for a disk or for who publishes has a thread of its own: we must not go deaf. */
static void *keeper_main(void *context)
{
    struct job *job = context;
    int64_t due_us = clock_monotonic_us() + BLOBS_EVERY_S * CLOCK_SECOND;
    while (!is_ending(job, CHECKPOINT_MS)) {
        struct error err;
        bool done = true;
        if (!blob_store_checkpoint(job->keepers.blobs, &err))
            log_warn("job.failed", KV("job", "checkpoint"), KV("error", err.message));
        if (clock_monotonic_us() < due_us)
            continue;
        if (!collect(job, &done, &err)) {
            log_warn("job.failed", KV("job", "collect"), KV("error", err.message));
            done = true; /* at its next time, as any chore */
        }
        if (done)
            due_us = clock_monotonic_us() + BLOBS_EVERY_S * CLOCK_SECOND;
    }
    return NULL;
}

bool job_start(const struct job_config *config, struct job **out, struct error *err)
{
    CLEANUP(job_stopp) struct job *job = xnew(struct job);
    job->config = *config;
    job->keepers = config->registry;
    job->wake = eventfd(0, EFD_CLOEXEC);
    if (job->wake < 0)
        return error_set_errno(err, "eventfd");
    if (pthread_create(&job->thread, NULL, job_main, job) != 0)
        return error_set(err, UNAVAILABLE, "cannot start the background thread");
    job->started = true;
    if (pthread_create(&job->keeper, NULL, keeper_main, job) != 0)
        return error_set(err, UNAVAILABLE, "cannot start the background thread");
    job->keeping = true;
    *out = STEAL(job);
    return true;
}

void job_stop(struct job *job)
{
    if (!job)
        return;
    if (job->started) {
        (void)eventfd_write(job->wake, 1);
        (void)pthread_join(job->thread, NULL);
    }
    if (job->keeping)
        (void)pthread_join(job->keeper, NULL);
    closep(&job->wake);
    free(job);
}
