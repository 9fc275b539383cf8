/*
 * The supervisor. It stays outside the sandbox, so it does little: one poll(2) over signals, the
 * program's end and the report of a failed start.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/limits.h"
#include "lib/base/signals.h"
#include "lib/base/stack.h"
#include "sandbox/policy/plan.h"
#include "sandbox/run/children.h"
#include "sandbox/run/run.h"

static const char step_network[] = "the network";

static bool network_enter(void *context, struct confine_failure *failure)
{
    struct netns_failure why;
    if (run_proxy_enter(context, &why))
        return true;
    *failure =
        (struct confine_failure){ .step = step_network, .detail = (int)why.step, .sys = why.sys };
    return false;
}

void run_confine_network(struct run_proxy *proxy, struct confine_options *options)
{
    options->network_enter = network_enter;
    options->context = proxy;
}

/* What a child that could not start tells through a pipe that exec closes. */
struct start_failure {
    struct confine_failure why;
    int status;
};

static void start(const struct run_spec *spec, struct start_failure *failure)
{
    failure->status = RUN_EXIT_SETUP;
    if (spec->workdir && chdir(spec->workdir) < 0) {
        failure->why = (struct confine_failure){ .step = "the working folder", .sys = errno };
        return;
    }
    if (!confine_enter(spec->confinement, &failure->why))
        return;
    /* Mounts may have come over the folder: its path leads to what is there now. */
    if (spec->workdir && chdir(spec->workdir) < 0) {
        failure->why = (struct confine_failure){ .step = "the working folder", .sys = errno };
        return;
    }
    signals_hand_on();
    execve(spec->program, (char *const *)(uintptr_t)spec->argv,
           (char *const *)(uintptr_t)spec->envp);
    *failure = (struct start_failure){
        .why = { .step = "exec", .sys = errno },
        .status = RUN_EXIT_EXEC,
    };
}

static bool start_failed(const struct run_spec *spec, const struct start_failure *failure,
                         int *status, struct error *err)
{
    *status = failure->status;
    errno = failure->why.sys;
    if (failure->status == RUN_EXIT_EXEC)
        return error_set_errno(err, "%s", spec->program);
    if (failure->why.step == step_network) { /* a copy of ourselves: its pointers are ours */
        struct netns_failure network = { .step = (enum netns_step)failure->why.detail,
                                         .sys = failure->why.sys };
        return netns_explain(&network, err);
    }
    return error_set_errno(err, "the sandbox could not be set up: %s", failure->why.step);
}

static bool descriptors_check(const struct run_spec *spec, struct error *err)
{
    bool open = confine_plan(spec->confinement)->caps->network == NONO_NETWORK_OPEN;
    return children_descriptors_check(open, err);
}

bool run_replace(const struct run_spec *spec, int *status, struct error *err)
{
    struct start_failure failure;
    *status = failure.status = RUN_EXIT_SETUP;
    if (!descriptors_check(spec, err))
        return false;
    failure.why = (struct confine_failure){ .step = "descriptors" };
    failure.why.sys = children_close_descriptors();
    if (!failure.why.sys)
        start(spec, &failure);
    return start_failed(spec, &failure, status, err);
}

struct watch {
    const struct run_spec *spec;
    pid_t pid;
    struct children before;     /* not the program's: who became nono had them */
    int pidfd, signals, report; /* descriptors */
    bool ended;
    int wait_status;
};

_Noreturn static void child_main(const struct run_spec *spec, const struct watch *watch,
                                 pid_t parent, const sigset_t *mask)
{
    struct start_failure failure = { .status = RUN_EXIT_SETUP };
    failure.why = (struct confine_failure){ .step = "the supervisor", .sys = 0 };
    failure.why.sys = children_begin(parent, mask);
    if (!failure.why.sys)
        start(spec, &failure);
    (void)!write(watch->report, &failure, sizeof(failure));
    _exit(failure.status);
}

