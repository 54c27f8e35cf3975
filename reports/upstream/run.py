"""Runs the reproducer of each text and compares what it prints with what the text says.

    python run.py [--python PYTHON] [TEXT...]

A text is a Markdown file beside this program, such as `cpython/marshal-null.md`; without one, all are run.
The block under *Reproduce* runs in a fresh interpreter with `-I`. It passes if the exit status is 1 and the
output is the one recorded; if a fault is mended, the text fails here and can go. A text whose package,
compiler, system or interpreter is missing is skipped with the reason. Only the standard library is used.
"""

import argparse
import json
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SECTIONS = [
    "What happens",
    "Reproduce",
    "Output",
    "What the documentation says",
    "Suggested change",
    "Known duplicates",
]
SECONDS = 180  # the slowest compiles a binding library first
VARYING = [
    (re.compile(r"0x[0-9a-f]{6,}"), "0x..."),
    (re.compile(r"\b\d+\.\d+\.\d+\b"), "0.0.0"),
]
NOISE = re.compile(r"^pygame-ce \d.*\n", re.MULTILINE)  # what a package prints on import
# Asks the interpreter under test for its version and for those of the distributions that are installed.
ASK = """
import importlib.metadata, json, sys
distributions = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
print(json.dumps([sys.implementation.name, sys.version_info[:3], distributions]))
"""


class Text(NamedTuple):
    """A text, taken apart."""

    title: str
    header: dict[str, str]
    sections: dict[str, str]

    @property
    def reproducer(self) -> str:
        """The program."""
        return fenced(self.sections["Reproduce"], "python")

    @property
    def output(self) -> str:
        """What it printed."""
        return fenced(self.sections["Output"], "text")

    @property
    def packages(self) -> list[str]:
        """The distributions that it imports."""
        return re.findall(r"`([^`]+)`", self.header["Needs"])


class Interpreter(NamedTuple):
    """The interpreter under test."""

    command: str
    implementation: str
    version: tuple[int, ...]
    distributions: dict[str, str]


def fenced(section: str, language: str) -> str:
    """Give the body of the only block of a language."""
    (body,) = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return body


def read(path: Path) -> Text:
    """Take a text apart."""
    head, *rest = re.split(r"^## (.+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    title = head.splitlines()[0].removeprefix("# ")
    rows = re.findall(r"^\| (\w[^|]*?) \| (.*?) \|$", head, re.MULTILINE)
    return Text(title, dict(rows), dict(zip(rest[::2], rest[1::2], strict=True)))


def texts() -> list[Path]:
    """List every text."""
    return sorted(HERE.glob("*/*.md"))


def name(path: Path) -> str:
    """Name a text as the index does."""
    return path.relative_to(HERE).as_posix()


def normal(distribution: str) -> str:
    """Spell a distribution as the index of packages compares it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def ask(command: str) -> Interpreter:
    """Look at the interpreter under test."""
    try:
        done = subprocess.run([command, "-I", "-c", ASK], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(
            f"{command} does not start: {error.strerror if isinstance(error, OSError) else error.stderr}"
        )
    implementation, version, distributions = json.loads(done.stdout)
    found = {normal(key): value for key, value in distributions.items() if key}
    return Interpreter(command, implementation, tuple(version), found)


def missing(text: Text, interpreter: Interpreter) -> str | None:
    """Say why a text can not be run here."""
    needed = tuple(map(int, re.findall(r"\d+", text.header["Interpreter"])))
    if interpreter.implementation != "cpython":
        return f"it is about CPython, this is {interpreter.implementation}"
    if interpreter.version < needed:
        return f"it needs {text.header['Interpreter']}"
    for package in text.packages:
        if normal(package) not in interpreter.distributions:
            return f"{package} is not installed"
    for words, command in (("a C compiler", "cc"), ("a C++ compiler", "c++")):
        if words in text.header["Needs"] and shutil.which(command) is None:
            return f"there is no {command}"
    if "Linux" in text.header["Needs"] and platform.system() != "Linux":
        return "it needs Linux"
    return None


def steady(output: str) -> str:
    """Leave out what differs from run to run and from version to version."""
    output = NOISE.sub("", output)
    for pattern, word in VARYING:
        output = pattern.sub(word, output)
    return output.strip()


def run(text: Text, interpreter: Interpreter) -> str | None:
    """Run the reproducer; say what is not as recorded."""
    command = [interpreter.command, "-I", "-c", text.reproducer]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {SECONDS} seconds"
    if done.returncode == 0:
        return "exit status 0: the fault does not show"
    if done.returncode != 1:
        return f"exit status {done.returncode} instead of 1"
    found, wanted = steady(done.stdout), steady(text.output)
    if found != wanted:
        last = done.stderr.strip().splitlines()[-1:] or [""]
        return f"printed {found!r} instead of {wanted!r} {last[0]}".rstrip()
    return None


def main() -> None:
    """Read the command line, run, and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", nargs="*", type=Path, help="Markdown files (default: all)")
    parser.add_argument("--python", default=sys.executable, help="the interpreter under test")
    arguments = parser.parse_args()
    interpreter = ask(arguments.python)
    counts: Counter[str] = Counter()
    for path in [given.resolve() for given in arguments.text] or texts():
        text = read(path)
        if reason := missing(text, interpreter):
            outcome = "skipped"
        else:
            reason = run(text, interpreter)
            outcome = "failed" if reason else "passed"
        counts[outcome] += 1
        installed = (f"{it} {interpreter.distributions.get(normal(it))}" for it in text.packages)
        remark = reason or ", ".join(installed) or "nothing but the interpreter"
        print(f"{outcome} {name(path)}: {remark}", flush=True)
    print(", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped")))
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
