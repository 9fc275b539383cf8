"""What a program leaves where it may write does not decide about the next run, and leads nothing of nono's elsewhere."""
import os
import subprocess

import pytest

from fixtures_sandbox import BUILD, NONO, sandbox  # noqa: F401

PLAIN = 'workdir = "readwrite"\n'


def nono_folder(sandbox):
    folder = sandbox.home / ".config/nono/profiles"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def hook(path, text="echo hook\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def spoil(sandbox, *files, profile="plain"):
    """What a program under a profile can change: the names of the files that it wrote to."""
    words = " ".join(f"'{file}'" for file in files)
    done = sandbox.sh(f'for f in {words}; do echo "# x" >> "$f" && echo "$f"; done 2>/dev/null; :',
                      "-s", "--no-audit", "--profile", profile, "--allow-cwd")
    assert done.returncode == 0, done.stderr
    return [os.path.basename(name) for name in done.stdout.split()]


def test_the_hooks_of_the_users_other_profiles_are_not_changed(sandbox):
    folder = nono_folder(sandbox)
    hook(sandbox.work / "tools/before.sh")
    hook(sandbox.work / "tools/after.sh")
    (sandbox.work / "other").write_text("")
    (sandbox.work / "base.toml").write_text(f"[session_hooks.after]\nscript = '{sandbox.work}/tools/after.sh'\n")
    (folder / "plain.toml").write_text(PLAIN)
    (folder / "hooked.toml").write_text(f"extends = '{sandbox.work}/base.toml'\n[session_hooks.before]\nscript = '$WORKDIR/tools/before.sh'\n")
    (folder / "broken.toml").write_text("session_hooks = 3\n")
    assert spoil(sandbox, "tools/before.sh", "tools/after.sh", "base.toml", "other") == ["other"]
    (folder / "hooked.toml").unlink()
    assert spoil(sandbox, "tools/before.sh", "tools/after.sh", "base.toml") == ["before.sh", "after.sh", "base.toml"]


def test_a_profile_that_is_kept_as_a_file_is_not_changed(sandbox):
    (nono_folder(sandbox) / "plain.toml").write_text(PLAIN)
    kept = sandbox.work / "kept.toml"
    kept.write_text(PLAIN)
    assert spoil(sandbox, "kept.toml") == ["kept.toml"]
    assert sandbox.nono("profile", "use", str(kept), "--for", "sh").returncode == 0
    assert spoil(sandbox, "kept.toml") == []


def test_what_other_profiles_need_and_is_not_there_is_not_made(sandbox):
    """As on another branch: the next run under them would be under what the program wrote."""
    folder = nono_folder(sandbox)
    script, kept, base = sandbox.work / "before.sh", sandbox.work / "kept.toml", sandbox.work / "base.toml"
    (folder / "plain.toml").write_text(PLAIN)
    (folder / "hooked.toml").write_text(f'extends = "./plain.toml"\n[session_hooks.before]\nscript = "{script}"\n')
    (folder / "based.toml").write_text(f'extends = ["plain", "{sandbox.home}/own.toml"]\n')
    (folder / "circle.toml").write_text('extends = ["./circle.toml", "plain"]\n')
    (folder / "anywhere.toml").write_text('session_hooks.before.script = "$WORKDIR/some.sh"\n')
    (sandbox.home / "own.toml").write_text(f'extends = "{base}"\n')
    kept.write_text(PLAIN)
    assert sandbox.nono("profile", "use", str(kept), "--for", "sh").returncode == 0
    kept.unlink()
    assert spoil(sandbox, "before.sh", "kept.toml", "base.toml", "some.sh") == ["some.sh"]
    assert sorted(os.listdir(sandbox.work)) == ["some.sh"]
    done = sandbox.sh("echo ran", "-s", "--no-audit", "--profile", "hooked", "--allow-cwd")
    assert done.returncode == 3 and f"{script}: stat: No such file" in done.stderr


def kept_out(sandbox, script, profile="plain"):
    """By who is kept out by permissions, as root is not."""
    dropped = "-dac_override,-dac_read_search"
    prefix = ["setpriv", f"--bounding-set={dropped}", f"--inh-caps={dropped}"] if os.geteuid() == 0 else []
    words = [NONO, "run", "-s", "--no-audit", "--profile", profile, "--allow-cwd", "--", "sh", "-c", script]
    return subprocess.run([*prefix, *words], env=sandbox.environment, cwd=sandbox.work, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("closed", ["work/tools", "home/.config/nono/profiles/hooked.toml", "home/.config/nono/profiles",
                                    "home/.config/nono/agents.toml", "work/base.toml"])
def test_what_a_run_closed_is_not_passed_over_by_the_next(sandbox, closed):
    """It could open again what it closed, which it may wherever the user may: nothing runs until somebody else has."""
    folder = nono_folder(sandbox)
    script, kept, base = hook(sandbox.work / "tools/before.sh"), sandbox.work / "kept.toml", sandbox.work / "base.toml"
    (folder / "hooked.toml").write_text(f'extends = "{base}"\n')
    base.write_text(f'session_hooks.before.script = "{script}"\n')
    kept.write_text(PLAIN)
    assert sandbox.nono("profile", "use", str(kept), "--for", "other").returncode == 0
    plain, place = sandbox.profile(PLAIN), sandbox.home.parent / closed
    mode = place.stat().st_mode & 0o777
    place.chmod(0)
    done = kept_out(sandbox, f"chmod {mode:o} {place}; for f in tools/before.sh kept.toml base.toml; do echo '# x' >> $f; done", plain)
    place.chmod(mode)
    assert done.returncode == 4 and "the policy of other runs: " in done.stderr and closed in done.stderr
    assert not [file for file in (script, kept, base) if "# x" in file.read_text()]


def test_a_profile_that_cannot_be_resolved_now_has_its_hook_kept(sandbox):
    """As with a pattern that a run made match too much."""
    folder = nono_folder(sandbox)
    script = hook(sandbox.work / "before.sh")
    (folder / "plain.toml").write_text(PLAIN)
    other = f'[platform_overrides.linux.session_hooks.after]\nscript = "{hook(sandbox.work / "after.sh")}"\n'
    (folder / "hooked.toml").write_text(f'session_hooks.before.script = "{script}"\nfilesystem.deny = ["{sandbox.work}/*.log"]\n{other}')
    for i in range(20001):
        (sandbox.work / f"{i}.log").touch()
    assert "matches too much" in sandbox.sh("true", "--profile", "hooked", "--allow-cwd").stderr
    assert spoil(sandbox, "before.sh", "after.sh", "0.log") == ["0.log"]


def test_a_run_in_a_sandbox_that_keeps_the_profiles_is_not_stopped(sandbox):
    """Nothing there has been closed."""
    nono_folder(sandbox)
    (sandbox.work / "inner.toml").write_text(PLAIN)
    inner = f"{NONO} run -s --no-audit --profile inner.toml --allow-cwd -- echo ran"
    done = sandbox.sh(inner, "-s", "--allow", ".", "--read", str(BUILD))
    assert done.stdout == "ran\n", done.stderr


def test_a_hook_in_a_closed_folder_of_somebody_else_stops_no_run(sandbox):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    (nono_folder(sandbox) / "plain.toml").write_text(PLAIN)
    script = hook(sandbox.work / "theirs/before.sh")
    (nono_folder(sandbox) / "hooked.toml").write_text(f'session_hooks.before.script = "{script}"\n')
    script.parent.chmod(0o700)
    os.chown(script.parent, 65534, 65534)
    assert kept_out(sandbox, "echo ran").stdout == "ran\n"


@pytest.mark.parametrize("name", ["agents.toml", "config.toml", "known_signers.json", "profiles/mine.toml", "profiles"])
def test_what_nonos_folder_links_to_is_not_changed(sandbox, name):
    """As people have it who keep their settings in a repository."""
    folder = nono_folder(sandbox)
    if name != "profiles":
        (folder / "plain.toml").write_text(PLAIN)
    else:
        folder.rmdir()
        (sandbox.work / "profiles").mkdir()
        (sandbox.work / "profiles/plain.toml").write_text(PLAIN)
    target = sandbox.work / name
    target.parent.mkdir(exist_ok=True)
    if name != "profiles":
        target.write_text("{}" if name.endswith("json") else "")
    (sandbox.home / ".config/nono" / name).symlink_to(target)
    assert spoil(sandbox, f"{name}/plain.toml" if name == "profiles" else name) == []
    (sandbox.work / "free.toml").write_text("")
    assert spoil(sandbox, "free.toml") == ["free.toml"]


def test_the_first_line_of_a_file_that_may_be_written_grants_nothing(sandbox):
    (sandbox.home / "docs").mkdir()
    diary = sandbox.home / "docs/diary"
    diary.write_text("private\n")
    profile = sandbox.profile(PLAIN + '[filesystem]\nread = ["/usr", "/lib", "/lib64", "/bin", "/opt"]\n'
                              'execute = ["/usr/bin/dash", "/usr/bin/cat", "$WORKDIR/build.sh"]\n')
    build = hook(sandbox.work / "build.sh", "echo built\n")
    flags = ("-s", "--no-audit", "--profile", profile, "--allow-cwd")
    assert sandbox.sh("./build.sh", *flags).stdout == "built\n"  # of what may be read it does
    done = sandbox.sh(f'cat {diary}; printf "#!{diary}\\n" > build.sh', *flags)
    assert "private" not in done.stdout and build.read_text() == f"#!{diary}\n"
    assert "private" not in sandbox.sh(f"cat {diary}", *flags).stdout
    dry = sandbox.nono("run", *flags, "--dry-run", "--", "sh").stdout
    assert "docs" not in dry and "build.sh" in dry

    fixed, own = hook(sandbox.home / "tools/fixed", ""), hook(sandbox.home / "tools/own", "")
    profile = sandbox.profile(f'[filesystem]\nread = ["/usr", "/lib", "/lib64", "/bin"]\nexecute = ["/usr/bin/dash", "/usr/bin/cat", "{fixed}"]\n')
    fixed.write_text(f"#!{own}\n")  # what nobody in there writes is the user's word
    assert str(own) in sandbox.nono("run", "-s", "--dry-run", "--profile", profile, "--", "sh").stdout
    fixed.write_text(f"#!{diary}\n")  # another run's, in another folder: what is no program runs nothing
    done = sandbox.sh(f"cat {diary}; echo done", "-s", "--no-audit", "--profile", profile)
    assert done.stdout == "done\n" and "Permission denied" in done.stderr


@pytest.mark.parametrize("workdir, flags", [(PLAIN, ["--allow-cwd"]), ("", ["--allow", "kept"])])
def test_the_first_line_of_an_interpreter_that_may_be_written_grants_nothing(sandbox, workdir, flags):
    """The program itself is the user's; what it says that interprets it is not."""
    diary = sandbox.home / "docs/diary"
    diary.parent.mkdir()
    diary.write_text("private\n")
    fixed = hook(sandbox.home / "tools/fixed")
    fixed.write_text(f"#!{sandbox.work}/interpreter\n")
    hook(sandbox.work / "interpreter").write_text(f"#!{diary}\n")
    (sandbox.home / "kept").symlink_to(sandbox.work)
    profile = sandbox.profile(f'{workdir}[filesystem]\nread = ["/usr", "/lib", "/lib64", "/bin"]\nexecute = ["/usr/bin/dash", "/usr/bin/cat", "{fixed}"]\n')
    flags = [str(sandbox.home / flag) if flag == "kept" else flag for flag in flags]
    assert "private" not in sandbox.sh(f"cat {diary}", "-s", "--no-audit", "--profile", profile, *flags).stdout


def test_an_interpreter_in_the_working_folder_is_run(sandbox):
    """As in a virtual environment that has its own: it may be read there anyway."""
    interpreter = sandbox.work / "venv/python"
    interpreter.parent.mkdir()
    interpreter.write_bytes(open("/usr/bin/dash", "rb").read())
    interpreter.chmod(0o755)
    tool = hook(sandbox.work / "venv/tool")
    tool.write_text(f"#!{interpreter}\necho ran\n")
    profile = sandbox.profile(PLAIN + f'[filesystem]\nread = ["/usr", "/lib", "/lib64", "/bin"]\nexecute = ["/usr/bin/dash", "{tool}"]\n')
    done = sandbox.sh("venv/tool", "-s", "--no-audit", "--profile", profile, "--allow-cwd")
    assert done.stdout == "ran\n", done.stderr


def test_a_link_that_a_run_left_is_no_working_folder(sandbox):
    docs = sandbox.home / "docs"
    docs.mkdir()
    (sandbox.work / "sub").symlink_to(docs)
    (sandbox.work / "real").mkdir()
    flags = ("-s", "--no-audit", "--profile", sandbox.profile(PLAIN), "--allow", str(sandbox.work), "--allow-cwd", "--workdir")
    for named in ("sub", f"{sandbox.work}/sub", f"{sandbox.work}/real/../sub"):
        done = sandbox.sh("echo changed > diary", *flags, named)
        assert done.returncode == 4 and "leads by a symbolic link" in done.stderr and not (docs / "diary").exists()
    assert sandbox.sh("pwd", *flags, "real").stdout == f"{sandbox.work}/real\n"
    mine = sandbox.home / "link"  # where no run can have left it
    mine.symlink_to(sandbox.work / "real")
    assert sandbox.sh("pwd", *flags, str(mine)).stdout == f"{sandbox.work}/real\n"
    kept = sandbox.home / "kept"
    kept.symlink_to(sandbox.work)
    done = sandbox.sh("pwd", "-s", "--no-audit", "--profile", sandbox.profile(PLAIN), "--allow", str(kept), "--allow-cwd", "--workdir", "sub")
    assert done.returncode == 4 and "leads by a symbolic link" in done.stderr


def test_no_folder_is_made_where_a_runs_link_leads(sandbox):
    docs = sandbox.home / "docs"
    docs.mkdir()
    profile = sandbox.profile('[filesystem]\nstate = ["~/.agent", "~/.agent/x/y", "~/.agent/z"]\n')
    assert sandbox.sh(f"cd {sandbox.home}/.agent && ln -s {docs} w && rm -r x && mv w x", "--profile", profile).returncode == 0
    (sandbox.home / ".agent/z").rmdir()
    done = sandbox.sh("echo ran", "--profile", profile)
    assert list(docs.iterdir()) == [] and "made" in done.stderr and (sandbox.home / ".agent/z").is_dir()


@pytest.mark.parametrize("workdir, link", [(".", ".agents"), ("work", "work/agents")])
def test_no_folder_is_made_where_a_link_in_the_working_folder_leads(sandbox, workdir, link):
    """The working folder is the home folder; or one that a link of the user's own goes through."""
    docs = sandbox.home.parent / "docs"
    for folder in (docs, sandbox.home / "work/own"):
        folder.mkdir(parents=True)
    if link != ".agents":
        (sandbox.home / ".agents").symlink_to(link)
    left = sandbox.home / link
    flags = ("--no-audit", "--profile", sandbox.profile(PLAIN + '[filesystem]\nstate = ["~/.agents/x"]\n'), "--allow-cwd")
    left.symlink_to(docs)
    done = sandbox.nono("run", *flags, "--", "true", cwd=sandbox.home / workdir)
    assert list(docs.iterdir()) == [] and "nono: made" not in done.stderr
    left.unlink()
    left.symlink_to(sandbox.home / "work/own")  # what stays inside is as it was
    done = sandbox.nono("run", *flags, "--", "true", cwd=sandbox.home / workdir)
    assert done.returncode == 0 and "nono: made" in done.stderr, done.stderr


def test_a_name_of_nonos_own_is_written_through_no_link(sandbox):
    precious = sandbox.home / "precious"
    precious.write_text("mine\n")
    assert sandbox.nono("pack", "init", ".", "--name", "web").returncode == 0
    archive, bundle = "web-0.1.0.tar.zst", "web-0.1.0.tar.zst.sigstore.json"
    os.symlink(precious, sandbox.work / archive)
    refused = sandbox.nono("pack", "build", ".")
    assert refused.returncode == 1 and f"{archive} is there, and is no file" in refused.stderr
    (sandbox.work / archive).unlink()
    os.mkfifo(sandbox.work / archive)
    assert sandbox.nono("pack", "build", ".").returncode == 1
    (sandbox.work / archive).unlink()
    assert sandbox.nono("pack", "build", ".").returncode == sandbox.nono("pack", "build", ".").returncode == 0

    sandbox.nono("key", "generate", "k")
    os.symlink(precious, sandbox.work / bundle)
    assert sandbox.nono("pack", "sign", archive, "--namespace", "acme", "--key", "k").returncode == 1
    assert precious.read_text() == "mine\n"
    named = sandbox.nono("pack", "sign", archive, "--namespace", "acme", "--key", "k", "--output", bundle)
    assert named.returncode == 0 and precious.read_text() != "mine\n"  # what the user names is followed
