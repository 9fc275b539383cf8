"""nono run and nono wrap with real programs: what is allowed works, what is not does not."""
import json
import os
import signal
import socket
import subprocess
import time

import pytest

from fixtures_sandbox import NONO, sandbox  # noqa: F401

BOTH = pytest.mark.parametrize("verb", ["run", "wrap"])


@BOTH
def test_a_program_runs_and_its_exit_status_is_ours(sandbox, verb):
    assert sandbox.sh("exit 7", verb=verb).returncode == 7
    assert sandbox.sh("kill -9 $$", verb=verb).returncode in (137, -9)
    done = sandbox.nono(verb, "--", "echo", "-n", "a b")
    assert (done.returncode, done.stdout) == (0, "a b")


@BOTH
def test_what_cannot_be_started_is_127_and_said(sandbox, verb):
    done = sandbox.nono(verb, "--", "no-such-program")
    assert done.returncode == 127 and "no-such-program" in done.stderr
    script = sandbox.work / "script"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert sandbox.nono(verb, "--", "./script").returncode == 127  # the working folder is not granted
    assert sandbox.nono(verb, "--read", ".", "--", "./script").returncode == 0


@BOTH
def test_the_home_and_the_working_folder_are_closed_until_named(sandbox, verb):
    (sandbox.work / "file").write_text("text")
    (sandbox.home / "key").write_text("secret")
    assert sandbox.sh("cat file", verb=verb).returncode != 0
    assert sandbox.sh("cat file", "--read", ".", verb=verb).stdout == "text"
    assert sandbox.sh("echo x > file", "--read", ".", verb=verb).returncode != 0
    assert sandbox.sh("echo new > file && cat file", "--allow", ".", verb=verb).stdout == "new\n"
    assert sandbox.sh(f"cat {sandbox.home}/key", "--allow", ".", verb=verb).returncode != 0
    assert sandbox.sh("cat file", "--read-file", "file", verb=verb).returncode == 0


@BOTH
def test_a_deny_inside_an_allowed_tree_holds(sandbox, verb):
    (sandbox.work / ".env").write_text("secret")
    (sandbox.work / "file").write_text("text")
    profile = sandbox.profile('[filesystem]\nread = ["$WORKDIR"]\nwrite = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env"]\n')
    flags = ("--profile", profile)
    assert sandbox.sh("cat file", *flags, verb=verb).stdout == "text"
    for script in ("cat .env", "mv .env other", "echo x > .env", "ln .env other", "rm -f .env"):
        assert sandbox.sh(script, *flags, verb=verb).returncode != 0, script
    assert (sandbox.work / ".env").read_text() == "secret"


@BOTH
def test_ways_up_to_the_root_lead_on_under_a_deny(sandbox, verb):
    (sandbox.work / ".env").write_text("secret")
    (sandbox.work / "file").write_text("text")
    up = "../" * 20
    (sandbox.work / "link").symlink_to(f"{up}{sandbox.work}/file")
    (sandbox.work / "denied").symlink_to(f"{up}{sandbox.work}/.env")
    profile = sandbox.profile('[filesystem]\nread = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env"]\n')
    for path in ("link", f"{up}{sandbox.work}/file", f"/usr/..{sandbox.work}/file", f"/..{sandbox.work}/file"):
        assert sandbox.sh(f"cat {path}", "--profile", profile, verb=verb).stdout == "text", path
    for path in ("denied", f"{up}{sandbox.work}/.env", f"/usr/..{sandbox.work}/.env"):
        done = sandbox.sh(f"cat {path}", "--profile", profile, verb=verb)
        assert done.returncode != 0 and done.stdout == "", path


def test_a_denied_path_that_is_not_there_stays_so_and_leaves_nothing(sandbox):
    profile = sandbox.profile('[filesystem]\nwrite = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env"]\n')
    assert sandbox.sh("echo x > .env", "--profile", profile).returncode != 0
    assert list(sandbox.work.iterdir()) == []
    done = sandbox.sh("true", "--profile", profile, verb="wrap")
    assert done.returncode == 6 and "does not exist" in done.stderr


def test_nonos_own_folders_cannot_be_changed_through_any_grant(sandbox):
    state = sandbox.home / ".local/state/nono"
    assert sandbox.sh("true").returncode == 0
    for script in (f"ls {state}", f"rm -rf {state}", f"mv {sandbox.home}/.local {sandbox.home}/x",
                   f"echo x > {sandbox.home}/.config/nono/config.toml"):
        assert sandbox.sh(script, "--allow", str(sandbox.home), "--bypass-protection", str(sandbox.home)).returncode != 0, script
    assert state.is_dir()


