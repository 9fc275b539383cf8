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
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/asan.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
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

static bool workdir_enter(const struct run_spec *spec, struct start_failure *failure)
{
    if (!spec->workdir || chdir(spec->workdir) == 0)
        return true;
    failure->why = (struct confine_failure){ .step = "the working folder", .sys = errno };
    return false;
}

static void start(const struct run_spec *spec, struct start_failure *failure)
{
    failure->status = RUN_EXIT_SETUP;
    if (!workdir_enter(spec, failure) || !confine_enter(spec->confinement, &failure->why))
        return;
    /* Mounts may have come over the folder: its path leads to what is there now. */
    if (confine_makes_namespaces(spec->confinement) && !workdir_enter(spec, failure))
        return;
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
    struct children before; /* not the program's: who became nono had them */
    sigset_t mask_before;
    int pidfd, signals, report; /* descriptors */
    bool recorded;              /* that the program has started */
    bool ended;
    int wait_status;
    int64_t stop_due_us; /* when the program, told by the terminal, is to have stopped; or 0 */
};

/* What a program may take to stop that does nothing else about the signal. */
#define STOP_PATIENCE_US ((int64_t)500 * 1000)

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

/* From the terminal, the kernel has signalled the program too; but that the terminal is gone it
 * tells none but the session's leader, who may be us. Neither does a timer or a limit come to
 * another than us. */
static bool is_passed_on(const struct signalfd_siginfo *info)
{
    switch (info->ssi_signo) {
    case SIGCHLD:
    case SIGCONT:
        return false;
    case SIGINT:
    case SIGQUIT:
    case SIGTSTP:
    case SIGWINCH:
        return info->ssi_code != SI_KERNEL;
    default:
        return true;
    }
}

static void signal_send(const struct watch *watch, int signal)
{
    (void)syscall(SYS_pidfd_send_signal, watch->pidfd, signal, NULL, 0);
}

/* What has become of the program of these (WSTOPPED, WCONTINUED): CLD_..., or 0. */
static int program_news(const struct watch *watch, int kinds)
{
    siginfo_t info = { 0 };
    if (waitid(P_PID, (id_t)watch->pid, &info, kinds | WNOHANG) < 0 || info.si_pid == 0)
        return 0;
    return info.si_code;
}

/*
 * Once, however often we were told to meanwhile: what is pending goes when we continue. The kernel
 * stops nobody this way whom no shell could continue (an orphaned process group).
 */
static void stop_oneself(void)
{
    const struct sigaction usual = { .sa_handler = SIG_DFL };
    struct sigaction before;
    sigset_t stop, mask;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTSTP);
    (void)sigaction(SIGTSTP, &usual, &before);
    (void)raise(SIGTSTP); /* is held until it is let through, and others with it */
    (void)pthread_sigmask(SIG_UNBLOCK, &stop, &mask);
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
    (void)sigaction(SIGTSTP, &before, NULL);
}

/*
 * The shell that started us knows us alone: when the program stops we do, so that it gives the
 * terminal to somebody else; and when it continues us, the program goes on, wherever that has put
 * itself. It may have been continued with us.
 */
static void stops_follow(struct watch *watch, bool continued)
{
    bool stopped = !continued && program_news(watch, WSTOPPED);
    if (continued && program_news(watch, WSTOPPED | WCONTINUED) != CLD_CONTINUED)
        signal_send(watch, SIGCONT);
    if (continued || stopped)
        watch->stop_due_us = 0;
    if (stopped)
        stop_oneself();
}

/* Whoever had children leaves them to us, and the run may be long. */
static void orphans_reap(const struct watch *watch)
{
    const struct run_proxy *proxy = watch->spec->proxy;
    children_reap(&watch->before, watch->pid, proxy ? run_proxy_pid(proxy) : 0);
}

