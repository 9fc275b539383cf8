"""The process outside: what it does when it is signalled, stopped, left alone or short of room."""
import contextlib
import fcntl
import os
import pty
import resource
import select
import signal
import subprocess
import time

import pytest

from fixtures_sandbox import NONO, sandbox  # noqa: F401

BOTH = pytest.mark.parametrize("verb", ["run", "wrap"])


class Terminal:
    """A terminal of its own, and a program as its session's leader."""

    def __init__(self, sandbox, *words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(sandbox.work)
            for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):  # by who runs the tests under nohup, or behind a script's `&`
                signal.signal(ignored, signal.SIG_DFL)
            os.execve(words[0], words, {**sandbox.environment, "PS1": "READY> ", "TERM": "dumb"})
        self.seen = ""

    def expect(self, text):
        """Reads on until there is text behind what was expected before."""
        end = time.monotonic() + 30
        while text not in self.seen:
            left = end - time.monotonic()
            assert left > 0 and select.select([self.fd], [], [], left)[0], (text, self.seen)
            self.seen += os.read(self.fd, 4096).decode(errors="replace")
        self.seen = self.seen.split(text, 1)[1]

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self):
        """The exit status of the leader."""
        end = time.monotonic() + 30
        while not (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            assert time.monotonic() < end
            time.sleep(0.01)
        return os.waitstatus_to_exitcode(ended[1])

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


@contextlib.contextmanager
def terminal(sandbox, *words):
    made = Terminal(sandbox, *words)
    try:
        yield made
    finally:
        made.close()
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(made.pid, signal.SIGKILL)
            os.waitpid(made.pid, 0)


@contextlib.contextmanager
def interactive_shell(sandbox):
    """One with job control, at its first prompt."""
    with terminal(sandbox, "/bin/bash", "--norc", "--noediting", "-i") as shell:
        shell.expect("READY> ")
        yield shell


STOPS = {
    "itself": "kill -STOP $$",
    "by the terminal's signal": "kill -TSTP $$",
    "with a disposition of its own": "trap '' TSTP; kill -STOP $$",
}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS.keys())
def test_a_program_that_stops_gives_the_terminal_back_and_goes_on_with_it(sandbox, stop):
    with interactive_shell(sandbox) as shell:
        for _ in range(2):
            shell.type(f'{NONO} run -s -- sh -c "{stop.replace("$", chr(92) + "$")}; read line; echo got \\$line; exit 7"\n')
            shell.expect("Stopped")
            shell.expect("READY> ")
            shell.type("echo the shell is $((40 + 2))\n")
            shell.expect("the shell is 42")
            shell.expect("READY> ")
            shell.type("fg\n")
            shell.type("a line\n")
            shell.expect("got a line")
            shell.expect("READY> ")
            shell.type("echo status $?\n")
            shell.expect("status 7")
            shell.expect("READY> ")


def test_the_terminals_own_stop_is_one_stop(sandbox):
    script = "while :; do echo tick; sleep 0.02; done"
    with interactive_shell(sandbox) as shell:
        shell.type(f"{NONO} run -s -- sh -c '{script}'\n")
        for _ in range(5):
            shell.expect("tick\r\n")
            shell.type("\x1a")
            shell.expect("Stopped")
            shell.expect("READY> ")
            shell.type("fg\n")
        shell.expect("tick\r\n")
        shell.type("\x03")
        shell.expect("READY> ")
        shell.type("echo status $?\n")
        shell.expect("status 130")


def test_a_program_may_tidy_up_before_it_stops(sandbox):
    tidy = 'select undef, undef, undef, 0.3; print "tidied\\n"; kill "STOP", $$'
    script = f"$| = 1; $SIG{{TSTP}} = sub {{ {tidy} }}; print qq(up\\n); sleep 1 while 1"
    with interactive_shell(sandbox) as shell:
        shell.type(f"{NONO} run -s -- perl -e '{script}'\n")
        shell.expect("up\r\n")
        shell.type("\x1a")
        shell.expect("tidied\r\n")
        shell.expect("Stopped")
        shell.expect("READY> ")
        shell.type("kill -KILL %1; fg\n")
        shell.expect("READY> ")


