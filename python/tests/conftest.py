"""What the tests share: the command, interpreters, and pytest within pytest."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bufcheck(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `bufcheck` in an empty folder."""

    def run(*words: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bufcheck", *words]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)

    return run


def find_python(version: str) -> str:
    """Find an interpreter of another version, or skip the test."""
    found = subprocess.run(
        [ROOT / "tools" / "find-python", version], capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        pytest.skip(f"no CPython {version} on this machine")
    return found.stdout.strip()


@pytest.fixture
def python312() -> str:
    """Name a CPython 3.12."""
    return find_python("3.12")


@pytest.fixture
def python310() -> str:
    """Name a CPython that is too old."""
    return find_python("3.10")