@BOTH
def test_nonos_own_folders_are_folders_through_a_link_too(sandbox, verb):
    link = sandbox.work / "link"
    link.symlink_to(sandbox.home / "settings")
    config = sandbox.home / "settings/deep/nono"
    config.parent.parent.mkdir()
    sandbox.environment["XDG_CONFIG_HOME"] = str(config.parent)
    script = f"echo ready; read line; [ -d {config} ] && ! touch {config}/x"
    words = [NONO, verb, "-s", "--allow", link, "--", "sh", "-c", script]
    with subprocess.Popen(words, env=sandbox.environment, cwd=sandbox.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as child:
        assert child.stdout.readline() == "ready\n"
        done = sandbox.nono("profile", "use", "default", "--for", "x")
        assert done.returncode == 0, done.stderr
        child.communicate("go\n")
        assert child.returncode == 0
    assert config.is_dir() and not (config / "x").exists()


def test_signing_keys_and_tokens_are_read_through_no_grant(sandbox):
    config = sandbox.home / ".config/nono"
    assert sandbox.nono("key", "generate", "release").returncode == 0
    (config / "credentials.json").write_text("{}")
    (config / "config.toml").write_text("# mine\n")
    home = ("--allow", str(sandbox.home), "--bypass-protection", str(sandbox.home))
    assert sandbox.sh(f"cat {config}/config.toml", *home).stdout == "# mine\n"
    for script in (f"cat {config}/keys/release.pem", f"ls {config}/keys", f"cat {config}/credentials.json"):
        done = sandbox.sh(script, *home)
        assert done.returncode != 0 and "PRIVATE" not in done.stdout and "release" not in done.stdout, script


def test_without_a_network_no_socket_is_made(sandbox):
    script = "import socket; socket.socket(socket.{}, socket.SOCK_STREAM)"
    for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"):
        done = sandbox.nono("run", "--", "/usr/bin/python3", "-c", script.format(family))
        assert "PermissionError" in done.stderr, family
    pair = sandbox.nono("run", "--", "/usr/bin/python3", "-c", "import socket; socket.socketpair()")
    assert pair.returncode == 0, pair.stderr
    assert sandbox.nono("run", "--allow-net", "--", "/usr/bin/python3", "-c", script.format("AF_INET")).returncode == 0


def test_only_the_command_line_undoes_a_block(sandbox):
    profile = sandbox.profile('{"network": {"block": true}}', "test.json")
    words = ("--", "/usr/bin/python3", "-c", "import socket; socket.socket()")
    for flags, status in ((("--allow-net",), 0), (("--block-net",), 1), ((), 1), (("--allow-domain", "a.example"), 1)):
        assert sandbox.nono("run", "--profile", profile, *flags, *words).returncode == status, flags


@pytest.mark.parametrize("flags,env", [(["--block-net"], {}), ([], {"NONO_BLOCK_NET": "1"})])
def test_a_network_that_is_open_and_blocked_is_refused(sandbox, flags, env):
    refused = sandbox.nono("run", "--allow-net", *flags, "--", "true", env=env)
    assert refused.returncode == 2 and "--allow-net, but " in refused.stderr


@pytest.mark.parametrize("option", ["--allow-domain", "--deny-domain"])
def test_wrap_has_no_proxy_and_says_which_option_asks_for_it(sandbox, option):
    refused = sandbox.nono("wrap", option, "x.example", "--", "true")
    assert refused.returncode == 6 and f"{option} x.example: named hosts need the proxy" in refused.stderr
    assert option not in sandbox.nono("wrap", "--help").stdout
    assert option in sandbox.nono("run", "--help").stdout and option in sandbox.nono("why", "--help").stdout


def test_named_hosts_are_reached_through_the_proxy_alone(sandbox):
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    script = ("import socket; s = socket.create_connection(('127.0.0.1', 3128)); "
              f"s.sendall(b'CONNECT 127.0.0.1:{{}} HTTP/1.1\\r\\nHost: 127.0.0.1:{{}}\\r\\n\\r\\n'); "
              "print(s.recv(64).split(b'\\r\\n')[0].decode())")
    allow = ("--allow-domain", f"127.0.0.1:{port}")
    for asked, answer in ((port, "200"), (1, "403")):
        done = sandbox.nono("run", *allow, "--", "/usr/bin/python3", "-c", script.format(asked, asked))
        assert answer in done.stdout, (done.stdout, done.stderr)
    direct = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
    assert sandbox.nono("run", *allow, "--", "/usr/bin/python3", "-c", direct).returncode != 0
    assert any(event["type"] == "network" and event["data"]["allowed"] is False for event in network_events(sandbox))


def network_events(sandbox):
    sandbox.nono("run", "--allow-domain", "example.org", "--", "/usr/bin/python3", "-c",
                 "import socket; s = socket.create_connection(('127.0.0.1', 3128)); "
                 "s.sendall(b'CONNECT other.example:443 HTTP/1.1\\r\\nHost: other.example:443\\r\\n\\r\\n'); s.recv(9)")
    return sandbox.record()


def test_the_environment_is_cleaned(sandbox):
    secrets = {"GITHUB_TOKEN": "t", "LD_LIBRARY_PATH": "/x", "SSH_AUTH_SOCK": "/s", "EDITOR": "vi", "NONO_X": "1"}
    seen = sandbox.nono("run", "--", "env", env=secrets).stdout
    assert "EDITOR=vi" in seen
    assert not any(name in seen for name in ("GITHUB_TOKEN", "LD_LIBRARY_PATH", "SSH_AUTH_SOCK", "NONO_X"))
    named = sandbox.nono("run", "--allow-env", "GITHUB_TOKEN", "--allow-env", "L*", "--", "env", env=secrets).stdout
    assert "GITHUB_TOKEN=t" in named and "LD_LIBRARY_PATH" not in named


@pytest.mark.parametrize("name", ["NODE_OPTIONS", "LD_LIBRARY_PATH", "LD_*", "NONO_X", "a=b", "*x", ""])
def test_a_variable_that_never_passes_is_refused_by_name(sandbox, name):
    refused = sandbox.nono("run", "--allow-env", name, "--", "true")
    assert refused.returncode == 2 and f"--allow-env {name}: " in refused.stderr


def test_descriptors_above_2_do_not_get_in(sandbox):
    with open("/etc/passwd", "rb") as leaked:
        done = sandbox.nono("run", "--", "sh", "-c", f"cat <&{leaked.fileno()}", pass_fds=[leaked.fileno()])
    assert done.returncode != 0 and "root" not in done.stdout


def test_other_processes_are_out_of_reach(sandbox):
    assert sandbox.sh("kill -0 $PPID").returncode != 0
    assert sandbox.sh("cat /proc/$PPID/cmdline").returncode != 0
    assert sandbox.sh("sleep 100 & kill $!").returncode == 0


def test_what_the_program_leaves_running_ends_with_it(sandbox):
    mark = f"29{os.getpid()}"
    assert sandbox.sh(f"(setsid sleep {mark} &) ; exit 3").returncode == 3
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"sleep {mark}" not in listed


def test_what_ends_without_a_parent_is_no_zombie_until_the_runs_end(sandbox):
    script = "for i in 1 2 3; do (true &); done; echo $PPID; read line"
    with subprocess.Popen([NONO, "run", "-s", "--", "sh", "-c", script], env=sandbox.environment, cwd=sandbox.work,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        supervisor = run.stdout.readline().strip()
        listed = ["ps", "--ppid", supervisor, "-o", "stat="]
        end = time.monotonic() + 30
        while "Z" in subprocess.run(listed, capture_output=True, text=True, check=True).stdout:
            assert time.monotonic() < end
            time.sleep(0.01)
        run.communicate("go on\n")
        assert run.returncode == 0


def test_children_from_before_are_no_concern_of_the_run(sandbox):
    script = 'sleep 300 >/dev/null 2>&1 & echo $!; exec "$0" run -s -- sh -c "setsid sleep 300 >/dev/null & echo \\$!"'
    done = subprocess.run(["sh", "-c", script, NONO], env=sandbox.environment, cwd=sandbox.work, capture_output=True, text=True,
                          timeout=60, check=True)
    before, inside = map(int, done.stdout.split())
    os.kill(before, signal.SIGKILL)
    with pytest.raises(ProcessLookupError):
        os.kill(inside, 0)


def ignored(text):
    """The signals that a program ignores, of its /proc/PID/status."""
    mask = int(next(line for line in text.splitlines() if line.startswith("SigIgn:")).split()[1], 16)
    return {number for number in signal.valid_signals() if mask >> (number - 1) & 1}


@BOTH
def test_children_are_waited_for_though_their_ends_are_ignored(sandbox, verb):
    (sandbox.work / ".env").write_text("secret")
    profile = sandbox.profile('[filesystem]\nread = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env"]\n')
    for handler in (signal.SIG_IGN, signal.SIG_DFL):
        done = sandbox.nono(verb, "-v", "--profile", profile, "--", "cat", "/proc/self/status",
                            preexec_fn=lambda handler=handler: signal.signal(signal.SIGCHLD, handler))
        assert done.returncode == 0, done.stderr
        assert (signal.SIGCHLD in ignored(done.stdout)) == (handler == signal.SIG_IGN)
        if verb == "run":
            assert sandbox.record()[0]["data"]["enforced"]["denied_paths"] == "mounts"


def test_signals_are_passed_on(sandbox):
    script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen([NONO, "run", "-s", "--", "sh", "-c", script], env=sandbox.environment, cwd=sandbox.work,
                          stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 5


def test_a_killed_supervisor_takes_the_program_along(sandbox):
    script = "echo $$; exec sleep 300"
    with subprocess.Popen([NONO, "run", "-s", "--", "sh", "-c", script], env=sandbox.environment, cwd=sandbox.work,
                          stdout=subprocess.PIPE, text=True) as child:
        pid = int(child.stdout.readline())
        child.kill()
        child.wait(30)
        for _ in range(600):
            if not os.path.exists(f"/proc/{pid}") or " Z " in open(f"/proc/{pid}/stat", encoding="utf-8").read():
                return
            time.sleep(0.05)
    raise AssertionError("the program goes on")


def test_a_run_is_recorded_and_can_be_without(sandbox):
    sandbox.nono("run", "--name", "try", "--", "sh", "-c", "exit 4")
    start, end = sandbox.record()
    assert (start["type"], end["type"]) == ("start", "end")
    assert start["data"]["name"] == "try" and start["data"]["enforced"]["files"] == "landlock"
    assert start["data"]["enforced"]["network"].startswith("blocked")
    before = len(list((sandbox.home / ".local/state/nono/audit").iterdir()))
    sandbox.nono("run", "--no-audit", "--", "true")
    assert len(list((sandbox.home / ".local/state/nono/audit").iterdir())) == before


def test_a_snapshot_is_taken_first(sandbox):
    (sandbox.work / "file").write_text("before")
    assert sandbox.sh("echo after > file", "--allow", ".", "--snapshot", "pre").returncode == 0
    assert sandbox.record()[0]["data"]["snapshot"] == "pre"
    again = sandbox.sh("true", "--snapshot", "pre")
    assert again.returncode == 0 and "kept" in again.stderr


@BOTH
@pytest.mark.parametrize("flag", ["--credential=x", "--memory=1G", "--allow-gpu", "--config=x", "--rollback",
                                  "--allow-unix-socket=/x", "--open-port=80", "--capability-elevation"])
def test_what_cannot_be_held_yet_is_refused_by_name(sandbox, verb, flag):
    done = sandbox.nono(verb, flag, "--", "true")
    assert done.returncode == 6 and flag.split("=", maxsplit=1)[0] in done.stderr


def test_a_dry_run_starts_nothing_and_shows_everything(sandbox):
    done = sandbox.sh("touch made", "--allow", ".", "--dry-run")
    assert done.returncode == 0 and str(sandbox.work) in done.stdout and "Landlock" in done.stdout
    assert not (sandbox.work / "made").exists()


def test_a_missing_grant_is_not_passed_over(sandbox):
    done = sandbox.sh("true", "--read", "nowhere")
    assert done.returncode == 3 and "nowhere" in done.stderr


def test_a_link_that_the_program_left_is_not_followed_out(sandbox):
    (sandbox.home / "keys").mkdir()
    sandbox.sh("ln -s ../home/keys cache", "--allow", ".")
    done = sandbox.sh("ls cache", "--allow", ".", "--read", "cache")
    assert done.returncode == 4 and "symbolic link" in done.stderr


def test_python_makes_an_environment_and_workers_under_its_profile(sandbox):
    """A virtual environment's pip asks for the system's name and the types of files; workers share semaphores."""
    python = ("run", "--profile", "python-dev", "--allow-cwd", "--")
    made = sandbox.nono(*python, "/usr/bin/python3", "-m", "venv", "v", env={"PIP_FIND_LINKS": ""})
    assert made.returncode == 0, made.stdout + made.stderr
    assert sandbox.nono(*python, "v/bin/pip", "--version").stdout.startswith("pip ")
    work = "import multiprocessing as m; print(m.Pool(2).map(abs, [-1, 2]))"
    assert sandbox.nono(*python, "v/bin/python3", "-c", work).stdout == "[1, 2]\n"


def test_what_is_relative_begins_where_the_program_works(sandbox):
    """A program was looked for here and started there; a path with ".." went up from here, any other from there."""
    for name in ("here", "there"):
        tool = sandbox.work / name / "bin/tool"
        tool.parent.mkdir(parents=True)
        tool.write_text(f"#!/bin/sh\necho {name}\n")
        tool.chmod(0o755)
    (sandbox.work / "there/bin/alone").symlink_to("tool")
    flags, here = ("-s", "--workdir", "../there", "--allow-cwd"), {"cwd": sandbox.work / "here"}
    for verb in ("run", "wrap"):
        for program in ("./bin/tool", "bin/alone"):
            assert sandbox.nono(verb, *flags, "--", program, **here).stdout == "there\n", (verb, program)
        path = {"PATH": "bin:/usr/bin:/bin"}
        assert sandbox.nono(verb, *flags, "--", "alone", env=path, **here).stdout == "there\n"
    (sandbox.work / "here/bin/mine").symlink_to("tool")
    assert sandbox.nono("run", *flags, "--", "bin/mine", **here).returncode == 127
    deep = ("--workdir", "there/bin", "--dry-run", "--")
    for typed, meant in ((".", "there/bin"), ("..", "there"), ("../bin", "there/bin")):
        shown = sandbox.nono("run", "--read", typed, *deep, "true").stdout
        assert f" {sandbox.work / meant}/  (--read)" in shown, typed


def test_a_deny_inside_proc_self_is_held_or_refused(sandbox):
    """It hid the supervisor's own, and the program read the file that was denied."""
    def run(denied, *flags):
        profile = sandbox.profile(f'[filesystem]\ndeny = ["{denied}"]\n')
        return sandbox.nono("run", "-s", "--profile", profile, *flags, "--", "cat", "/proc/self/environ")

    for denied, *flags in (("/proc/self/environ",), ("/proc/self/task",), ("/proc/self", "--read", "/proc")):
        answer = run(denied, *flags)
        assert (answer.returncode, answer.stdout) == (6, "") and f"denies {denied}: every process" in answer.stderr, answer
    for denied, *flags in (("/proc/self",), ("/proc", "--read", "/proc")):
        answer = run(denied, *flags)
        assert (answer.returncode, answer.stdout) == (1, "") and "Permission denied" in answer.stderr, answer


@pytest.mark.skipif(os.geteuid() != 0, reason="whoever is not root may map themself")
def test_root_who_may_map_nobody_runs_without_namespaces(sandbox):
    """Root without capabilities (a container that drops them all) makes a user namespace and cannot map itself into it."""
    (sandbox.work / "secret").write_text("secret")
    (sandbox.work / "plain").write_text("plain")
    profile = sandbox.profile('[filesystem]\nallow = ["$WORKDIR"]\ndeny = ["$WORKDIR/secret"]\n')

    def nono(*words):
        return subprocess.run(["setpriv", "--bounding-set=-all", NONO, *words], env=sandbox.environment, cwd=sandbox.work,
                              capture_output=True, text=True, check=False, timeout=60)

    answer = nono("run", "-s", "--profile", profile, "--", "cat", "plain", "secret")
    assert answer.stdout == "plain" and "secret: Permission denied" in answer.stderr, answer
    said = json.loads(nono("--version", "--json").stdout)
    assert not said["mount_namespaces"] and not said["network_namespaces"]


def test_no_grant_leads_by_what_a_process_has_open(sandbox):
    """A pack that asks for /proc/self/root had the root granted, and for a number of a descriptor what nono had open."""
    for path in ("/proc/self/root", "/proc/thread-self/root/home", "/proc/self/cwd", *(f"/proc/self/fd/{fd}" for fd in range(3, 20))):
        profile = sandbox.profile(f'[filesystem]\nread = ["~/tool", "{path}"]\n')
        answer = sandbox.nono("run", "-s", "--profile", profile, "--", "echo", "ran")
        granted = sandbox.nono("run", "--profile", profile, "--dry-run", "--", "true").stdout
        shown = [line for line in granted.splitlines() if line.endswith("(test)") and "not there" not in line]
        assert not shown and (answer.returncode == 2 or "/fd/" in path), (path, shown, answer)
    (sandbox.work / "link").symlink_to("/proc/self/root")
    answer = sandbox.nono("run", "--read", "link/etc", "--", "true")
    assert answer.returncode == 2 and "leads where a process is" in answer.stderr
    assert sandbox.why("/proc/self/root/etc/shadow")["suggested_flag"] == "--read-file /etc/shadow"
    with open(sandbox.work / "out", "w+") as out:  # what the program is given it may open anew
        words = [NONO, "run", "-s", "--write-file", "/dev/stdout", "--", "sh", "-c", "echo x > /dev/stdout"]
        subprocess.run(words, env=sandbox.environment, cwd=sandbox.work, stdout=out, stdin=subprocess.DEVNULL, check=True)
    assert (sandbox.work / "out").read_text() == "x\n"
