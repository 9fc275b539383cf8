"""The built-in language profiles run the system's own tools on a small project, as far as they are installed."""
import os
import pathlib
import shutil

import pytest
from fixtures_state import user  # noqa: F401

PYTHON = """
import multiprocessing, sqlite3, ssl, subprocess, tempfile
with tempfile.NamedTemporaryFile() as file, multiprocessing.Pool(2) as pool:
    file.write(b"x")
    print(sum(pool.map(abs, [-1, 2])), subprocess.check_output(["/bin/echo", "child"]).decode().strip())
database = sqlite3.connect("data")
database.executescript("pragma temp_store = file; pragma cache_size = 1; create temp table words (word)")
database.executemany("insert into words values (?)", [("x" * 1000,)] * 2000)  # more than stays in memory
open("made", "w").write("by python")
"""
NODE = """
const { Worker } = require("worker_threads"), { execSync } = require("child_process"), fs = require("fs");
new Worker("console.log(3)", { eval: true }).on("exit", () => console.log(String(execSync("echo child")).trim()));
fs.writeFileSync("made", "by node");
"""
JAVA = """
class Small {
    public static void main(String[] words) throws Exception {
        System.out.println(1 + 2);
        new ProcessBuilder("/bin/echo", "child").inheritIO().start().waitFor();
        java.security.MessageDigest.getInstance("SHA-256");
        java.nio.file.Files.writeString(java.nio.file.Path.of("made"), "by java");
    }
}
"""
GO = """
package main

import "os"

func main() {
	os.Stdout.WriteString("3\\n")
	child, _ := os.StartProcess("/bin/echo", []string{"echo", "child"},
		&os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}})
	child.Wait()
	os.WriteFile("made", []byte("by go"), 0o644)
}
"""
PROJECTS = {
    "python-dev": ("python3", "small.py", PYTHON, ["small.py"]),
    "node-dev": ("node", "small.js", NODE, ["small.js"]),
    "java-dev": ("java", "Small.java", JAVA, ["Small.java"]),
    "go-dev": ("go", "small.go", GO, ["run", "small.go"]),
}


def installed(tool):
    """The system's, not one below a home folder, which is not this user's."""
    for folder in [*os.environ["PATH"].split(":"), "/usr/local/go/bin"]:
        found = shutil.which(tool, path=folder)
        if found and pathlib.Path(found).resolve().is_relative_to("/usr"):
            return found
    pytest.skip(f"{tool} is not installed")


@pytest.mark.parametrize("profile", PROJECTS)
def test_a_small_project_runs_under_its_languages_profile(user, profile):  # noqa: F811
    tool, name, text, words = PROJECTS[profile]
    program = installed(tool)
    user.put(name, text)
    secret = user.home / ".ssh"
    secret.mkdir()
    (secret / "id").write_text("secret")
    # this home lies in /tmp, which is therefore not everybody's here; /var/tmp is, but Go does not look there
    more = {"TMPDIR": str(user.work)} if tool == "go" else {}
    said = user("run", "-s", "--profile", profile, "--allow-cwd", "--", program, *words, **more)
    assert said.split() == ["3", "child"]
    assert (user.work / "made").read_text() == f"by {tool.removesuffix('3')}"
    user("run", "-s", "--profile", profile, "--allow-cwd", "--", "cat", secret / "id", status=1)
    assert "Permission denied" in user.err
