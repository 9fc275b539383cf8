"""docs/man against what it describes: the programs' own --help, the tables of settings and keys, the exit codes."""
import json
import os
import pathlib
import pty
import re
import shlex
import subprocess

import pytest

from fixtures_state import BUILD, NONO, ROOT, user  # noqa: F401

MAN = ROOT / "docs" / "man"
PAGES = sorted(MAN.iterdir())
HELP = {"-?", "-h", "--help", "--usage"}  # of every command: nono(1) has them


def source(name):
    return (MAN / name).read_text()


def names(text):
    """Of a page's NAME section."""
    return re.findall(r"^\.Nm (\S+)", text.split(".Sh SYNOPSIS")[0].split(".Sh DESCRIPTION")[0], re.M)


def sections(text):
    """(.Sh title, .Ss title or "") -> its lines."""
    found, place = {}, ("", "")
    for line in text.splitlines():
        if line.startswith(".Sh "):
            place = (line[4:], "")
        elif line.startswith(".Ss "):
            place = (place[0], line[4:])
        found.setdefault(place, []).append(line)
    return found


def items(lines, macro):
    """What the heads of lists have of a macro: [".It Va a , Va b"] -> [["a", "b"]]."""
    return [re.findall(rf"(?:^| ){macro} (\S+)", line[4:]) for line in lines if line.startswith(".It ")]


def options_documented(lines):
    """--long or -s -> its value, or None."""
    found = {}
    for line in lines:
        for flag, value in re.findall(r"Fl (\S+)(?: Ar (\S+))?", line) if line.startswith(".It Fl") else ():
            assert f"-{flag}" not in found, line
            found[f"-{flag}"] = value or None
    return found


def options_shown(said):
    """The same of --help."""
    found = {}
    for short, long, value in re.findall(r"^  (?:(-.), |    )(--[a-z-]+)(?:[= ](\S+))?(?=  |$)", said, re.M):
        found[long] = value or None
        if short:
            found[short] = value or None
    return {flag: value for flag, value in found.items() if flag not in HELP}


def same_options(documented, shown, title):
    assert set(documented) == set(shown), title
    assert all(documented[flag] == shown[flag] for flag in shown if flag.startswith("--")), title


def rendered(name, section):
    """A section as it is read, on one line."""
    text = subprocess.run(["mandoc", "-Tascii", "-Owidth=400", MAN / name], capture_output=True, text=True, check=True).stdout
    text = re.sub(".\b", "", text)
    return " ".join(re.search(rf"^{section}$(.*?)(?=^\S)", text, re.M | re.S).group(1).split())


def usage(said):
    return " ".join(re.match(r"Usage: (.*)", said).group(1).split())


def offered(user, *above):  # noqa: F811
    return [line.split("\t")[0] for line in user("__complete", *above, "").splitlines()]


def page_of(command):
    found = [page.name for page in PAGES if page.suffix == ".1" and f"nono-{command}" in names(page.read_text())]
    assert len(found) == 1, (command, found)
    return found[0]


def test_every_command_and_option_is_in_a_page_and_no_other(user):  # noqa: F811
    commands, described = offered(user), set()
    assert len(commands) > 20
    for command in commands:
        name, text = page_of(command), source(page_of(command))
        described.add(name)
        said = user(command, "--help")
        shown = {(command, verb): user(command, verb, "--help") for verb in offered(user, command)} \
            if said.startswith("usage:") else {(command,): said}
        synopsis, parts = rendered(name, "SYNOPSIS"), sections(text)
        alone = len(names(text)) == 1 and (command,) in shown
        if not alone and (command,) not in shown:
            assert {title for place, title in parts if place == "COMMANDS"} - {""} == {words[-1] for words in shown}, name
        for words, text_shown in shown.items():
            lines = [line for (place, title), found in parts.items() for line in found
                     if (place == "OPTIONS" if alone else (place, title) == ("COMMANDS", words[-1]))]
            same_options(options_documented(lines), options_shown(text_shown), words)
            assert usage(text_shown) in synopsis, words
    assert described | {"nono.1"} == {page.name for page in PAGES if page.suffix == ".1"}


def test_the_options_of_run_are_said_the_same_way_in_wrap_and_why():
    """Three pages list what may be granted: a value that is renamed in one is renamed in all."""
    of = {name: options_documented(source(f"nono-{name}.1").splitlines()) for name in ("run", "wrap", "why")}
    for name in ("wrap", "why"):
        for flag in set(of[name]) & set(of["run"]):
            assert of[name][flag] == of["run"][flag], (name, flag)


