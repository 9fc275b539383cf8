"""An install or removal happens whole or not at all: killed at every step, out of space, at the same time."""
import json
import os
import shutil
import signal
import subprocess

import pytest
from fixtures_client import client, publisher, registry  # noqa: F401
from fixtures_client import NONO

from tests.support.packs import pack_files
from tests.support.wired_pack import CONFIG, furnish, wired


@pytest.fixture
def home(client, publisher):  # noqa: F811
    for version in ("1.0.0", "1.1.0"):
        publisher.publish(wired(version))
    furnish(client.home)
    return client


def test_wiring_of_all_six_kinds_is_undone_to_the_last_byte(home, publisher):  # noqa: F811
    before = home.tree()
    home.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    settings = json.loads((home.home / ".claude/settings.json").read_text())
    assert settings == {"model": "opus", "keep": [3], "enabled": {"web": "1.0.0"}}
    assert (home.home / ".codex/bin/hook.sh").stat().st_mode & 0o777 == 0o755
    config = (home.home / ".codex/config.toml").read_text()
    assert config.startswith('# mine\nmodel = "o3"\n') and config.index('web = "1.0.0"') < config.index("[profiles.a]")
    assert json.loads((home.home / ".claude/hooks.json").read_text())["hooks"]["list"][0]["id"] == "web"
    assert "web:" in (home.home / ".hermes/config.yaml").read_text()
    home.ok("update", "--yes")
    assert json.loads((home.home / ".claude/settings.json").read_text())["enabled"] == {"web": "1.1.0"}
    home.ok("remove", publisher.ref("web"))
    assert home.tree() == before


def test_what_the_user_changed_since_is_kept(home, publisher):  # noqa: F811
    home.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    settings = home.home / ".claude/settings.json"
    changed = json.loads(settings.read_text())
    changed["mine"] = True
    settings.write_text(json.dumps(changed))
    config = home.home / ".codex/config.toml"
    config.write_text(config.read_text() + "\n[profiles.b]\ny = 2\n")
    (home.home / ".codex/bin/hook.sh").write_text("#!/bin/sh\nmine\n")
    assert "was changed, and stays" in home.ok("remove", publisher.ref("web")).stderr
    assert json.loads(settings.read_text()) == {"model": "opus", "keep": [1, 2], "mine": True}
    assert config.read_bytes() == CONFIG + b"\n[profiles.b]\ny = 2\n"
    assert (home.home / ".codex/bin/hook.sh").read_text() == "#!/bin/sh\nmine\n"


def test_what_the_user_set_means_the_same_to_every_reader(home, publisher):  # noqa: F811
    mine = "confirm: no\non: 2024-01-01\nmask: 0755\nlimit: 1_000\nversion: 1.10\nempty:\n"
    config, settings = home.home / ".hermes/config.yaml", home.home / ".claude/settings.json"
    config.write_text(mine)
    settings.write_text('{"rate": 1.1, "least": 1e-7}')
    home.ok("pull", "--yes", publisher.ref("web"))
    assert config.read_text().startswith(mine) and "web:" in config.read_text()
    assert '"rate": 1.1,' in settings.read_text() and '"least": 1e-7,' in settings.read_text()
    home.ok("remove", publisher.ref("web"))
    assert config.read_text() == mine


def crash_everywhere(client, args, again):  # noqa: F811
    """Kills the command at its first, second, ... marked point; after each, the next command finds
    the state from before or, behind the point of no return, the one after."""
    before, seen_before, step = client.whole(), 0, 1
    while True:
        done = client.run(*args, NONO_CRASH_AT=f"*:{step}")
        if done.returncode == 0:
            break
        assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), (step, done)
        client.ok("list")
        now = client.whole()
        if now == before:
            seen_before += 1
        else:
            client.ok("verify")
            assert not [name for name in now if "nono-" in name.rsplit("/", 1)[-1] and name.endswith(".tmp")]
            again(now)
            before = client.whole()
        step += 1
    assert step > 10 and seen_before > 8, (step, seen_before)


