"""--help of every command: what the tables say, with examples that its own options can hold."""
import re
import shlex

import pytest
from fixtures_client import ROOT
from fixtures_state import user  # noqa: F401


def commands(user, *above):  # noqa: F811
    """Every command that does something itself, as a list of words."""
    for line in user("__complete", *above, "").splitlines():
        words = [*above, line.split("\t")[0]]
        if user(*words, "--help").startswith("usage:"):
            yield from commands(user, *words)
        else:
            yield words


def test_every_command_shows_examples_that_hold_to_its_options(user):  # noqa: F811
    found = list(commands(user))
    assert len(found) > 40 and ["key", "import"] in found and ["run"] in found
    for words in found:
        said, title = user(*words, "--help"), " ".join(["nono", *words])
        assert user(*words, "-h") == said
        examples = re.findall(r"^    (nono .*|.*[(|] ?nono .*)$", said, re.M)
        options = {option for line in re.findall(r"^  (?:-[^ ]+, |    )--?.*", said, re.M)
                   for option in re.findall(r"(?<!\S)--?[a-z?][a-z-]*", line)}
        assert 1 <= len(examples) <= 2, title
        for example in examples:
            assert title in example and len(example) <= 80, example
            mine = shlex.split(re.sub(r"<\(|\)|<|\|.*", " ", example).split(title, 1)[1].split(" -- ")[0])
            assert {word for word in mine if word.startswith("-")} <= options, (example, options)


def test_no_example_is_a_wrong_command_line(user):  # noqa: F811
    """What examples name is not there, or nobody answers; how they name it is right."""
    for words in commands(user):
        for example in re.findall(r"^    (nono [^|<\n]*)$", user(*words, "--help"), re.M):
            if words == ["auth", "login"]:
                continue  # it asks a host
            process = user.start(*shlex.split(example)[1:], NONO_REGISTRY="http://127.0.0.1:1")
            said = process.communicate(timeout=60)[1].decode()
            assert process.returncode != 2, (example, said)


@pytest.mark.parametrize("word", ["--help", "-?", "-h"])
def test_help_is_no_failure_and_does_nothing(user, word):  # noqa: F811
    assert "nono key remove release" in user("key", "remove", word)
    assert not user.home.joinpath(".config").exists()


@pytest.mark.parametrize("command", ["run", "wrap", "why"])
def test_help_says_as_much_of_paths_as_the_manual(user, command):  # noqa: F811
    page = (ROOT / f"docs/man/nono-{command}.1").read_text()
    said = " ".join(user(command, "--help").split())
    for option, kind in (("allow", "DIR"), ("read", "DIR"), ("write", "DIR"), ("allow-file", "FILE"), ("read-file", "FILE"), ("write-file", "FILE")):
        told = re.search(rf"^\.It .*Fl -{option} Ar {kind}\n(.*)\.$", page, re.M).group(1)
        assert f"--{option} {kind} {told[0].lower()}{told[1:]} " in said, option