def test_the_first_page_lists_every_command(user):  # noqa: F811
    parts = sections(source("nono.1"))
    listed = [found[0] for (place, _), lines in parts.items() if place == "COMMANDS" for found in items(lines, "Cm")]
    assert sorted(listed) == sorted([*offered(user), "help"])
    assert HELP | {"-V", "--version"} == set(options_documented(parts["OPTIONS", ""]))


def test_the_exit_codes_are_those_of_the_table():
    told = {}
    for status, codes in re.findall(r"^\| (\d+) \| (.*?) \|", (ROOT / "docs/exit-codes.md").read_text(), re.M):
        told[int(status)] = set(re.findall(r"`([a-z_]+)`", codes))
    kinds = re.findall(r'ERROR_KIND\(\w+,\s+"(\w+)",\s+\d+, (\d+)\)', (ROOT / "lib/base/error_kinds.def").read_text())
    assert {(code, int(status)) for code, status in kinds} == {(code, status) for status in told for code in told[status]}
    page, status = {}, None
    for line in sections(source("nono.1"))["EXIT STATUS", ""]:
        if line.startswith(".It "):
            status = int(line[4:])
            page[status] = set()
        elif line.startswith(".Dq ") and status is not None:
            page[status].add(line.split()[1])
    assert page == told


def variables_read():
    """Every NONO_ variable whose name stands in the client's sources, and what else is asked of the environment."""
    found = set()
    for folder in ("client", "lib/http", "lib/base", "sandbox/run"):
        for file in (ROOT / folder).rglob("*.c"):
            if file.name in ("sandbox_refused.c", "crash.c", "places.c"):
                continue  # refused by name; tests' own; variables of packs' wiring
            text = file.read_text()
            found |= set(re.findall(r'env_get\("(\w+)"\)', text))
            found |= {name for name in re.findall(r'"(NONO_[A-Z_]+)[="]', text) if not name.endswith("_")}
            found |= set(re.findall(r'\{ "(XDG_\w+)"', text))
    return found


def test_every_variable_is_in_a_page_and_no_other():
    documented = set()
    for page in PAGES:
        if page.suffix == ".1":
            documented |= set(re.findall(r"Ev ([A-Z][A-Z_0-9]+)", page.read_text()))
    # what the program in the sandbox gets: nono sets it, or keeps it back
    handed_on = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "LD_", "NODE_OPTIONS"}
    handed_on |= {"NO_PROXY"}  # libcurl reads it
    assert documented - handed_on - {"HOME", "PATH", "TERM"} == variables_read() - {"HOME", "PATH", "TERM"}


def fields(file, record):
    """The keys of a record's description in C."""
    table = re.search(rf"static const struct field {record}\[\] = {{(.*?)}};", (ROOT / file).read_text(), re.S).group(1)
    return re.findall(r"[A-Z0-9]+\(struct \w+,\s+(\w+)", table)


def keys(name):
    return [key for found in items(source(name).splitlines(), "Va") for key in found]


def test_every_setting_of_the_registry_is_in_its_page_and_no_other():
    file = "registry/cmd/config.c"
    top = fields(file, "config_fields")
    nested = [f"{table}.{key}" for table in ("tls", "limits") for key in fields(file, f"{table}_fields")]
    assert len(top) > 15 and len(nested) > 5
    assert sorted(keys("nono-registry.toml.5")) == sorted({*top, *nested} - {"tls", "limits"})
    table = (ROOT / "docs/registry/configuration.md").read_text()
    assert all(f"`{key}`" in table for key in keys("nono-registry.toml.5"))


def test_every_setting_of_the_client_is_in_its_page_and_no_other():
    text = source("nono-config.5")
    listed, passed_over = keys("nono-config.5"), re.search(r"Its tables are passed over:(.*?)\.Pp", text, re.S).group(1)
    assert sorted([*listed, *re.findall(r"\.Va (\w+)", passed_over)]) == sorted(fields("client/cmd/pkg/config.c", "settings_fields"))


def schema_keys(schema, above=""):
    found = set()
    for name, what in schema.get("properties", {}).items():
        for form in (what, *what.get("oneOf", [])):
            found |= schema_keys(form, f"{above}{name}.")
        if "properties" not in what:  # more than a section
            found.add(above + name)
    return found