def test_a_program_that_does_not_stop_keeps_the_terminal(sandbox):
    wait = 'vec(my $in = "", 0, 1) = 1; 1 until select(my $ready = $in, undef, undef, 0.1) > 0'  # a read may begin before perl looks for signals
    script = f'$| = 1; $SIG{{TSTP}} = sub {{ print "no\\n" }}; print qq(up\\n); {wait}; print "got ", scalar <STDIN>; exit 7'
    with interactive_shell(sandbox) as shell:
        shell.type(f"{NONO} run -s -- perl -e '{script}'\n")
        shell.expect("up\r\n")
        shell.type("\x1a")
        shell.expect("no\r\n")
        shell.type("a line\n")
        shell.expect("got a line")
        shell.expect("READY> ")
        shell.type("echo status $?\n")
        shell.expect("status 7")


def test_the_shell_gets_its_terminal_from_a_program_that_cannot_stop(sandbox):
    block = "use POSIX; sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTSTP))"
    script = f"{block}; $| = 1; print qq(up\\n); select undef, undef, undef, 0.02 while !-e q(go); exit 7"
    with interactive_shell(sandbox) as shell:
        shell.type(f"{NONO} run -s --allow-cwd -- perl -e '{script}'\n")
        shell.expect("up\r\n")
        shell.type("\x1a")
        shell.expect("Stopped")
        shell.expect("READY> ")
        shell.type("touch go; fg; echo status $?\n")
        shell.expect("status 7")


def test_a_stop_that_is_sent_to_the_supervisor_is_the_programs(sandbox):
    script = "trap 'exit 7' TSTP; echo up; while :; do sleep 0.02; done"
    with subprocess.Popen([NONO, "run", "-s", "--", "sh", "-c", script], env=sandbox.environment, cwd=sandbox.work,
                          stdout=subprocess.PIPE, text=True, start_new_session=True) as child:
        try:
            assert child.stdout.readline() == "up\n"
            os.kill(child.pid, signal.SIGTSTP)
            assert child.wait(30) == 7
        finally:
            child.kill()


def test_a_program_in_a_group_of_its_own_goes_on_too(sandbox):
    script = 'setpgrp; kill "STOP", $$; print "got on\\n"; exit 7'
    with interactive_shell(sandbox) as shell:
        shell.type(f"{NONO} run -s -- perl -e '{script}'\n")
        shell.expect("Stopped")
        shell.expect("READY> ")
        shell.type("fg; echo status $?\n")
        shell.expect("got on\r\n")
        shell.expect("status 7")


def test_a_program_that_nobody_could_continue_is_waited_for(sandbox):
    script = "echo $$; kill -STOP $$; exit 7"
    with subprocess.Popen([NONO, "run", "-s", "--", "sh", "-c", script], env=sandbox.environment, cwd=sandbox.work,
                          stdout=subprocess.PIPE, text=True, start_new_session=True) as child:
        program = int(child.stdout.readline())
        while " T " not in open(f"/proc/{program}/stat", encoding="utf-8").read():
            time.sleep(0.01)
        os.kill(program, signal.SIGCONT)
        assert child.wait(30) == 7


OTHERS = ["SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGIO", "SIGPWR"]


