"""Session hooks: what they are given, and that nothing of them stays behind."""
import os
import pathlib
import signal
import subprocess
import time

import pytest

from fixtures_sandbox import NONO, sandbox  # noqa: F401
from test_run import ignored
from test_supervisor import interactive_shell

ENDS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])


def script(folder, name, text, mode=0o755):
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(mode)
    return path


def hooked(sandbox, before="", after="", timeout=30):
    hooks = {"before": script(sandbox.home, "before", before), "after": script(sandbox.home, "after", after)}
    lines = [f"{name} = {{script = '{path}', timeout_secs = {timeout}}}\n" for name, path in hooks.items()]
    return sandbox.profile("".join(["[session_hooks]\n", *lines]))


def running(sandbox):
    """Every process that was started with this sandbox's home, wherever it has put itself."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if f"HOME={sandbox.home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            pass
    return found


def wait_until_stopped(pids):
    """The shell hears of one; another that has not had its turn yet would read what is typed next."""
    pids, end = list(pids), time.monotonic() + 30
    while any(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T" for pid in pids):
        assert time.monotonic() < end, pids
        time.sleep(0.01)


def start(sandbox, profile, **options):
    return subprocess.Popen([NONO, "run", "-s", "--profile", profile, "--block-net", "--", "echo", "ran"],
                            env=sandbox.environment, cwd=sandbox.work, stdout=subprocess.PIPE, text=True, **options)


def usual():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def without_hangups():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def test_hooks_run_outside_and_pass_variables_in(sandbox):
    profile = hooked(sandbox, 'echo "GREETING=hello $NONO_HOOK_TYPE" > "$NONO_ENV_FILE"\n',
                     f'echo "$NONO_EXIT_CODE" > {sandbox.home}/ended\n')
    done = sandbox.sh('echo "$GREETING"; exit 9', "--profile", profile, "--block-net")
    assert (done.returncode, done.stdout) == (9, "hello before\n"), done.stderr
    assert (sandbox.home / "ended").read_text() == "9\n"


@pytest.mark.parametrize("text,mode,status", [("exit 1\n", 0o755, 126), ("kill -KILL $$\n", 0o755, 126),
                                              ("exit 0\n", 0o644, 2), ("exit 0\n", 0o777, 4),
                                              ('echo nonsense > "$NONO_ENV_FILE"\n', 0o755, 126)])
def test_a_program_does_not_start_when_the_hook_before_fails(sandbox, text, mode, status):
    profile = hooked(sandbox, text)
    (sandbox.home / "before").chmod(mode)
    done = sandbox.sh("echo started", "--profile", profile, "--block-net")
    assert (done.returncode, done.stdout) == (status, "") and f"the hook {sandbox.home}/before" in done.stderr


def test_the_status_is_the_programs_when_the_hook_after_fails(sandbox):
    done = sandbox.sh("exit 9", "--profile", hooked(sandbox, after="exit 3\n"), "--block-net")
    assert done.returncode == 9 and f"the hook {sandbox.home}/after: exit status 3" in done.stderr


STAYERS = {
    "in the background": "sleep 61 & sleep 62",
    "in a session of its own": "setsid -f sleep 61; exec sleep 62",
    "behind a shell that does not want to end": "trap '' TERM; sleep 61 & while :; do sleep 1; done",
    "with a parent that has ended": "(trap '' TERM; (sleep 61 & sleep 62) & ) ; exec sleep 63",
}


@pytest.mark.parametrize("text", STAYERS.values(), ids=STAYERS.keys())
def test_a_hook_that_takes_too_long_is_ended_with_all_that_it_started(sandbox, text):
    done = sandbox.sh("echo ran", "--profile", hooked(sandbox, text, timeout=1), "--block-net")
    assert (done.returncode, done.stdout) == (126, "") and "it took over 1 seconds" in done.stderr
    assert running(sandbox) == []


def test_a_hook_after_that_takes_too_long_is_ended_and_told(sandbox):
    done = sandbox.sh("exit 9", "--profile", hooked(sandbox, after="sleep 61 & sleep 62", timeout=1), "--block-net")
    assert done.returncode == 9 and "it took over 1 seconds" in done.stderr
    assert running(sandbox) == []


def test_what_a_hook_starts_and_leaves_in_time_goes_on(sandbox):
    done = sandbox.sh("echo ran", "--profile", hooked(sandbox, "sleep 61 >/dev/null 2>&1 &\n"), "--block-net")
    assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr
    left = running(sandbox)
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert len(left) == 1


@pytest.mark.parametrize("which", ["before", "after"])
@ENDS
def test_a_signal_during_a_hook_ends_it_and_nono(sandbox, number, which):
    profile = hooked(sandbox, **{which: "echo up; sleep 71 & exec sleep 72\n"})
    with start(sandbox, profile, preexec_fn=usual, start_new_session=True) as child:
        lines = ["up\n"] if which == "before" else ["ran\n", "up\n"]
        assert [child.stdout.readline() for _ in lines] == lines
        child.send_signal(number)
        assert child.wait(30) == -number
        assert running(sandbox) == [] and child.stdout.read() == ""


def test_a_hook_is_told_by_the_signal_and_may_tidy_up(sandbox):
    profile = hooked(sandbox, "trap 'echo tidied; exit 0' TERM; echo up; while :; do sleep 0.02; done\n")
    with start(sandbox, profile, preexec_fn=usual) as child:
        assert child.stdout.readline() == "up\n"
        child.terminate()
        assert child.wait(30) == -signal.SIGTERM
        assert child.stdout.read() == "tidied\n"


def test_a_signal_during_the_hook_before_leaves_no_placeholder(sandbox):
    """Denied paths have theirs by then."""
    profile = hooked(sandbox, "ls -A; exec sleep 71\n")
    with open(profile, "a", encoding="utf-8") as file:
        file.write("[filesystem]\nallow = ['$WORKDIR']\ndeny = ['$WORKDIR/.env']\n")
    with start(sandbox, profile, preexec_fn=usual) as child:
        assert child.stdout.readline() == ".env\n"
        child.terminate()
        assert child.wait(30) == -signal.SIGTERM
    assert list(sandbox.work.iterdir()) == []


def test_a_signal_that_is_ignored_ends_neither(sandbox):
    profile = hooked(sandbox, "echo up; while [ ! -e go ]; do sleep 0.02; done\n")
    with start(sandbox, profile, preexec_fn=without_hangups) as child:
        assert child.stdout.readline() == "up\n"
        child.send_signal(signal.SIGHUP)
        (sandbox.work / "go").touch()
        assert child.wait(30) == 0 and child.stdout.read() == "ran\n"


def test_a_hook_ends_with_a_nono_that_is_killed(sandbox):
    with start(sandbox, hooked(sandbox, "echo up; sleep 71 & exec sleep 72\n"), preexec_fn=usual) as child:
        assert child.stdout.readline() == "up\n"
        child.kill()
        assert child.wait(30) == -signal.SIGKILL
        end = time.monotonic() + 30
        while running(sandbox):
            assert time.monotonic() < end
            time.sleep(0.02)


def test_a_hook_may_ask_on_the_terminal(sandbox):
    text = 'printf "%s" "name? "; read name; echo "GREETING=hello $name" > "$NONO_ENV_FILE"\n'
    with interactive_shell(sandbox) as shell:
        shell.type(f"{NONO} run -s --profile {hooked(sandbox, text)} --block-net -- sh -c 'echo $GREETING; exit 7'\n")
        shell.expect("name? ")
        shell.type("you\n")
        shell.expect("hello you\r\n")
        shell.type("echo status $?\n")
        shell.expect("status 7")


def test_the_terminals_interrupt_ends_a_hook_and_nono(sandbox):
    with interactive_shell(sandbox) as shell:
        shell.type(f"{NONO} run -s --profile {hooked(sandbox, 'echo up; sleep 71 & exec sleep 72')} -- echo ran\n")
        shell.expect("up\r\n")
        shell.type("\x03")
        shell.expect("READY> ")
        shell.type("echo status $?\n")
        shell.expect("status 130")
        assert running(sandbox) == [shell.pid]


def test_a_hook_stops_and_goes_on_with_the_terminal(sandbox):
    with interactive_shell(sandbox) as shell:
        shell.type(f"{NONO} run -s --profile {hooked(sandbox, 'echo up; read line; echo got $line')} -- echo ran\n")
        shell.expect("up\r\n")
        shell.type("\x1a")
        shell.expect("Stopped")
        shell.expect("READY> ")
        wait_until_stopped(pid for pid in running(sandbox) if pid != shell.pid)
        shell.type("fg\n")
        shell.type("a line\n")
        shell.expect("got a line\r\n")
        shell.expect("ran\r\n")


def test_hooks_have_the_limits_signal_as_it_was(sandbox):
    profile = hooked(sandbox, f"cat /proc/self/status > {sandbox.home}/status\n")
    for handler in (signal.SIG_DFL, signal.SIG_IGN):
        done = sandbox.sh("true", "--profile", profile, "--block-net",
                          preexec_fn=lambda handler=handler: signal.signal(signal.SIGXFSZ, handler))
        assert done.returncode == 0, done.stderr
        assert (signal.SIGXFSZ in ignored((sandbox.home / "status").read_text())) == (handler == signal.SIG_IGN)


OURS = "printf '#!/bin/sh\\necho from inside\\n' > after && chmod 700 after"


@pytest.mark.parametrize("written", ["after", "./after", "{work}/after", "$WORKDIR/after"])
def test_a_program_does_not_write_the_hook_that_runs_behind_it(sandbox, written):
    """A script that is not there is nobody's to make: it would run outside."""
    profile = sandbox.profile(f"[session_hooks]\nafter = {{script = '{written.format(work=sandbox.work)}'}}\n")
    done = sandbox.sh(OURS, "--profile", profile, "--allow", ".", "--block-net")
    assert done.returncode in (2, 3) and "from inside" not in done.stdout and not (sandbox.work / "after").exists()

    kept = script(sandbox.work, "after", "echo from outside\n")  # but one that is there stays what it is, and runs
    done = sandbox.sh(f"({OURS}) 2>/dev/null; rm -f after; mv after x; echo done", "--profile", sandbox.profile(
        f"[session_hooks]\nafter = {{script = '{kept}'}}\n"), "--allow", ".", "--block-net")
    assert done.stdout == "done\nfrom outside\n", done.stderr


