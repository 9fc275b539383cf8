#include "client/cmd/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"

#define ENV_FILE_MAX  (64 * KIB)
#define TIMEOUT_S     30
#define TIMEOUT_S_MAX 3600
#define GRACE_MS      2000

static bool script_check(const char *path, struct error *err)
{
    struct stat st, folder;
    if (path[0] != '/')
        return error_set(err, INVALID, "the path must be absolute");
    if (lstat(path, &st) < 0)
        return error_set_errno(err, "stat");
    if (!S_ISREG(st.st_mode))
        return error_set(err, INVALID, "not a regular file");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return error_set(err, DENIED, "owned by another user");
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return error_set(err, DENIED, "others may write it");
    if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
        return error_set(err, INVALID, "not executable");
    char parent[PATH_MAX];
    size_t len = (size_t)(strrchr(path, '/') - path);
    (void)snprintf(parent, sizeof(parent), "%.*s", len ? (int)len : 1, path);
    if (stat(parent, &folder) < 0)
        return error_set_errno(err, "stat %s", parent);
    return !(folder.st_mode & S_IWOTH) ||
           error_set(err, DENIED, "everybody may write to its folder");
}

/* Waits; true when the process has ended within the time. */
static bool wait_ended(int pidfd, int timeout_ms)
{
    struct pollfd polled = { .fd = pidfd, .events = POLLIN };
    int rc;
    do {
        rc = poll(&polled, 1, timeout_ms);
    } while (rc < 0 && errno == EINTR);
    return rc > 0;
}

static bool script_wait(pid_t pid, int64_t timeout_s, struct error *err)
{
    CLEANUP(closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    int64_t seconds = timeout_s > 0 && timeout_s <= TIMEOUT_S_MAX ? timeout_s : TIMEOUT_S;
    bool in_time = pidfd >= 0 && wait_ended(pidfd, (int)(seconds * 1000));
    if (!in_time) {
        (void)kill(pid, SIGTERM);
        if (pidfd < 0 || !wait_ended(pidfd, GRACE_MS))
            (void)kill(pid, SIGKILL);
    }
    int status = 0;
    if (waitpid(pid, &status, 0) < 0)
        return error_set_errno(err, "wait");
    if (!in_time)
        return error_set(err, UNAVAILABLE, "it took over %lld seconds", (long long)seconds);
    if (WIFSIGNALED(status))
        return error_set(err, UNAVAILABLE, "ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status) == 0 ||
           error_set(err, UNAVAILABLE, "exit status %d", WEXITSTATUS(status));
}

struct hook_call {
    const char *type;
    const char *session;
    int env_file;  /* -1: none */
    int exit_code; /* -1: none */
};

static bool script_run(const struct policy *policy, const struct profile_hook *hook,
                       const struct hook_call *call, struct error *err)
{
    struct arena *arena = policy->arena;
    size_t count = 0;
    while (environ[count])
        count++;
    const char **envp = ARENA_ARRAY(arena, const char *, count + 6);
    memcpy(envp, environ, count * sizeof(*envp));
    envp[count++] = arena_printf(arena, "NONO_SESSION_ID=%s", call->session);
    envp[count++] = arena_printf(arena, "NONO_WORKDIR=%s", policy->options.workdir);
    envp[count++] = arena_printf(arena, "NONO_HOOK_TYPE=%s", call->type);
    if (call->env_file >= 0)
        envp[count++] =
            arena_printf(arena, "NONO_ENV_FILE=/proc/%d/fd/%d", (int)getpid(), call->env_file);
    if (call->exit_code >= 0)
        envp[count++] = arena_printf(arena, "NONO_EXIT_CODE=%d", call->exit_code);
    const char *argv[] = { hook->script, NULL };
    pid_t pid;
    if (!script_check(hook->script, err))
        return false;
    errno = posix_spawn(&pid, hook->script, NULL, NULL, (char *const *)(uintptr_t)argv,
                        (char *const *)(uintptr_t)envp);
    if (errno)
        return error_set_errno(err, "start");
    return script_wait(pid, hook->timeout_s, err);
}

static bool is_variable_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool letter = (name[i] >= 'A' && name[i] <= 'Z') || (name[i] >= 'a' && name[i] <= 'z');
        if (!letter && name[i] != '_' && (i == 0 || name[i] < '0' || name[i] > '9'))
            return false;
    }
    return len > 0;
}

/* Lines NAME=VALUE. */
static bool values_read(int fd, struct arena *arena, struct list *out, struct error *err)
{
    const char *text;
    size_t len, lines = 1;
    if (!file_read(fd, ENV_FILE_MAX, arena, &text, &len, err))
        return false;
    if (strlen(text) != len || !text_is_utf8(text, len))
        return error_set(err, INVALID, "NONO_ENV_FILE is not text");
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    struct environment_value *values = ARENA_ARRAY(arena, struct environment_value, lines);
    for (const char *at = text; *at;) {
        size_t line = strcspn(at, "\n"), name = strcspn(at, "=");
        if (line && (name >= line || !is_variable_name(at, name)))
            return error_set(err, INVALID, "NONO_ENV_FILE: a line is not NAME=VALUE");
        if (line) {
            values[out->count++] = (struct environment_value){
                arena_strndup(arena, at, name),
                arena_strndup(arena, at + name + 1, line - name - 1),
            };
        }
        at += line + (at[line] == '\n');
    }
    out->items = values;
    return true;
}

bool hook_before(const struct policy *policy, const char *session, struct list *out,
                 struct error *err)
{
    const struct profile_hook *hook = &policy->profile->hook_before;
    if (!hook->script)
        return true;
    CLEANUP(closep) int file = memfd_create("nono-env", MFD_CLOEXEC);
    struct hook_call call = {
        .type = "before", .session = session, .env_file = file, .exit_code = -1
    };
    if (file < 0)
        return error_set_errno(err, "memfd_create");
    if (!script_run(policy, hook, &call, err))
        return error_prefix(err, "the hook %s", hook->script);
    return lseek(file, 0, SEEK_SET) == 0 && values_read(file, policy->arena, out, err);
}

void hook_after(const struct policy *policy, const char *session, int exit_code)
{
    const struct profile_hook *hook = &policy->profile->hook_after;
    struct hook_call call = {
        .type = "after", .session = session, .env_file = -1, .exit_code = exit_code
    };
    struct error err;
    if (hook->script && !script_run(policy, hook, &call, &err))
        (void)fprintf(stderr, "nono: the hook %s: %s\n", text_escape(hook->script, policy->arena),
                      text_escape(err.message, policy->arena));
}
