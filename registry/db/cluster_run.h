/* The processes of the private cluster: who runs them, how they start and how they end. */
#pragma once

#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

struct runner {
    const char *bin_dir;
    uid_t uid;
    gid_t gid;
    const char *user; /* for messages */
};

/* Finds PostgreSQL's programs, of the version that data was made with, and an unprivileged user. */
bool runner_init(struct runner *runner, const char *bin_dir, const char *data, struct arena *arena,
                 struct error *err) MUST_CHECK;
/* DENIED when that user cannot come to a folder. */
bool runner_check_reach(const struct runner *runner, const char *path, struct error *err)
    MUST_CHECK;
/* Starts args[0] of bin_dir; its output is appended to log. It is told to end when we do. */
bool runner_spawn(const struct runner *runner, const char *const *args, const char *log, pid_t *out,
                  struct error *err) MUST_CHECK;

/* A pidfd, or -1. */
int process_watch(pid_t pid);
/* PostgreSQL's fast shutdown, then the immediate one, then SIGKILL. False when it never was. */
bool process_end(int watch, int wait_ms);
/* Stops the server that still runs in data though nobody minds it. */
bool orphan_stop(const char *data, struct arena *arena, struct error *err) MUST_CHECK;
/*
 * Makes the lock files of a server that is gone ours, when another process has its number now. Only
 * for who knows that there is no server: who holds the folder, after orphan_stop.
 */
bool lock_files_take(const char *data, const char *socket_lock, struct arena *arena,
                     struct error *err) MUST_CHECK;
