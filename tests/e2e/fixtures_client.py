"""nono as a user has it: a home of its own, a registry to talk to, packs to publish.

    def test_x(client, publisher):
        publisher.publish(pack_files("web", "1.0.0"))
        assert client.run("pull", "--yes", publisher.ref("web")).returncode == 0
"""
import os
import pathlib
import shutil
import subprocess

import pytest

from tests.support.registry import registry, registry_folder  # noqa: F401 (fixtures)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("NONO_BUILD", "build/dev")
NONO = BUILD / "bin" / "nono"
# nono's own, which stays when packs go: pins, lock file, cache.
OWN = (".cache/nono", ".config/nono", ".local/state/nono")


def shared_packs():
    """The packs that nobody here wrote: beside the project, or where NONO_SHARED_PACKS says."""
    named = os.environ.get("NONO_SHARED_PACKS")
    if named:
        return pathlib.Path(named)
    common = subprocess.run(["git", "-C", ROOT, "rev-parse", "--path-format=absolute", "--git-common-dir"],
                            capture_output=True, text=True, check=False).stdout.strip()
    places = [ROOT.parent, pathlib.Path(common).parent.parent if common else ROOT.parent]
    return next((p / "shared" / "packs" for p in places if (p / "shared" / "packs").is_dir()), None)


def tree(folder, without=()):
    """Every name below a folder, with what it is: bytes, mode, where a link leads."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if any(name == skip or name.startswith(skip + "/") for skip in without):
            continue
        if path.is_symlink():
            found[name] = ("link", os.readlink(path))
        elif path.is_file():
            found[name] = ("file", path.stat().st_mode & 0o7777, path.read_bytes())
        else:
            found[name] = ("folder", path.stat().st_mode & 0o7777)
    return found


def write_pack(folder, files):
    """files: path -> bytes; scripts become executable."""
    for path, data in files.items():
        place = pathlib.Path(folder) / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(0o755 if path.endswith(".sh") else 0o644)
    return folder


class Client:
    def __init__(self, home, url):
        if not NONO.exists():
            pytest.skip(f"{NONO} is not built")
        self.home, self.url = pathlib.Path(home), url
        for folder in (".cache", ".config"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items()
                if not k.startswith(("NONO_", "XDG_", "DBUS_")) and not k.lower().endswith("_proxy")}
        return {**kept, "HOME": str(self.home), "NONO_REGISTRY": self.url, **more}

    def run(self, *args, stdin="", **more):
        return subprocess.run([NONO, *map(str, args)], env=self.environment(**more), input=stdin, text=True,
                              capture_output=True, check=False, timeout=300, cwd=self.home)

    def start(self, *args, **more):
        return subprocess.Popen([NONO, *map(str, args)], env=self.environment(**more), text=True, cwd=self.home,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ok(self, *args, **more):
        done = self.run(*args, **more)
        assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def refused(self, status, *args, **more):
        """Runs what must fail with that status; gives what it says."""
        done = self.run(*args, **more)
        assert done.returncode == status, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr

    @property
    def packages(self):
        return self.home / ".config/nono/packages"

    def tree(self):
        """The home, without what is nono's own."""
        return tree(self.home, without=OWN)

    def whole(self):
        """All of the home but the cache and the pins: what an interrupted install may not change."""
        return tree(self.home, without=(".cache/nono", ".config/nono/known_signers.json",
                                        ".config/nono/packages/.lock", ".config/nono/packages/.staging"))


class Publisher:
    """An organisation with a key, and a client that publishes for it."""

    def __init__(self, registry, home, organisation):  # noqa: F811
        self.registry, self.organisation, self.client = registry, organisation, Client(home, registry.url)
        session = registry.sign_in()
        registry.organisation(organisation, session)
        self.token = registry.token(session)
        self.client.ok("auth", "login", registry.url, "--token", stdin=self.token + "\n")
        self.add_key("release")

    def add_key(self, name, *options):
        key_id = self.client.ok("key", "generate", name, *options).stdout.strip()
        self.client.ok("key", "register", name, "--org", self.organisation)
        return key_id

    def ref(self, name, version=None):
        return f"{self.organisation}/{name}" + (f"@{version}" if version else "")

    def publish_folder(self, folder, *options, key="release"):
        return self.client.ok("publish", folder, "--namespace", self.organisation, "--key", key, *options)

    def publish(self, files, *options, key="release"):
        folder = self.client.home / "pack"
        shutil.rmtree(folder, ignore_errors=True)
        return self.publish_folder(write_pack(folder, files), *options, key=key)


_count = iter(range(1, 1000000))


@pytest.fixture
def publisher(registry, tmp_path):  # noqa: F811
    return Publisher(registry, tmp_path / "publisher", f"org{next(_count)}-{os.getpid()}")


@pytest.fixture
def client(registry, tmp_path):  # noqa: F811
    return Client(tmp_path / "home", registry.url)