def test_a_hook_that_was_replaced_from_outside_meanwhile_is_not_run(sandbox):
    """As an editor does it: what stands there then, the program could have written."""
    kept = script(sandbox.work, "after", "echo ran\n")
    profile = sandbox.profile(f"[session_hooks]\nafter = {{script = '{kept}'}}\n")
    with subprocess.Popen([NONO, "run", "-s", "--profile", profile, "--allow", ".", "--block-net", "--", "sh", "-c",
                           "echo up; read line"], env=sandbox.environment, cwd=sandbox.work, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout.readline() == "up\n"
        script(sandbox.work, "new", "echo ran\n").rename(kept)
        out, told = child.communicate("\n")
        assert (child.returncode, out) == (0, "") and f"the hook {kept}: it was changed since the program started" in told


def test_a_hook_has_the_variables_of_its_own_run(sandbox):
    profile = hooked(sandbox, "env | grep ^NONO_ | sort\n", "env | grep ^NONO_ | sort\n")
    names = ("SESSION_ID", "WORKDIR", "HOOK_TYPE", "ENV_FILE", "EXIT_CODE")
    foreign = {f"NONO_{name}": "another run's" for name in names}
    done = sandbox.sh("exit 3", "--profile", profile, "--block-net", env={**sandbox.environment, **foreign})
    assert "another run's" not in done.stdout
    lines = done.stdout.splitlines()
    assert "NONO_HOOK_TYPE=before" in lines and "NONO_HOOK_TYPE=after" in lines and "NONO_EXIT_CODE=3" in lines
    assert sum(line.startswith("NONO_ENV_FILE=") for line in lines) == 1


def test_the_end_of_a_run_needs_nobody_who_reads(sandbox):
    """What was refused is told, and nobody hears it: the hook runs, and the status is the program's."""
    profile = hooked(sandbox, after=f"echo ran > {sandbox.home}/ended\n")
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as stderr:
        done = subprocess.run([NONO, "run", "--profile", profile, "--allow-domain", "example.org", "--", "sh", "-c",
                               "exec 2>/dev/null; curl -s http://refused.example/; exit 3"],
                              env=sandbox.environment, cwd=sandbox.work, stdout=subprocess.DEVNULL, stderr=stderr,
                              preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL), check=False)
    assert done.returncode == 3 and (sandbox.home / "ended").read_text() == "ran\n"