/* ended: the program has. Then who is left is seen to at the end. */
static void signals_read(struct watch *watch, bool ended)
{
    struct signalfd_siginfo info;
    bool child = false, continued = false;
    while (read(watch->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        child = child || info.ssi_signo == SIGCHLD;
        continued = continued || info.ssi_signo == SIGCONT;
        if (is_passed_on(&info))
            signal_send(watch, (int)info.ssi_signo);
        else if (info.ssi_signo == SIGTSTP)
            watch->stop_due_us = clock_monotonic_us() + STOP_PATIENCE_US;
    }
    if (child && !ended)
        orphans_reap(watch);
    if ((child && !ended) || continued)
        stops_follow(watch, continued);
}

/* For poll: until when the terminal's stop is the program's own affair. */
static int patience_ms(const struct watch *watch)
{
    int64_t left = watch->stop_due_us - clock_monotonic_us();
    if (!watch->stop_due_us)
        return -1;
    return left > 0 ? (int)(left / 1000) + 1 : 0;
}

/* A program that handles the signal may go on. Any other ought to have stopped, but in a vfork(2)
 * it cannot; the shell gets its terminal all the same. */
static void patience_end(struct watch *watch)
{
    watch->stop_due_us = 0;
    if (!children_has_own_way(watch->pid, SIGTSTP))
        stop_oneself();
}

static bool watch_poll(struct watch *watch, bool *out_ended, struct error *err)
{
    struct pollfd polled[2 + RUN_PROXY_POLL_MAX] = {
        { .fd = watch->pidfd, .events = POLLIN },
        { .fd = watch->signals, .events = POLLIN },
    };
    struct run_proxy *proxy = watch->spec->proxy;
    size_t count = 2 + (proxy ? run_proxy_poll(proxy, polled + 2) : 0);
    if (poll(polled, count, patience_ms(watch)) < 0 && errno != EINTR)
        return error_set_errno(err, "poll");
    *out_ended = polled[0].revents != 0;
    if (polled[1].revents)
        signals_read(watch, *out_ended);
    if (!polled[0].revents && patience_ms(watch) == 0)
        patience_end(watch);
    struct error failure;
    if (count > 2 && !run_proxy_serve(proxy, &failure)) /* the door is shut: the program goes on */
        (void)fprintf(stderr, "nono: the network: %s\n", failure.message);
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

static bool watch_record_start(struct watch *watch, struct error *err)
{
    const struct run_spec *spec = watch->spec;
    if (!spec->audit)
        return true;
    struct audit_start start = *spec->start;
    start.pid = watch->pid;
    if (spec->describe)
        spec->describe(spec->context, &start);
    watch->recorded = audit_start(spec->audit, &start, err);
    return watch->recorded;
}

/* What the child is made of, as one argument. */
struct child {
    const struct run_spec *spec;
    const struct watch *watch;
    pid_t parent;
};

static int child_entry(void *argument)
{
    const struct child *child = argument;
    child_main(child->spec, child->watch, child->parent, &child->watch->mask_before);
}

/*
 * The parent sleeps, but since Linux 6.12 a sleeper leaves its processor's queue when the next
 * choice falls on it. Until then exec(2) takes the processor for busy, and moves the program to
 * another one, which has to be woken and has nothing of it in its caches. So the choice is made
 * here.
 */
static int child_sharing(void *argument)
{
    (void)sched_yield();
    return child_entry(argument);
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
    pid_t pid =
        clone(child_sharing, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, child);
    /* its frames did not end, so their bounds still stand here and below */
    ASAN_UNPOISON_MEMORY_REGION((void *)((uintptr_t)stack - CHILD_STACK), 2 * CHILD_STACK);
    return pid;
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

static bool child_fork(struct watch *watch, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set_errno(err, "pipe");
    const struct watch end = { .report = ends[1], .mask_before = watch->mask_before };
    struct child child = { watch->spec, &end, getpid() };
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

static void program_kill(struct watch *watch)
{
    if (watch->pid > 0 && !watch->ended) {
        (void)kill(watch->pid, SIGKILL);
        (void)waitpid(watch->pid, NULL, 0);
    }
    watch->ended = true;
}

static void watch_clear(struct watch *watch)
{
    closep(&watch->pidfd);
    closep(&watch->signals);
    closep(&watch->report);
    children_clear(&watch->before);
}

static bool watch_open(struct watch *watch, const sigset_t *watched, struct error *err)
{
    children_list(&watch->before);
    watch->signals = signalfd(-1, watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (watch->signals < 0)
        return error_set_errno(err, "signalfd");
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 || error_set_errno(err, "subreaper");
}

static bool watch_record_end(const struct watch *watch, int status, int signal, struct error *err)
{
    struct audit *audit = watch->spec->audit;
    bool recorded = !watch->recorded || audit_end(audit, status, signal, err);
    if (audit && audit_lost(audit))
        (void)fprintf(stderr, "nono: %llu events of this run could not be recorded\n",
                      (unsigned long long)audit_lost(audit));
    return recorded || error_prefix(err, "the record of this run");
}

/* What the program leaves behind: processes, placeholders. Those that go on are held by the
 * placeholders; another run takes them over. */
static void watch_sweep(const struct watch *watch)
{
    size_t left = children_end_all(&watch->before);
    if (left == 0) {
        confine_clean(watch->spec->confinement);
        return;
    }
    (void)fprintf(stderr,
                  "nono: the program left processes that could not be ended in %d seconds; "
                  "%zu or more may go on, as confined as before\n",
                  CHILDREN_PATIENCE_S, left);
}

/*
 * The network is shut first, so that the proxy's last events come before the end on record; and
 * that is there before what is left is ended, which may take its time.
 */
static bool watch_finish(const struct watch *watch, int status, int signal, struct error *err)
{
    if (watch->spec->proxy)
        run_proxy_stop(watch->spec->proxy);
    bool recorded = watch_record_end(watch, status, signal, err);
    watch_sweep(watch);
    return recorded;
}

static void record_not_started(const struct watch *watch, const struct start_failure *failure)
{
    struct error why;
    int status;
    if (watch->recorded && !start_failed(watch->spec, failure, &status, &why))
        run_record_not_started(watch->spec->audit, why.message);
}

/* The program's end, whichever way, to its exit status; and on record. */
static bool watch_close(struct watch *watch, int *status, int *signal, struct error *err)
{
    struct start_failure failure;
    bool began = read(watch->report, &failure, sizeof(failure)) != (ssize_t)sizeof(failure);
    *signal = WIFSIGNALED(watch->wait_status) ? WTERMSIG(watch->wait_status) : 0;
    *status = *signal ? RUN_EXIT_SIGNAL + *signal : WEXITSTATUS(watch->wait_status);
    if (!began)
        record_not_started(watch, &failure);
    bool recorded = watch_finish(watch, *status, *signal, err);
    return began ? recorded : start_failed(watch->spec, &failure, status, err);
}

/* A program that cannot be watched does not go on, nor does anything of it. */
static bool watch_abandon(struct watch *watch)
{
    struct error ignored; /* what failed before is what is told */
    program_kill(watch);
    (void)!watch_finish(watch, RUN_EXIT_SETUP, 0, &ignored);
    return false;
}

/* What came when the program was gone is nobody's: the status is the program's. */
static void signals_forget(const struct watch *watch)
{
    struct signalfd_siginfo info;
    while (read(watch->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        continue;
}

bool run_watch(const struct run_spec *spec, int *status, int *signal, struct error *err)
{
    CLEANUP(watch_clear)
    struct watch watch = { .spec = spec, .pidfd = -1, .signals = -1, .report = -1 };
    sigset_t watched;
    *status = RUN_EXIT_SETUP;
    *signal = 0;
    if (!descriptors_check(spec, err) ||
        (spec->audit && !audit_reserve(spec->audit, spec->start, err)))
        return false;
    children_signals_take(&watch.mask_before, &watched);
    bool ok = watch_open(&watch, &watched, err) && child_fork(&watch, err) &&
              watch_record_start(&watch, err);
    if (ok)
        confine_entered(spec->confinement); /* while the program runs */
    ok = (ok && watch_end(&watch, err)) || watch_abandon(&watch);
    ok = ok && watch_close(&watch, status, signal, err);
    signals_forget(&watch);
    (void)pthread_sigmask(SIG_SETMASK, &watch.mask_before, NULL);
    return ok;
}
