"""A desktop session without the desktop: a bus of its own, and GNOME's real keyring on it.

    def test_x(client, keyring):
        client.ok("auth", "login", ..., **keyring.variables)
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

# Without folders of services, nothing is started on the bus but what a test starts.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={folder}/bus</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


class Session:
    """A session bus; with unlock(), a keyring too."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        config = self.folder / "bus.conf"
        config.write_text(BUS.format(folder=self.folder))
        self.bus = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment())
        address = self.bus.stdout.readline().strip()
        assert address, "dbus-daemon did not start"
        self.variables = {"DBUS_SESSION_BUS_ADDRESS": address}

    def environment(self, **more):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder), **more}

    def unlock(self):
        """Starts it, and waits until it has its name on the bus. It goes when the bus does."""
        env = self.environment(**self.variables)
        rule = "type='signal',member='NameOwnerChanged',arg0='org.freedesktop.secrets'"
        with subprocess.Popen(["timeout", "120", "dbus-monitor", "--session", rule], env=env, stdout=subprocess.PIPE, text=True) as monitor:
            monitor.stdout.readline()  # it listens
            subprocess.run(["gnome-keyring-daemon", "--unlock", "--components=secrets"], input=b"word", check=True,
                           env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while "org.freedesktop.secrets" not in (line := monitor.stdout.readline()):
                assert line, "the keyring did not come onto the bus"
            monitor.terminate()
        return self

    def call(self, interface, path, method, *args):
        return subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets", path,
                               f"{interface}.{method}", *args], env=self.environment(**self.variables),
                              capture_output=True, text=True, check=True).stdout

    def lock(self):
        self.call("org.freedesktop.Secret.Service", "/org/freedesktop/secrets", "Lock",
                  "array:objpath:/org/freedesktop/secrets/collection/login")

    def items(self):
        """The paths of the secrets that the keyring holds."""
        said = self.call("org.freedesktop.DBus.Properties", "/org/freedesktop/secrets/collection/login", "Get",
                         "string:org.freedesktop.Secret.Collection", "string:Items")
        return re.findall(r'object path "([^"]+)"', said)

    def count(self):
        return len(self.items())

    def clear(self):
        for item in self.items():
            self.call("org.freedesktop.Secret.Item", item, "Delete")

    def end(self):
        self.bus.send_signal(signal.SIGTERM)
        self.bus.communicate(timeout=60)


@pytest.fixture
def session():
    folder = tempfile.mkdtemp(prefix="nono-bus-")  # short: it is a socket's address
    found = Session(folder)
    yield found
    found.end()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def keyring(session):
    return session.unlock()
