"""nono run, wrap and why as a user has them: a home, a working folder, and nothing of this machine's."""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("NONO_BUILD", "build/dev")
NONO = BUILD / "bin" / "nono"


class Sandbox:
    """A home with a working folder in it, and nono started there."""

    def __init__(self, folder):
        self.home = folder / "home"
        self.work = folder / "work"
        self.home.mkdir()
        self.work.mkdir()
        self.environment = {
            "HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
            # a sandboxed program has no use for leak reports, and no right to read what they need
            "ASAN_OPTIONS": "detect_leaks=0",
        }

    def nono(self, *words, env=None, **options):
        options.setdefault("cwd", self.work)
        return subprocess.run([NONO, *words], env={**self.environment, **(env or {})}, capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL, check=False, **options)

    def sh(self, script, *flags, verb="run", **options):
        return self.nono(verb, *flags, "--", "sh", "-c", script, **options)

    def profile(self, text, name="test.toml"):
        path = self.home / name
        path.write_text(text)
        return str(path)

    def why(self, *words, **options):
        return json.loads(self.nono("why", "--json", *words, **options).stdout)

    def record(self):
        """The events of the newest run."""
        files = sorted((self.home / ".local/state/nono/audit").glob("*.jsonl"))
        return [json.loads(line) for line in files[-1].read_text().splitlines()]


@pytest.fixture
def sandbox(tmp_path):
    return Sandbox(tmp_path)