/* From the terminal, the kernel has signalled the program too. */
static void signal_forward(const struct watch *watch)
{
    struct signalfd_siginfo info;
    if (read(watch->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
        (void)syscall(SYS_pidfd_send_signal, watch->pidfd, (int)info.ssi_signo, NULL, 0);
}

static bool watch_poll(struct watch *watch, bool *out_ended, struct error *err)
{
    struct pollfd polled[2 + RUN_PROXY_POLL_MAX] = {
        { .fd = watch->pidfd, .events = POLLIN },
        { .fd = watch->signals, .events = POLLIN },
    };
    struct run_proxy *proxy = watch->spec->proxy;
    size_t count = 2 + (proxy ? run_proxy_poll(proxy, polled + 2) : 0);
    if (poll(polled, count, -1) < 0 && errno != EINTR)
        return error_set_errno(err, "poll");
    if (polled[1].revents)
        signal_forward(watch);
    struct error failure;
    if (count > 2 && !run_proxy_serve(proxy, &failure)) /* the door is shut: the program goes on */
        (void)fprintf(stderr, "nono: the network: %s\n", failure.message);
    *out_ended = polled[0].revents != 0;
    return true;
}

static bool watch_end(struct watch *watch, struct error *err)
{
    bool ended = false;
    while (!ended)
        if (!watch_poll(watch, &ended, err))
            return false;
    if (waitpid(watch->pid, &watch->wait_status, 0) < 0)
        return error_set_errno(err, "wait for the program");
    watch->ended = true;
    return true;
}

static bool watch_record_start(const struct watch *watch, struct error *err)
{
    const struct run_spec *spec = watch->spec;
    if (!spec->audit)
        return true;
    struct audit_start start = *spec->start;
    start.pid = watch->pid;
    if (spec->describe)
        spec->describe(spec->context, &start);
    return audit_start(spec->audit, &start, err);
}

/* What the child is made of, as one argument. */
struct child {
    const struct run_spec *spec;
    const struct watch *watch;
    pid_t parent;
    const sigset_t *mask;
};

static int child_entry(void *argument)
{
    const struct child *child = argument;
    child_main(child->spec, child->watch, child->parent, child->mask);
}

/* The deepest frames of a start hold a few hundred bytes; links of /proc/self add a path. */
#define CHILD_STACK (24 * KIB)

/*
 * As posix_spawn(3) does it: the child uses our memory, and we wait, until it is another program.
 * No page is copied, or taken from us to be copied later. Should it need more stack than this, what
 * comes below is ours, and free while we wait.
 */
static pid_t child_share(struct child *child)
{
    _Alignas(16) unsigned char stack[CHILD_STACK] UNINITIALIZED;
    return clone(child_entry, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, child);
}

static pid_t child_start(struct child *child)
{
    if (!confine_makes_namespaces(child->spec->confinement))
        return child_share(child);
    pid_t pid = fork();
    if (pid == 0)
        (void)child_entry(child);
    return pid;
}

static bool child_fork(struct watch *watch, const sigset_t *mask, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set_errno(err, "pipe");
    const struct watch end = { .report = ends[1] };
    struct child child = { watch->spec, &end, getpid(), mask };
    watch->pid = child_start(&child);
    int sys = errno;
    (void)close(ends[1]);
    watch->report = ends[0];
    errno = sys;
    if (watch->pid < 0)
        return error_set_errno(err, "fork");
    if (watch->spec->proxy)
        run_proxy_started(watch->spec->proxy);
    watch->pidfd = (int)syscall(SYS_pidfd_open, watch->pid, 0);
    return watch->pidfd >= 0 || error_set_errno(err, "pidfd_open");
}

static void watch_clear(struct watch *watch)
{
    if (watch->pid > 0 && !watch->ended) { /* we failed: so does the program */
        (void)kill(watch->pid, SIGKILL);
        (void)waitpid(watch->pid, NULL, 0);
    }
    closep(&watch->pidfd);
    closep(&watch->signals);
    closep(&watch->report);
    children_clear(&watch->before);
}

static bool watch_open(struct watch *watch, sigset_t *out_before, struct error *err)
{
    sigset_t forwarded;
    children_list(&watch->before);
    children_signals(&forwarded);
    (void)pthread_sigmask(SIG_BLOCK, &forwarded, out_before);
    watch->signals = signalfd(-1, &forwarded, SFD_CLOEXEC | SFD_NONBLOCK);
    if (watch->signals < 0)
        return error_set_errno(err, "signalfd");
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 || error_set_errno(err, "subreaper");
}

/* The program's end, whichever way, to its exit status; and on record. */
static bool watch_close(struct watch *watch, int *status, struct error *err)
{
    const struct run_spec *spec = watch->spec;
    children_end_all(&watch->before, spec->proxy ? run_proxy_pid(spec->proxy) : 0);
    if (spec->proxy)
        run_proxy_stop(spec->proxy);
    confine_clean(spec->confinement);

    struct start_failure failure;
    bool began = read(watch->report, &failure, sizeof(failure)) != (ssize_t)sizeof(failure);
    int signal = WIFSIGNALED(watch->wait_status) ? WTERMSIG(watch->wait_status) : 0;
    *status = signal ? RUN_EXIT_SIGNAL + signal : WEXITSTATUS(watch->wait_status);
    bool recorded = !spec->audit || audit_end(spec->audit, *status, signal, err);
    if (spec->audit && audit_lost(spec->audit))
        (void)fprintf(stderr, "nono: %llu events of this run could not be recorded\n",
                      (unsigned long long)audit_lost(spec->audit));
    if (!began)
        return start_failed(spec, &failure, status, err);
    return recorded || error_prefix(err, "the record of this run");
}

bool run_watch(const struct run_spec *spec, int *status, struct error *err)
{
    CLEANUP(watch_clear)
    struct watch watch = { .spec = spec, .pidfd = -1, .signals = -1, .report = -1 };
    sigset_t before;
    *status = RUN_EXIT_SETUP;
    if (!descriptors_check(spec, err) ||
        (spec->audit && !audit_reserve(spec->audit, spec->start, err)))
        return false;
    bool ok = watch_open(&watch, &before, err) && child_fork(&watch, &before, err) &&
              watch_record_start(&watch, err) && watch_end(&watch, err) &&
              watch_close(&watch, status, err);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}
