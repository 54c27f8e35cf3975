"""Every snippet of the guides: run, or found in the file it is taken from.

A fenced block says behind its language what it is: `test` (run it; `exit=N` for the status of its last line,
`cd=F` for a folder), `file=F` (write it), `in=F` (lines of a file of this repository), `commands` (every line
that starts bufcheck is run by a `test` of the same guide). Without a word, it is shown only: it needs what a
test must not have, an index of packages or three interpreters.
"""

import os
import re
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import ROOT

GUIDES = sorted((ROOT / "docs").glob("*.md"))
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>\S[^\n]*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
SHOWN_ONLY = ("pip install", "--python python3.11", "entry-points")


class Block(NamedTuple):
    """A fenced block."""

    language: str
    words: dict[str, str]
    body: str


def blocks(guide: Path) -> Iterator[Block]:
    """Read the blocks of a guide."""
    for found in FENCE.finditer(guide.read_text()):
        language, *words = found["info"].split()
        pairs = dict(word.partition("=")[::2] for word in words)
        yield Block(language, pairs, textwrap.dedent(found["body"]))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_guide(guide: Path, tmp_path: Path) -> None:
    """Follow a guide from its first line to its last."""
    found = list(blocks(guide))
    assert found, "a guide without a snippet is no guide"
    tested = "\n".join(block.body for block in found if "test" in block.words)
    for block in found:
        if "test" in block.words:
            run(block, tmp_path)
        elif "file" in block.words:
            file = tmp_path / block.words["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.body)
        elif "in" in block.words:
            assert block.body in (ROOT / block.words["in"]).read_text(), block.body
        elif "commands" in block.words:
            commands = re.findall(r"^\s*- (?:run: )?(bufcheck .*)$", block.body, re.MULTILINE)
            assert commands
            assert all(command in tested for command in commands), commands
        else:
            assert any(reason in block.body for reason in SHOWN_ONLY), (
                f"neither run nor explained:\n{block.body}"
            )


def run(block: Block, folder: Path) -> None:
    """Run a block as a user does; each line but the last must succeed."""
    command = [sys.executable, "-"] if block.language == "py" else ["bash", "-eu"]
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    result = subprocess.run(
        command,
        input=block.body,
        cwd=folder / block.words.get("cd", "."),
        env={**variables, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    expected = int(block.words.get("exit", "0"))
    assert result.returncode == expected, f"{block.body}\n{result.stdout}\n{result.stderr}"