@pytest.mark.parametrize("first", [None, "1.0.0"], ids=["install", "update"])
def test_killed_at_any_step_an_install_leaves_the_former_state_or_the_new_one(home, publisher, first):  # noqa: F811
    home.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    if not first:
        home.ok("remove", publisher.ref("web"))

    def back(_):
        if first:
            home.ok("pull", "--yes", "--allow-downgrade", publisher.ref("web", first))
        else:
            home.ok("remove", publisher.ref("web"))

    crash_everywhere(home, ("pull", "--yes", publisher.ref("web", "1.1.0")), back)
    home.ok("verify", publisher.ref("web"))


def test_killed_at_any_step_a_removal_leaves_the_former_state_or_the_new_one(home, publisher):  # noqa: F811
    before = home.tree()
    home.ok("pull", "--yes", publisher.ref("web"))

    def back(_):
        assert home.tree() == before
        home.ok("pull", "--yes", publisher.ref("web"))

    crash_everywhere(home, ("remove", publisher.ref("web")), back)
    assert home.tree() == before


def killed(home, *args):  # noqa: F811
    """Kills a command when all is in place, and the new state does not hold yet."""
    assert home.run(*args, NONO_CRASH_AT="journal.ready").returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)


@pytest.mark.parametrize("command", ["pull", "remove"])
def test_what_was_written_in_place_after_a_kill_is_kept_beside(home, publisher, command):  # noqa: F811
    settings, saved = home.home / ".claude/settings.json", home.home / ".claude/settings.json.nono-saved"
    if command == "remove":
        home.ok("pull", "--yes", publisher.ref("web"))
    before = home.tree()
    killed(home, command, *(["--yes"] if command == "pull" else []), publisher.ref("web"))
    assert home.ok("list").stderr.count("nono-saved") == 0 and home.tree() == before  # nobody wrote
    killed(home, command, *(["--yes"] if command == "pull" else []), publisher.ref("web"))
    with settings.open("a") as file:
        file.write("// mine\n")
    mine = settings.read_bytes()
    told = home.ok("list").stderr
    assert told.count("nono: ") == 1 and str(settings) in told and saved.name in told
    assert saved.read_bytes() == mine
    assert home.ok("list").stderr.count("nono-saved") == 0
    saved.unlink()
    assert home.tree() == before


def test_what_was_written_into_a_new_file_after_a_kill_is_kept_beside(home, publisher):  # noqa: F811
    before, hook = home.tree(), home.home / ".codex/bin/hook.sh"
    killed(home, "pull", "--yes", publisher.ref("web"))
    with hook.open("a") as file:
        file.write("mine\n")
    mine = hook.read_bytes()
    assert "hook.sh.nono-saved" in home.ok("list").stderr
    saved = hook.with_name("hook.sh.nono-saved")
    assert not hook.exists() and saved.read_bytes() == mine
    saved.unlink()
    hook.parent.rmdir()  # what is kept had kept the folder
    assert home.tree() == before


def test_a_file_made_anew_after_a_killed_removal_stays(home, publisher):  # noqa: F811
    home.ok("pull", "--yes", publisher.ref("web"))
    hook = home.home / ".codex/bin/hook.sh"
    was = hook.read_bytes()
    killed(home, "remove", publisher.ref("web"))
    assert not hook.exists()
    hook.write_text("mine\n")
    assert "hook.sh.nono-saved" in home.ok("list").stderr
    assert hook.read_text() == "mine\n" and hook.with_name("hook.sh.nono-saved").read_bytes() == was
    assert "was changed, and stays" in home.ok("remove", publisher.ref("web")).stderr
    assert hook.read_text() == "mine\n"