@contextlib.contextmanager
def run_of(sandbox, script):
    """A run that has come to its first line, and its standard input, a pipe of which both ends are open."""
    path = sandbox.home / "pipe"
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with path.open("r+b", buffering=0) as pipe, \
            subprocess.Popen([NONO, "run", "-s", "--", "sh", "-c", script], env=sandbox.environment, cwd=sandbox.work,
                             stdin=pipe, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "up\n"
        try:
            yield run, pipe
        finally:
            run.kill()


def send(run, _, name):
    os.kill(run.pid, getattr(signal, name))


def kernel_send(run, pipe, _):
    """As of a descriptor that tells its owner, who became nono, what comes: SIGIO."""
    fcntl.fcntl(pipe, fcntl.F_SETOWN, run.pid)
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    pipe.write(b"x")


@pytest.mark.parametrize("name, how", [*((name, send) for name in ["SIGUSR1", *OTHERS]), ("SIGIO", kernel_send)])
def test_a_signal_that_would_end_the_supervisor_goes_to_the_program(sandbox, name, how):
    """Which may handle it, or ends by it: then the run is over as any other."""
    number = getattr(signal, name)
    for handled, status, told in ((f"trap 'exit 7' {number}", 7, {"status": 7}), (":", 128 + number, {"signal": number})):
        with run_of(sandbox, f"sleep 30 & {handled}; echo up; while :; do sleep 0.05; done") as (run, pipe):
            how(run, pipe, name)
            assert run.wait(30) == status
        end = sandbox.record()[-1]
        assert end["type"] == "end" and told.items() <= end["data"].items()


def test_a_closed_terminal_ends_the_run_of_its_leader(sandbox):
    with terminal(sandbox, NONO, "run", "-s", "--", "sh", "-c", "echo up; while :; do sleep 0.05; done") as leader:
        leader.expect("up")
        leader.close()
        assert leader.wait() == 128 + signal.SIGHUP
    assert sandbox.record()[-1]["data"]["signal"] == signal.SIGHUP


def little_room():
    resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))


def test_a_record_that_grows_over_the_limit_of_files_does_not_end_the_run(sandbox):
    script = ("import socket\nfor i in range(100):\n s = socket.create_connection(('127.0.0.1', 3128))\n"
              " s.sendall(b'CONNECT other.example:443 HTTP/1.1\\r\\nHost: other.example:443\\r\\n\\r\\n'); s.recv(9)\nprint('done')")
    done = sandbox.nono("run", "--allow-domain", "example.org", "--", "/usr/bin/python3", "-c", script, preexec_fn=little_room)
    assert done.returncode > 0 and done.stdout == "done\n"
    assert "could not be recorded" in done.stderr
    assert sandbox.record()[0]["type"] == "start"


@BOTH
def test_the_program_has_the_limits_signal_as_it_was(sandbox, verb):
    for handler, status in ((signal.SIG_DFL, 128 + signal.SIGXFSZ), (signal.SIG_IGN, 1)):
        done = sandbox.sh("head -c 20000 /dev/zero > file; exit $?", "--allow", ".", verb=verb,
                          preexec_fn=lambda handler=handler: (little_room(), signal.signal(signal.SIGXFSZ, handler)))
        assert done.returncode == status, done.stderr


def test_what_forks_for_ever_does_not_hold_up_the_end(sandbox):
    """Chains of processes, each of which is gone when it is looked for; until the test is over."""
    chain = ("use POSIX; $SIG{CHLD} = 'IGNORE'; $end = time + 50; for (1 .. 50) { next if fork; POSIX::setsid(); "
             "while (!-e 'over' && time < $end) { exit if fork } exit } select undef, undef, undef, 0.05; exit 7")
    try:
        done = sandbox.nono("run", "--allow", ".", "--", "perl", "-e", chain, start_new_session=True)
    finally:
        (sandbox.work / "over").touch()
    assert done.returncode == 7
    assert sandbox.record()[-1]["data"]["status"] == 7


LOOP = "for i in 1 2 3; do {words}; echo after $i; done"


def test_ctrl_c_ends_the_script_that_the_program_is_in(sandbox):
    script = LOOP.format(words=f"{NONO} run -s -- perl -e '$| = 1; print qq(up\\n); sleep 300'")
    with terminal(sandbox, "/bin/bash", "-c", script) as shell:
        shell.expect("up")
        shell.type("\x03")
        assert shell.wait() == -signal.SIGINT
    events = sandbox.record()
    assert events[-1]["type"] == "end" and events[-1]["data"]["signal"] == signal.SIGINT


def test_a_program_that_deals_with_ctrl_c_lets_its_script_go_on(sandbox):
    script = LOOP.format(words=f"{NONO} run -s -- sh -c 'trap \"exit 130\" INT; echo up; while :; do sleep 0.02; done'")
    with terminal(sandbox, "/bin/bash", "-c", script) as shell:
        for turn in (1, 2, 3):
            shell.expect("up")
            shell.type("\x03")
            shell.expect(f"after {turn}")
        assert shell.wait() == 0
