#include "client/cmd/hook_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "sandbox/run/children.h"

#define GRACE_US (2 * CLOCK_SECOND)

struct call {
    const char *script;
    const char *const *envp;
    int64_t seconds;
    sigset_t before;  /* the mask that the script gets */
    sigset_t watched; /* blocked: what would end us, and SIGCHLD */
};

/* What the guard tells. */
struct outcome {
    enum { HOOK_LOST, HOOK_NOT_STARTED, HOOK_ENDED, HOOK_TOO_LONG, HOOK_TOLD } how;
    int detail; /* an errno; how it ended, as waitpid(2) has it */
};

/* What has no effect on us, because whoever started us wants it so, has none on the hook. */
static void signals_take(struct call *call)
{
    static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    struct sigaction action;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &call->before);
    (void)sigemptyset(&call->watched);
    (void)sigaddset(&call->watched, SIGCHLD);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL &&
            !sigismember(&call->before, ends[i]))
            (void)sigaddset(&call->watched, ends[i]);
    (void)pthread_sigmask(SIG_BLOCK, &call->watched, NULL);
}

/* From the terminal, the whole process group has it; but that the terminal is gone only its
 * session's leader is told. */
static bool is_passed_on(const siginfo_t *info)
{
    return info->si_signo == SIGHUP || info->si_code != SI_KERNEL;
}

/* The guard's own. */
struct guard {
    const struct call *call;
    pid_t pid;
    int status;
    bool ended;
};

static int script_start(struct guard *guard)
{
    const struct call *call = guard->call;
    const char *argv[] = { call->script, NULL };
    posix_spawnattr_t attributes;
    int rc = posix_spawnattr_init(&attributes);
    if (rc)
        return rc;
    rc = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    rc = rc ? rc : posix_spawnattr_setsigmask(&attributes, &call->before);
    rc = rc ? rc
            : posix_spawn(&guard->pid, call->script, NULL, &attributes,
                          (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)call->envp);
    (void)posix_spawnattr_destroy(&attributes);
    return rc;
}

static bool has_ended(struct guard *guard)
{
    guard->ended = guard->ended || waitpid(guard->pid, &guard->status, WNOHANG) == guard->pid;
    return guard->ended;
}

/* Reaps those that have ended. Only once the script has. */
static bool others_have_ended(void)
{
    pid_t pid;
    do {
        pid = waitpid(-1, NULL, WNOHANG);
    } while (pid > 0);
    return pid < 0;
}

/* The next signal; 0 when none came in time. */
static int signal_next(const sigset_t *watched, int64_t due_us, siginfo_t *info)
{
    int signal;
    do {
        int64_t left = due_us - clock_monotonic_us();
        left = left > 0 ? left : 0;
        const struct timespec wait = { .tv_sec = left / CLOCK_SECOND,
                                       .tv_nsec = left % CLOCK_SECOND * 1000 };
        signal = sigtimedwait(watched, info, &wait);
    } while (signal < 0 && errno == EINTR); /* we were stopped, and continued */
    return signal > 0 ? signal : 0;
}

/* Until it has ended, its time is up, or a signal says that it is to end. */
static struct outcome script_wait(struct guard *guard)
{
    const struct call *call = guard->call;
    int64_t due_us = clock_monotonic_us() + call->seconds * CLOCK_SECOND;
    for (;;) {
        siginfo_t info;
        int signal = signal_next(&call->watched, has_ended(guard) ? 0 : due_us, &info);
        if (signal == SIGCHLD)
            continue;
        if (signal && !guard->ended && is_passed_on(&info))
            (void)kill(guard->pid, signal);
        if (signal)
            return (struct outcome){ .how = HOOK_TOLD };
        if (guard->ended)
            return (struct outcome){ .how = HOOK_ENDED, .detail = guard->status };
        (void)kill(guard->pid, SIGTERM);
        return (struct outcome){ .how = HOOK_TOO_LONG };
    }
}

/* The script has been told. What it leaves is ours then, and is told too; what is left in the end
 * is killed, and what those leave. */
