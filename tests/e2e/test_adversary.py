"""A hostile program in the sandbox: ways out that were once open, each beside what has to go on working."""
import contextlib
import ctypes
import os
import resource
import shutil
import signal
import socket
import subprocess
import time

import pytest

from fixtures_sandbox import BUILD, NONO, sandbox  # noqa: F401

BOTH = pytest.mark.parametrize("verb", ["run", "wrap"])
PAIR = "import socket; a, b = socket.socketpair(socket.AF_UNIX, socket.{kind}); {then}"


@pytest.mark.parametrize("flags", [(), ("--allow-domain", "example.org")])
def test_a_pair_of_sockets_does_not_send_to_sockets_by_path(sandbox, flags):
    path = str(sandbox.work / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(path)
        log.setblocking(False)
        for kind in ("SOCK_DGRAM", "SOCK_RAW", "SOCK_STREAM", "SOCK_SEQPACKET"):
            script = PAIR.format(kind=kind, then=f"a.sendto(b'out', {path!r})")
            sandbox.nono("run", *flags, "--allow", ".", "--", "/usr/bin/python3", "-c", script)
            with pytest.raises(BlockingIOError):
                log.recv(10)
        script = PAIR.format(kind="SOCK_STREAM", then="a.sendall(b'in'); print(b.recv(9))")
        assert "in" in sandbox.nono("run", *flags, "--", "/usr/bin/python3", "-c", script).stdout


@BOTH
def test_a_folder_as_a_descriptor_does_not_lead_past_the_sandbox(sandbox, verb):
    (sandbox.work / ".env").write_text("secret")
    profile = sandbox.profile('[filesystem]\nread = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env"]\n')
    reach = ("perl", "-e", "chdir STDERR; open F, '.env' or exit 1; print <F>")
    folder = os.open(sandbox.work, os.O_RDONLY)
    words = [NONO, verb, "--profile", profile, "--", *reach]
    done = subprocess.run(words, env=sandbox.environment, cwd=sandbox.work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=folder, check=False)
    os.close(folder)
    assert done.returncode == 126 and b"secret" not in done.stdout


@BOTH
def test_a_socket_as_a_descriptor_does_not_send_anywhere(sandbox, verb):
    for kind, flags, status in ((socket.SOCK_DGRAM, [], 126), (socket.SOCK_DGRAM, ["--allow-net"], 0), (socket.SOCK_STREAM, [], 0)):
        ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
        with ours, theirs:
            done = subprocess.run([NONO, verb, *flags, "--", "true"], env=sandbox.environment, cwd=sandbox.work, stdin=theirs,
                                  capture_output=True, check=False)
            assert done.returncode == status, (kind, flags, done.stderr)


def connected(family, address):
    """Two sockets that are joined, and the one that listened."""
    listening = socket.socket(family)
    listening.bind(address)
    listening.listen()
    ours = socket.socket(family)
    ours.connect(listening.getsockname())
    return ours, listening.accept()[0], listening


def descriptor(sandbox, verb, flags, stdin, program=("true",)):
    return subprocess.run([NONO, verb, *flags, "--", *program], env=sandbox.environment, cwd=sandbox.work, stdin=stdin,
                          capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("verb,flags", [("run", ["--block-net"]), ("wrap", ["--block-net"]), ("run", ["--allow-domain", "example.org"])])
def test_a_socket_that_could_be_given_another_peer_is_no_descriptor(sandbox, verb, flags):
    tcp = connected(socket.AF_INET, ("127.0.0.1", 0))
    unix = connected(socket.AF_UNIX, str(sandbox.home / "listens"))
    alone = socket.socket(socket.AF_UNIX)
    with contextlib.ExitStack() as stack:
        for each in (*tcp, *unix, alone):
            stack.enter_context(each)
        for stdin, said in ((tcp[1], "a TCP socket"), (tcp[2], "a TCP socket"), (unix[2], "a listening socket"),
                            (alone, "a socket without a peer")):
            done = descriptor(sandbox, verb, flags, stdin)
            assert done.returncode == 126 and f"descriptor 0 is {said}: it would lead past the sandbox" in done.stderr, said
            assert "cat | nono run" in done.stderr
            assert descriptor(sandbox, verb, ["--allow-net"], stdin).returncode == 0, said
        assert descriptor(sandbox, verb, flags, unix[1]).returncode == 0
        unix[0].sendall(b"a line\n")
        unix[0].close()  # a peer that has gone, as the end of a remote command's input
        done = descriptor(sandbox, verb, flags, unix[1], ["cat"])
        assert (done.returncode, done.stdout) == (0, "a line\n"), done.stderr


@pytest.mark.parametrize("flags", [["--block-net"], ["--allow-domain", "example.org"]])
def test_a_joined_socket_stays_with_its_peer(sandbox, flags):
    """What the check of descriptors relies on."""
    elsewhere = connected(socket.AF_UNIX, str(sandbox.work / "elsewhere"))
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    script = ("import socket, ctypes, struct; s = socket.socket(fileno=0); s.sendall(b'to its peer')\n"
              "none = ctypes.CDLL(None).connect(0, struct.pack('H14x', 0), 16); assert none == -1\n"
              "for act in (lambda: s.connect('elsewhere'), lambda: s.sendto(b'out', 'elsewhere'), s.listen):\n"
              " try: act(); print('got out')\n"
              " except OSError as e: print('held')")
    with ours, theirs, elsewhere[0], elsewhere[1], elsewhere[2]:
        done = descriptor(sandbox, "run", ["--allow", ".", *flags], theirs, ["/usr/bin/python3", "-c", script])
        assert done.stdout == "held\nheld\nheld\n", done.stderr
        assert ours.recv(20) == b"to its peer"


def test_the_priorities_of_others_cannot_be_changed(sandbox):
    script = "import os; os.setpriority({}, {}, 5)"
    for which, who in (("os.PRIO_PROCESS", "os.getppid()"), ("os.PRIO_USER", "0"), ("os.PRIO_PGRP", "os.getpgid(os.getppid())")):
        done = sandbox.nono("run", "--", "/usr/bin/python3", "-c", script.format(which, who))
        assert "PermissionError" in done.stderr, which
    assert sandbox.sh("nice -n 5 true").returncode == 0


@BOTH
def test_queues_of_programs_outside_are_neither_read_nor_removed_nor_made(sandbox, verb):
    library = ctypes.CDLL(None, use_errno=True)
    name = f"/nono-{os.getpid()}"
    script = ("import ctypes, os; c = ctypes.CDLL(None); "
              f"print(c.mq_open(b'{name}', os.O_RDWR), c.mq_unlink(b'{name}'), c.mq_open(b'{name}x', os.O_RDWR | os.O_CREAT, 0o600, None))")
    queue = library.mq_open(name.encode(), os.O_RDWR | os.O_CREAT, 0o600, None)
    if queue < 0:
        pytest.skip(f"no queue can be made here: {os.strerror(ctypes.get_errno())}")
    try:
        assert sandbox.nono(verb, "--", "/usr/bin/python3", "-c", script).stdout == "-1 -1 -1\n"
        assert library.mq_unlink(name.encode()) == 0
    finally:
        os.close(queue)
        library.mq_unlink(name.encode())
        library.mq_unlink(f"{name}x".encode())


def hooked(sandbox, folder):
    for name in ("before", "after"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    text = (f'{{"session_hooks": {{"before": {{"script": "{folder}/before"}}, "after": {{"script": "{folder}/after"}}}}}}')
    return sandbox.profile(text, "test.json")


def test_hooks_cannot_be_rewritten_from_inside(sandbox):
    profile = hooked(sandbox, sandbox.work)
    for script in ("echo 'touch out' >> after", "rm -f after", "mv after x", "mv file after", "chmod -x before; cp file before"):
        (sandbox.work / "file").write_text("#!/bin/sh\ntouch out\n")
        done = sandbox.sh(script, "--profile", profile, "--block-net", "--allow", ".")
        assert done.returncode != 0, script
    assert not (sandbox.work / "out").exists() and (sandbox.work / "after").read_text() == "#!/bin/sh\n"


@BOTH
def test_a_profile_that_was_given_as_a_file_cannot_be_rewritten_from_inside(sandbox, verb):
    path = sandbox.work / "agent.toml"
    path.write_text('[filesystem]\nwrite = ["$WORKDIR"]\n')
    for script in ("echo >> agent.toml", "rm -f agent.toml", "mv agent.toml x", "cp file agent.toml", "mv file agent.toml"):
        (sandbox.work / "file").write_text("")
        assert sandbox.sh(script, "--profile", "agent.toml", verb=verb).returncode != 0, script
    assert sandbox.sh("echo x > file && cat agent.toml", "--profile", "agent.toml", verb=verb).returncode == 0


def test_nonos_programs_cannot_be_replaced_from_inside(sandbox):
    for folder in ("bin", "libexec"):
        shutil.copytree(BUILD / folder, sandbox.work / folder)
    ours = [str(sandbox.work / "bin/nono"), "run", "--allow", "."]
    for script in ("echo > bin/nono", "rm -f bin/nono", "mv bin x", "mv libexec x", "echo > libexec/nono/nono-proxy",
                   "rm -f libexec/nono/nono-pkg"):
        done = sandbox.nono(*ours[1:], "--", "sh", "-c", script, executable=ours[0])
        assert done.returncode != 0, script
    assert sandbox.nono(*ours[1:], "--", "sh", "-c", "echo x > bin/file", executable=ours[0]).returncode == 0
    assert os.path.samefile(ours[0], sandbox.work / "bin/nono") and NONO.exists()


@BOTH
def test_links_to_what_is_denied_are_denied_and_stay(sandbox, verb):
    (sandbox.work / "vault").mkdir()
    (sandbox.work / "vault/production").write_text("secret")
    (sandbox.work / ".env").symlink_to("vault/production")
    (sandbox.work / "way").symlink_to(".")
    for deny in ("$WORKDIR/.env", "$WORKDIR/**/.env", "$WORKDIR/way/.env", "$WORKDIR/way/**/.env"):
        profile = sandbox.profile(f'[filesystem]\nread = ["$WORKDIR"]\nwrite = ["$WORKDIR"]\ndeny = ["{deny}"]\n')
        for script in ("cat .env", "cat vault/production", "rm -f .env", "mv .env x", "echo x > y; mv y .env"):
            assert sandbox.sh(script, "--profile", profile, verb=verb).returncode != 0, (deny, script)
        assert sandbox.sh("echo x > vault/new && cat way/vault/new", "--profile", profile, verb=verb).returncode == 0
    assert (sandbox.work / ".env").read_text() == "secret"


@BOTH
def test_what_a_pattern_does_not_hold_is_said(sandbox, verb):
    text = '[filesystem]\nread = ["$WORKDIR"]\nwrite = ["$WORKDIR"]\ndeny = ["$WORKDIR/**/.env"]\n'
    profile = sandbox.profile(text)
    (sandbox.work / ".env").write_text("secret")
    done = sandbox.sh("cat .env", "--profile", profile, verb=verb)
    assert done.returncode != 0 and done.stderr.count("a denied pattern, as $WORKDIR/**/.env,") == 1
    assert sandbox.why(".env", "--op", "write", "--profile", profile)["reason"] == "filesystem_deny"
    answer = sandbox.why("later/.env", "--op", "write", "--profile", profile)
    assert answer["status"] == "allowed" and "pattern" in answer["note"]
    assert sandbox.sh("mkdir -p later && echo x > later/.env", "--profile", profile, verb=verb).returncode == 0
    assert "note" not in sandbox.why("later/other", "--op", "write", "--profile", profile)
    elsewhere = sandbox.profile('[filesystem]\nread = ["$WORKDIR"]\ndeny = ["/nowhere/**/.env"]\n', "other.toml")
    assert "pattern" not in sandbox.sh("true", "--profile", elsewhere, verb=verb).stderr
    assert sandbox.sh("true", "-s", "--profile", profile, verb=verb).stderr == ""


def test_the_record_says_what_is_not_held(sandbox):
    profile = sandbox.profile('[filesystem]\nread = ["$WORKDIR"]\ndeny = ["$WORKDIR/**/.env"]\n')
    sandbox.sh("true", "--profile", profile, "--allow-net")
    missing = sandbox.record()[0]["data"]["enforced"]["not_held"]
    assert any("pattern" in phrase for phrase in missing) and any("Unix sockets" in phrase for phrase in missing)
    sandbox.sh("true")
    missing = sandbox.record()[0]["data"]["enforced"]["not_held"]
    assert not any("pattern" in phrase or "Unix sockets" in phrase for phrase in missing)


def test_what_is_put_in_the_place_of_a_denied_folder_is_another_one(sandbox):
    """The mount is on the folder that was there. That this is not held is on record."""
    (sandbox.work / "denied").mkdir()
    (sandbox.work / "denied/key").write_text("old")
    profile = sandbox.profile('[filesystem]\nallow = ["$WORKDIR"]\ndeny = ["$WORKDIR/denied"]\n')
    script = "until test -e made; do sleep 0.02; done; cat denied/key; cat moved/key"
    with subprocess.Popen([NONO, "run", "-s", "--profile", profile, "--", "sh", "-c", f"touch up; {script}"], cwd=sandbox.work,
                          env=sandbox.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        while not (sandbox.work / "up").exists():
            time.sleep(0.02)
        (sandbox.work / "denied").rename(sandbox.work / "moved")
        (sandbox.work / "denied").mkdir()
        (sandbox.work / "denied/key").write_text("new")
        (sandbox.work / "made").touch()
        shown = run.communicate(timeout=60)[0]
    enforced = sandbox.record()[0]["data"]["enforced"]
    if enforced["denied_paths"] == "mounts":
        assert shown == "new" and "a denied path, if what is there is replaced from outside" in enforced["not_held"]
    else:
        assert shown == ""



def no_room():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_run_that_cannot_be_recorded_does_not_start(sandbox):
    for _ in range(10):
        done = sandbox.sh("touch started", "--allow", ".", preexec_fn=no_room)
        assert done.returncode == 126 and "audit" in done.stderr
        assert not (sandbox.work / "started").exists()
    assert sandbox.sh("touch started", "--allow", ".", "--no-audit", preexec_fn=no_room).returncode == 0
    assert (sandbox.work / "started").exists()


def test_what_cannot_be_written_for_its_size_is_told(sandbox):
    """The limit's signal would end nono without a word."""
    def no_room_at_all():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for words in ((), ("--allow-domain", "example.org"), ("--no-audit", "--allow-domain", "example.org")):
        done = sandbox.sh("touch started", "--allow", ".", *words, preexec_fn=no_room_at_all)
        assert done.returncode == 126 and "File too large" in done.stderr, words
        assert not (sandbox.work / "started").exists()
    (sandbox.work / "file").write_text("text")
    done = sandbox.nono("snapshot", "create", "before", preexec_fn=no_room_at_all)
    assert done.returncode == 70 and "File too large" in done.stderr
    assert sandbox.nono("snapshot", "create", "before").returncode == 0


def test_one_record_that_is_gone_does_not_hide_the_others(sandbox):
    assert sandbox.sh("true").returncode == 0
    records = sandbox.home / ".local/state/nono/audit"
    for name, status, state in (("0123456789abcdef", 0, None), ("0123456789abcdef.jsonl", 5, "broken")):  # the first may be another program's
        (records / name).mkdir()
        listed = sandbox.nono("audit", "list")
        assert listed.returncode == 0 and "exit 0" in listed.stdout and ("broken" in listed.stdout) == bool(state)
        verified = sandbox.nono("audit", "verify", "--all")
        assert verified.returncode == status and ": closed" in verified.stdout
        assert (f"0123456789abcdef: {state}" in verified.stdout) == bool(state)


def test_names_do_not_write_to_the_terminal(sandbox):
    name = "\x1b]0;title\x07"
    (sandbox.home / name).mkdir()
    (sandbox.work / "link").symlink_to(sandbox.home / name)
    for words in (["--allow", ".", "--read", "link"], ["--read", name + "x"], ["--profile", name], ["--workdir", name + "x"]):
        done = sandbox.nono("run", *words, "--", "true")
        assert done.returncode != 0 and "\x1b" not in done.stderr and "]0;title" in done.stderr, words
    done = sandbox.nono("run", "--", name)
    assert done.returncode == 127 and "\x1b" not in done.stderr


def test_a_run_that_ends_leaves_the_others_their_placeholders(sandbox):
    profile = sandbox.profile('[filesystem]\nwrite = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env"]\n')
    script = "echo ready; read line; echo x > .env"
    with subprocess.Popen([NONO, "run", "-s", "--profile", profile, "--", "sh", "-c", script], env=sandbox.environment,
                          cwd=sandbox.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "ready\n"
        with subprocess.Popen([NONO, "run", "-s", "--profile", profile, "--", "sh", "-c", script], env=sandbox.environment,
                              cwd=sandbox.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as second:
            assert second.stdout.readline() == "ready\n"
            first.communicate("go\n")
            assert first.returncode != 0 and (sandbox.work / ".env").exists()
            done = sandbox.sh("true", "--profile", profile, verb="wrap")
            assert done.returncode == 6 and "does not exist" in done.stderr
            second.communicate("go\n")
            assert second.returncode != 0
    assert list(sandbox.work.iterdir()) == []


def test_a_placeholder_of_a_killed_run_is_taken_over(sandbox):
    profile = sandbox.profile('[filesystem]\nwrite = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env"]\n')
    with subprocess.Popen([NONO, "run", "-s", "--profile", profile, "--", "sh", "-c", "echo ready; exec sleep 300"],
                          env=sandbox.environment, cwd=sandbox.work, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout.readline() == "ready\n"
        killed.kill()
    assert (sandbox.work / ".env").exists()
    assert sandbox.sh("echo x > .env", "--profile", profile).returncode != 0
    assert list(sandbox.work.iterdir()) == []


def test_tokens_and_signing_keys_cannot_be_read(sandbox):
    config = sandbox.home / ".config/nono"
    (config / "keys").mkdir(parents=True)
    (config / "profiles").mkdir()
    for name in ("credentials.json", "keys/release.pem", "profiles/mine.toml"):
        (config / name).write_text("# content\n")
    for name, readable in (("credentials.json", False), ("keys/release.pem", False), ("profiles/mine.toml", True)):
        done = sandbox.sh(f"cat {config}/{name}", "--allow", str(sandbox.home))
        assert ("content" in done.stdout) == readable, name


def test_what_nobody_can_make_needs_no_placeholder(sandbox):
    """A deny of what is not there is held by its folder, where that is mounted to be read or is somebody else's."""
    profile = sandbox.profile('[filesystem]\nwrite = ["$WORKDIR"]\nread = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env"]\n')
    (sandbox.work / "file").write_text("read\n")
    mount = f"mount --bind {sandbox.work} {sandbox.work} && mount -o remount,bind,ro {sandbox.work} && cd {sandbox.work}"
    script = "cat file; echo x > .env || echo refused; ls -A"
    options = [] if os.geteuid() == 0 else ["--map-root-user"]
    words = f"{NONO} run -s --profile {profile} -- sh -c '{script}'"
    done = subprocess.run(["unshare", "--mount", *options, "sh", "-c", f"{mount} && exec {words}"], env=sandbox.environment,
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "read\nrefused\nfile\n", done
    assert sandbox.sh(script, "-s", "--profile", profile).stdout == "read\nrefused\n.env\nfile\n"  # the placeholder
    if os.geteuid() != 0:
        assert sandbox.sh("echo x > .env || echo refused", "-s", "--profile", profile, cwd="/usr/share").stdout == "refused\n"
        sandbox.work.chmod(0o555)  # its owner could make it writable again
        refused = sandbox.sh("true", "-s", "--profile", profile)
        assert refused.returncode != 0 and "a placeholder" in refused.stderr
