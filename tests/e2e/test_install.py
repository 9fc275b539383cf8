"""cmake --install: the tree works where it was put, and where it is moved to, and knows nothing of where it was built."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from fixtures_state import BUILD, ROOT
from tests.support.registry import Registry, registry_folder  # noqa: F401


def cache(name):
    return re.search(rf"^{name}:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.M).group(1)


def said(*words, **options):
    """What a command prints; it must not fail."""
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, timeout=120, **options)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Installed to one place, moved to another."""
    folder = tmp_path_factory.mktemp("installed")
    said("cmake", "--install", BUILD, "--prefix", folder / "first")
    (folder / "first").rename(folder / "prefix")
    return folder / "prefix"


@pytest.fixture
def user(installed, tmp_path):
    """Runs the installed nono in a home of its own."""
    environment = {"HOME": str(tmp_path), "PATH": f"{installed}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                   "ASAN_OPTIONS": "detect_leaks=0"}
    return lambda *words, **more: said("nono", *words, env={**environment, **more}, cwd=tmp_path)


def test_the_programs_find_each_other_where_they_are(installed, user):
    version = cache("CMAKE_PROJECT_VERSION")
    assert user("--version").startswith(f"nono {version} (")
    assert said(installed / "bin/nono-registry", "--version") == f"nono-registry {version}\n"
    user("pack", "init", "pack", "--name", "web")  # nono-pkg
    assert user("pack", "build", "pack") == "web-0.1.0.tar.zst\n"
    user("run", "--", "/bin/true")
    refused = user("run", "--allow-domain", "example.org", "--", "curl", "-s", "http://example.net/")  # nono-proxy
    assert "nono refused this request (host_not_allowed)" in refused
    assert {path.name for path in (installed / "libexec/nono").iterdir()} == {"nono-pkg", "nono-proxy"}


def test_nothing_installed_names_where_it_was_built(installed):
    """But for the unit, which names where the program was put, and UBSan, whose places no option maps."""
    built, put = str(ROOT).encode(), str(installed.with_name("first")).encode()
    for path in installed.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert built not in data or (cache("NONO_SANITIZE") and data[:4] in (b"\x7fELF", b"!<ar")), path
            assert put not in data or path.suffix == ".service", path
    for program in ("bin/nono", "bin/nono-registry", "libexec/nono/nono-pkg", "libexec/nono/nono-proxy"):
        assert not re.search(r"RPATH|RUNPATH", said("readelf", "-d", installed / program))


def test_a_program_is_built_against_the_library_by_pkg_config(installed, tmp_path):
    (tmp_path / "try.c").write_text("""
#include <nono.h>
#include <stdio.h>
int main(void)
{
    struct nono_error err;
    struct nono_caps *caps = nono_caps_new();
    struct nono_result read = { .size = sizeof(read) }, write = { .size = sizeof(write) };
    if (nono_caps_allow_read(caps, "/usr", 0, &err) != NONO_OK ||
        nono_query_path(caps, "/usr/bin", NONO_READ, &read, &err) != NONO_OK ||
        nono_query_path(caps, "/usr/bin", NONO_WRITE, &write, &err) != NONO_OK)
        return 1;
    printf("%s %d %d\\n", nono_version(), read.allowed, write.allowed);
    nono_caps_free(caps);
    return 0;
}
""")
    found = dict(os.environ, PKG_CONFIG_PATH=str(next(installed.rglob("pkgconfig"))))
    flags = said("pkg-config", "--cflags", "--libs", "libnono", env=found).split()
    version = cache("CMAKE_PROJECT_VERSION")
    assert said("pkg-config", "--modversion", "libnono", env=found) == version + "\n"
    sanitize = [f"-fsanitize={cache('NONO_SANITIZE')}"] if cache("NONO_SANITIZE") else []
    lib = next(installed.rglob("libnono.so"))
    for how in ([*flags, f"-Wl,-rpath,{lib.parent}"], [flags[0], lib.with_name("libnono.a")]):
        said(cache("CMAKE_C_COMPILER"), *sanitize, tmp_path / "try.c", *how, "-o", tmp_path / "try")
        assert said(tmp_path / "try") == f"{version} 1 0\n"


def test_the_manual_is_whole(installed):
    """Every page, by each of its names, is formatted without a word of complaint."""
    pages = sorted((installed / "share/man").rglob("*.[1-9]"))
    assert {path.parent.name for path in pages} == {"man1", "man5", "man8"} and len(pages) > 28
    for page in pages:
        shown = subprocess.run(["man", "--warnings=all", "-l", page], capture_output=True, text=True, check=False,
                               env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "100", "MANPAGER": "cat", "HOME": "/"})
        assert shown.returncode == 0 and not shown.stderr, page
        assert page.stem in shown.stdout.split("SYNOPSIS")[0].split("DESCRIPTION")[0]


def test_completions_are_those_that_the_client_prints(installed, user):
    places = {"bash": "bash-completion/completions/nono", "zsh": "zsh/site-functions/_nono", "fish": "fish/vendor_completions.d/nono.fish"}
    for shell, place in places.items():
        assert (installed / "share" / place).read_text() == user("completion", shell)
    script = f'source {installed}/share/{places["bash"]}; COMP_WORDS=(nono snap); COMP_CWORD=1; _nono; echo "$COMPREPLY"'
    assert said("bash", "-c", script, env={"PATH": f"{installed}/bin:/usr/bin:/bin"}) == "snapshot\n"


def test_the_registry_serves_its_pages_from_beside_itself(installed, registry_folder):  # noqa: F811
    """As whoever runs PostgreSQL, when root does not: the prefix has to be somewhere that user can come to."""
    prefix = registry_folder / "prefix"
    shutil.copytree(installed / "share/nono", prefix / "share/nono")
    (prefix / "bin").mkdir()
    shutil.copy(installed / "bin/nono-registry", prefix / "bin")
    registry = Registry(registry_folder / "data")
    registry.command = [str(prefix / "bin/nono-registry"), "serve"]
    with registry.up():
        page = registry.get("/")
        assert page.status == 200 and page.body == (ROOT / "web/dist/index.html").read_bytes()


def test_the_unit_is_one_that_systemd_takes(installed):
    unit = installed / "lib/systemd/system/nono-registry.service"
    program = re.search(r"^ExecStart=(\S+)", unit.read_text(), re.M).group(1)
    assert program == str(installed.with_name("first") / "bin/nono-registry")
    pause = re.search(r"^RestartSec=(\d+)$", unit.read_text(), re.M)
    assert pause and int(pause.group(1)) * 5 > 10  # else it is given up for good: five starts in ten seconds are systemd's default
    unit.write_text(unit.read_text().replace(program, str(installed / "bin/nono-registry")))
    checked = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert checked.returncode == 0 and "nono-registry" not in checked.stderr
    said("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)


def test_everything_can_be_taken_away_again(tmp_path):
    """A manifest names all that was installed, below DESTDIR too."""
    stage = tmp_path / "stage"
    said("cmake", "--install", BUILD, "--prefix", "/opt/nono", env=dict(os.environ, DESTDIR=str(stage)))
    files = {path for path in stage.rglob("*") if not path.is_dir() or path.is_symlink()}
    assert stage / "opt/nono/bin/nono" in files and all((stage / "opt/nono") in path.parents for path in files)
    assert "ExecStart=/opt/nono/bin/nono-registry" in (stage / "opt/nono/lib/systemd/system/nono-registry.service").read_text()
    listed = (BUILD / "install_manifest.txt").read_text().split("\n")
    assert {pathlib.Path(f"{stage}{line}") for line in listed if line} == files