def test_a_folder_that_became_a_mount_does_not_stop_the_store(client, publisher, tmp_path):  # noqa: F811
    files = pack_files("web")
    files["r.txt"] = b"r"
    manifest = json.loads(files["package.json"])
    manifest["wiring"] = [{"type": "write_file", "source": "r.txt", "dest": "$HOME/.claude/skills/x/r.txt"}]
    manifest["artifacts"].append({"type": "plugin", "path": "r.txt"})
    publisher.publish({**files, "package.json": json.dumps(manifest).encode()})
    client.ok("pull", "--yes", publisher.ref("web"))
    volume = tmp_path / "volume"
    shutil.copytree(client.home / ".claude", volume)
    script = f"mount --bind {volume} $HOME/.claude && {NONO} remove {publisher.ref('web')} && {NONO} list && " \
             f"{NONO} pull --yes {publisher.ref('web')} && {NONO} verify && ls -A $HOME/.config/nono/packages"
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script], env=client.environment(),
                          text=True, capture_output=True, check=False, timeout=300)
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no mount namespace here: " + done.stderr)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "journal" not in done.stdout and ".tmp" not in done.stdout


def test_the_pin_comes_with_the_install_and_is_made_up_when_it_is_missing(home, publisher):  # noqa: F811
    pins = home.home / ".config/nono/known_signers.json"
    done = home.run("pull", "--yes", publisher.ref("web"), NONO_CRASH_AT="journal.committed:1")
    assert done.returncode != 0 and publisher.ref("web") in home.ok("list").stdout, done
    pinned = json.loads(pins.read_text())["packs"]
    assert pinned[publisher.ref("web")].startswith("key:")
    pins.unlink()  # as if the original's client had installed it
    home.ok("pull", "--dry-run", publisher.ref("web"))
    assert not pins.exists()
    assert "is already at" in home.ok("pull", publisher.ref("web")).stdout
    assert json.loads(pins.read_text())["packs"] == pinned
    home.ok("remove", publisher.ref("web"))
    assert json.loads(pins.read_text())["packs"] == pinned


def test_two_pulls_at_the_same_time_both_end_well(home, publisher):  # noqa: F811
    publisher.publish(pack_files("other", "1.0.0"))
    running = [home.start("pull", "--yes", publisher.ref(name)) for name in ("web", "other", "web", "other")]
    for process in running:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, (out, err)
    assert set(json.loads(home.ok("list", "--json").stdout)["packages"]) == {publisher.ref("web"), publisher.ref("other")}
    home.ok("verify")


def test_without_a_network_it_fails_plainly_and_removal_still_works(home, publisher):  # noqa: F811
    home.ok("pull", "--yes", publisher.ref("web"))
    away = "http://127.0.0.1:9"
    assert "127.0.0.1" in home.refused(69, "pull", "--yes", publisher.ref("other"), NONO_REGISTRY=away)
    home.ok("verify", NONO_REGISTRY=away)
    home.ok("remove", publisher.ref("web"), NONO_REGISTRY=away)


def test_on_a_full_disk_nothing_changes(home, publisher, tmp_path):  # noqa: F811
    """A file system of its own, too small for the pack."""
    small = tmp_path / "small"
    small.mkdir()
    files = wired("2.0.0")
    files["assets/big.bin"] = os.urandom(3 << 20)
    manifest = json.loads(files["package.json"])
    manifest["artifacts"].append({"type": "plugin", "path": "assets/big.bin"})
    publisher.publish({**files, "package.json": json.dumps(manifest).encode()})
    script = f"mount -t tmpfs -o size=6m tmpfs {small} && mkdir {small}/nono && cp -a $HOME/.config/. {small}/ && " \
             f"{NONO} pull --yes {publisher.ref('web', '1.0.0')} 2>/dev/null && head -c 4000000 /dev/zero > {small}/fill && " \
             f"{{ {NONO} pull --yes {publisher.ref('web', '2.0.0')}; echo status=$?; }} && {NONO} verify && " \
             f"{NONO} list && ls -A {small}/nono/packages"
    env = home.environment(XDG_CONFIG_HOME=str(small), XDG_CACHE_HOME=str(tmp_path / "cache"))
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script], env=env, text=True,
                          capture_output=True, check=False, timeout=300)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("no mount namespace here: " + done.stderr)
    assert "status=0" not in done.stdout and "No space left" in done.stderr, (done.stdout, done.stderr)
    assert "1.0.0" in done.stdout and ".staging" not in done.stdout and "journal" not in done.stdout
    assert json.loads((home.home / ".claude/settings.json").read_text())["enabled"] == {"web": "1.0.0"}
