/* Typing that is not shown: a signal that ends or stops us meanwhile finds the terminal as it was.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "client/ui/term.h"
#include "lib/base/record.h"

static const int leaving[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM, SIGTSTP };

/* What a handler needs; there is one terminal to type at. */
static struct {
    int fd;
    struct termios shown, hidden;
} typing;

static void on_leaving(int number);

static void handler_set(int number)
{
    struct sigaction action = { .sa_handler = on_leaving, .sa_flags = SA_NODEFER };
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

static void on_leaving(int number)
{
    int sys = errno;
    (void)tcsetattr(typing.fd, TCSANOW, &typing.shown);
    (void)signal(number, SIG_DFL);
    (void)raise(number); /* comes back only from a stop */
    handler_set(number);
    (void)tcsetattr(typing.fd, TCSANOW, &typing.hidden);
    errno = sys;
}

/* A signal that is ignored, or somebody's already, stays so. Which are ours, by bit. */
static unsigned signals_take(void)
{
    unsigned taken = 0;
    for (size_t i = 0; i < COUNT(leaving); i++) {
        struct sigaction before;
        if (sigaction(leaving[i], NULL, &before) != 0 || before.sa_handler != SIG_DFL)
            continue;
        handler_set(leaving[i]);
        taken |= 1U << i;
    }
    return taken;
}

static void signals_give(unsigned taken)
{
    for (size_t i = 0; i < COUNT(leaving); i++)
        if (taken & 1U << i)
            (void)signal(leaving[i], SIG_DFL);
}

bool ui_read_hidden(int fd, const char *prompt, char *out, size_t size, struct error *err)
{
    if (!isatty(fd) || tcgetattr(fd, &typing.shown) != 0)
        return ui_read_line(fd, out, size, err);
    typing.fd = fd;
    typing.hidden = typing.shown;
    typing.hidden.c_lflag &= ~(tcflag_t)ECHO;
    unsigned taken = signals_take();
    /* before the prompt: it throws away what was typed until then */
    (void)tcsetattr(fd, TCSAFLUSH, &typing.hidden);
    fprintf(stderr, "%s: ", prompt);
    bool ok = ui_read_line(fd, out, size, err);
    (void)tcsetattr(fd, TCSADRAIN, &typing.shown);
    signals_give(taken);
    fputc('\n', stderr);
    return ok;
}