static void all_end(struct guard *guard)
{
    const sigset_t *watched = &guard->call->watched;
    int64_t due_us = clock_monotonic_us() + GRACE_US;
    const struct children none = { 0 };
    siginfo_t info;
    while (!has_ended(guard) && signal_next(watched, due_us, &info))
        continue;
    if (guard->ended) {
        CLEANUP(children_clear) struct children left;
        children_list(&left);
        for (size_t i = 0; i < left.count; i++)
            (void)kill(left.pids[i], SIGTERM);
        while (!others_have_ended() && signal_next(watched, due_us, &info))
            continue;
    } else {
        (void)kill(guard->pid, SIGKILL);
    }
    size_t on = children_end_all(&none);
    if (on)
        (void)fprintf(stderr, "nono: %zu or more processes of a hook may go on\n", on);
}

/* The kernel tells it when we are killed. */
static struct outcome guard_run(const struct call *call, pid_t parent)
{
    struct guard guard = { .call = call };
    if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0 ||
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        return (struct outcome){ .how = HOOK_NOT_STARTED, .detail = errno };
    if (getppid() != parent)
        return (struct outcome){ .how = HOOK_TOLD };
    int rc = script_start(&guard);
    if (rc)
        return (struct outcome){ .how = HOOK_NOT_STARTED, .detail = rc };
    struct outcome outcome = script_wait(&guard);
    if (outcome.how != HOOK_ENDED)
        all_end(&guard);
    return outcome;
}

/* The guard's end, and what told us to end meanwhile. */
static int guard_wait(pid_t pid, const sigset_t *watched)
{
    int told = 0;
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        siginfo_t info;
        int signal = sigwaitinfo(watched, &info);
        if (signal <= 0 || signal == SIGCHLD)
            continue;
        told = told ? told : signal;
        if (is_passed_on(&info))
            (void)kill(pid, signal);
    }
    return told;
}

static bool outcome_explain(const struct outcome *outcome, int64_t seconds, struct error *err)
{
    switch (outcome->how) {
    case HOOK_NOT_STARTED:
        errno = outcome->detail;
        return error_set_errno(err, "start");
    case HOOK_TOO_LONG:
        return error_set(err, INTERNAL, "it took over %lld seconds", (long long)seconds);
    case HOOK_ENDED:
        if (WIFSIGNALED(outcome->detail))
            return error_set(err, INTERNAL, "ended by signal %d", WTERMSIG(outcome->detail));
        return WEXITSTATUS(outcome->detail) == 0 ||
               error_set(err, INTERNAL, "exit status %d", WEXITSTATUS(outcome->detail));
    case HOOK_LOST:
    case HOOK_TOLD: /* and we were not */
        break;
    }
    return error_set(err, INTERNAL, "it was ended from outside");
}

static bool guarded(const struct call *call, int *out_signal, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set_errno(err, "pipe");
    CLEANUP(closep) int report = ends[0];
    pid_t self = getpid(), pid = fork();
    if (pid == 0) {
        const struct outcome outcome = guard_run(call, self);
        _exit(write(ends[1], &outcome, sizeof(outcome)) < 0);
    }
    int sys = errno;
    (void)close(ends[1]);
    errno = sys;
    if (pid < 0)
        return error_set_errno(err, "fork");
    *out_signal = guard_wait(pid, &call->watched);
    struct outcome outcome;
    if (read(report, &outcome, sizeof(outcome)) != (ssize_t)sizeof(outcome))
        outcome = (struct outcome){ .how = HOOK_LOST };
    if (*out_signal)
        return error_set(err, INTERNAL, "signal %d came while it ran", *out_signal);
    return outcome_explain(&outcome, call->seconds, err);
}

bool hook_watch(const char *script, const char *const *envp, int64_t seconds, int *out_signal,
                struct error *err)
{
    struct call call = { .script = script, .envp = envp, .seconds = seconds };
    *out_signal = 0;
    signals_take(&call);
    bool ok = guarded(&call, out_signal, err);
    (void)pthread_sigmask(SIG_SETMASK, &call.before, NULL);
    return ok;
}
