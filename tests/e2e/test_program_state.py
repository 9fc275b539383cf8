"""Folders that a profile calls the program's own state: made when they are not there, by whoever starts it."""
import shutil
import subprocess

import pytest
from fixtures_state import audit_events, user  # noqa: F401

PROFILE = """
[filesystem]
state = ["~/.config/agent", "~/.agent"]
"""
WRITE = 'umask 077; echo kept > "$HOME/.config/agent/settings" && cat "$HOME/.config/agent/settings"'


@pytest.fixture
def agent(user):  # noqa: F811
    user.put("agent.toml", PROFILE)
    return user


@pytest.mark.parametrize("how", ["run", "wrap"])
def test_a_first_run_finds_its_folders(agent, how):
    outside = agent.home / ".agent.bak"
    said = agent(how, "--profile", "./agent.toml", "--", "sh", "-c", WRITE)
    assert said == "kept\n" and (agent.home / ".config/agent/settings").read_text() == "kept\n"
    made = [agent.home / ".agent", agent.home / ".config/agent"]
    assert all(f"nono: made {folder}\n" in agent.err for folder in made)
    assert [folder.stat().st_mode & 0o777 for folder in [*made, agent.home / ".config"]] == [0o700] * 3
    assert agent(how, "--profile", "./agent.toml", "--", "sh", "-c", WRITE) == "kept\n"
    assert "made" not in agent.err
    agent(how, "-s", "--profile", "./agent.toml", "--", "mkdir", outside, status=1)


def test_looking_makes_nothing_and_says_what_a_run_would_do(agent):
    answer = agent.json("why", agent.home / ".agent/x", "--op", "write", "--profile", "./agent.toml")
    assert answer["status"] == "allowed" and answer["granted_path"] == str(agent.home / ".agent")
    assert answer["note"] == "it is made when the run starts"
    agent("why", agent.home / ".agentx", "--profile", "./agent.toml", status=1)
    assert f"to be made         {agent.home}/.agent" in agent("run", "--dry-run", "--profile", "./agent.toml", "--", "true")
    agent("profile", "show", "./agent.toml")
    assert not (agent.home / ".agent").exists() and not (agent.home / ".config/agent").exists()
    agent("run", "-s", "--profile", "./agent.toml", "--", "true")
    assert (agent.home / ".agent").is_dir() and agent.err == ""
    answer = agent.json("why", agent.home / ".agent/x", "--op", "write", "--profile", "./agent.toml")
    assert answer["status"] == "allowed" and "note" not in answer


def test_what_is_denied_or_in_the_way_is_not_made(agent):
    agent.put("agent.toml", PROFILE + 'deny = ["~/.agent"]\n')
    (agent.home / ".config").symlink_to(agent.home / "nowhere")
    agent("run", "--profile", "./agent.toml", "--", "true")
    assert f"{agent.home}/.config/agent is not there, and cannot be made" in agent.err
    assert not (agent.home / ".agent").exists() and not (agent.home / "nowhere").exists()
    agent("why", agent.home / ".agent/x", "--profile", "./agent.toml", status=1)


@pytest.mark.parametrize("profile, folder", [("codex", ".codex"), ("claude-code", ".claude"), ("openclaw", ".openclaw"),
                                             ("opencode", ".local/share/opencode"), ("swival", ".swival")])
def test_agents_of_the_built_in_profiles_begin_in_an_empty_home(user, profile, folder):  # noqa: F811
    script = f'mkdir -p "$HOME/{folder}/sub" && echo x > "$HOME/{folder}/sub/file"'
    user("run", "-s", "--profile", profile, "--allow-cwd", "--", "bash", "-lc", script)
    assert user.err == ""  # /etc/profile is read
    assert (user.home / folder / "sub/file").read_text() == "x\n"
    assert audit_events(user.records()[-1])[0]["data"]["profile"] == profile


def test_caches_of_tools_that_are_there_are_made(user, tmp_path):  # noqa: F811
    """In a home where nobody has used the tool before; and nothing is made for tools that are not there."""
    tools, cache = tmp_path / "tools", user.home / ".bun/install/cache"
    tools.mkdir()
    profile = ["--profile", "bun-dev", "--allow-cwd"]
    path = f"{tools}:/usr/bin:/bin"
    user("why", cache / "x", "--op", "write", *profile, PATH=path, status=1)
    user("run", "-s", *profile, "--", "true", PATH=path)
    assert not cache.exists()
    bun = tools / "bun"
    bun.write_text("#!/bin/sh\n")
    bun.chmod(0o755)
    answer = user.json("why", cache / "x", "--op", "write", *profile, PATH=path)
    assert answer["status"] == "allowed" and answer["note"] == "it is made when the run starts"
    user("run", *profile, "--", "mkdir", cache / "x", PATH=path)
    assert (cache / "x").is_dir() and f"nono: made {cache}\n" in user.err
    assert "  ~/.bun/install/cache  (program:bun)\n" in user("profile", "groups", "bun_runtime")
    assert "  ~/.cache/pip  (program:pip or program:pip3)\n" in user("profile", "groups", "python_runtime")


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")
def test_npm_works_in_an_empty_home_under_an_agents_profile(user):  # noqa: F811
    user.put("source/package.json", '{"name": "nothing", "version": "1.0.0"}')
    user.put("package.json", "{}")
    subprocess.run(["tar", "czf", "nothing.tgz", "source"], cwd=user.work, check=True)
    install = ["npm", "install", "--offline", "--no-audit", "--no-fund", "./nothing.tgz"]
    user("run", "-s", "--profile", "claude-code", "--allow-cwd", "--", *install)
    assert (user.home / ".npm").is_dir() and (user.work / "node_modules/nothing/package.json").is_file()