def test_every_key_of_a_profile_is_in_its_page_and_no_other():
    schema = json.loads((ROOT / "schema/profile.schema.json").read_text())["$defs"]["profile"]
    wanted, listed = schema_keys(schema), keys("nono-profile.5")
    table = re.search(r"keys\[\] = {(.*?)\n};", (ROOT / "lib/profile/keys.c").read_text(), re.S).group(1)
    held = re.findall(r'[({] ?"([a-z_$][a-z_.0-9]*)"', table)
    assert len(wanted) > 100 and len(held) > 100
    assert all(key in wanted or any(name.startswith(key + ".") for name in wanted) for key in held)
    assert sorted(listed) == sorted(wanted)


def registry_said(*words):
    return subprocess.run([BUILD / "bin/nono-registry", *words], capture_output=True, text=True, check=True).stdout


def test_every_command_of_the_registry_is_in_its_page_and_no_other():
    verbs = re.findall(r"^  (\S+(?: \S+)*)  +", registry_said("--help"), re.M)
    parts, synopsis = sections(source("nono-registry.8")), rendered("nono-registry.8", "SYNOPSIS")
    assert len(verbs) > 7
    assert {title for place, title in parts if place == "COMMANDS"} - {""} == set(verbs)
    for verb in verbs:
        if verb == "version":
            continue
        said = registry_said(*verb.split(), "--help")
        same_options(options_documented(parts["COMMANDS", verb]), options_shown(said), verb)
        assert usage(said) in synopsis


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_no_fault(page):
    """mandoc's and groff's word on it; and what it points to is there."""
    lint = subprocess.run(["mandoc", "-Tlint", "-Wstyle", page], capture_output=True, text=True, check=False)
    fine = ("referenced manual not found", 'verbatim "--"')  # below; and it is two hyphens that are typed
    assert not [line for line in lint.stdout.splitlines() if not any(word in line for word in fine)]
    made = subprocess.run(["groff", "-mandoc", "-ww", "-rCHECKSTYLE=1", "-Tutf8", "-z", page], capture_output=True, text=True, check=False)
    assert made.returncode == 0 and not made.stderr
    text, known = page.read_text(), {f"{name} {other.suffix[1:]}" for other in PAGES for name in names(other.read_text())}
    assert re.search(rf"^\.Dt {re.escape(page.stem.upper())} {page.suffix[1:]}$", text, re.M) and names(text)[0] == page.stem
    for target in re.findall(r"\.Xr (\S+ \d)", text):
        assert target in known or not target.startswith("nono"), target


def test_no_example_of_a_page_is_a_wrong_command_line(user):  # noqa: F811
    """What they name is not there, or nobody answers; how they name it is right."""
    seen = 0
    for page in PAGES:
        for example in re.findall(r"^\.Dl (nono (?!auth login)[^<|\n]*)$", page.read_text(), re.M):
            words = shlex.split(example.replace("\\(dq", '"').replace("\\&", ""))[1:]
            process = user.start(*words, NONO_REGISTRY="http://127.0.0.1:1")
            said = process.communicate(timeout=60)[1].decode()
            assert process.returncode != 2, (example, said)
            seen += 1
    assert seen > 30


def on_terminal(words, environment):
    """What a command prints on a terminal."""
    primary, secondary = pty.openpty()
    with subprocess.Popen([NONO, *words], env=environment, stdin=subprocess.DEVNULL, stdout=secondary, stderr=secondary) as process:
        os.close(secondary)
        said = b""
        while True:
            try:
                more = os.read(primary, 65536)
            except OSError:
                break
            if not more:
                break
            said += more
    os.close(primary)
    return process.returncode, said.decode()


def test_help_on_a_terminal_is_the_page(tmp_path):
    man = tmp_path / "man"
    man.write_text('#!/bin/sh\necho "the page $1"\nexit 3\n')
    man.chmod(0o755)
    there = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    for words, page in ((["help", "run"], "nono-run.1"), (["help", "snapshot", "create"], "nono-snapshot.1"),
                        (["help", "pull"], "nono-pull.1"), (["help", "unpin"], "nono-unpin.1")):
        status, said = on_terminal(words, there)
        path = pathlib.Path(said.strip().removeprefix("the page "))
        assert status == 3 and path.name == page and ".Sh NAME" in path.read_text(), said
    # without a terminal, a page or man, it is --help
    plain = subprocess.run([NONO, "help", "run"], env=there, capture_output=True, text=True, check=True).stdout
    assert plain.startswith("Usage: nono run")
    absent = {**there, "PATH": str(tmp_path / "none")}
    assert on_terminal(["help", "run"], absent)[1].replace("\r\n", "\n") == plain
    for words, status in ((["help"], 0), (["help", "help"], 0), (["help", "nothing"], 2), (["help", "../../x"], 2)):
        assert on_terminal(words, there)[0] == status
