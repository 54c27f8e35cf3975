"""The examples, as their authors run them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

EXAMPLES = ROOT / "python" / "examples"


def test_the_pytest_project(tmp_path: Path) -> None:
    """All pass, on two processes."""
    project = shutil.copytree(EXAMPLES / "pytest-project", tmp_path / "project")
    command = [sys.executable, "-m", "pytest", "--bufcheck", "-n", "2", "-p", "no:cacheprovider"]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    passed = int(re.search(r"(\d+) passed", result.stdout)[1])  # type: ignore[index]
    assert passed > 40, "two exporters times the families of rules, and two ordinary tests"


@pytest.mark.cargo
def test_the_pyo3_crate() -> None:
    """A crash costs the trials of its subject, a careless class one, a recorded one none."""
    if shutil.which("cargo") is None:
        pytest.skip("no cargo on this machine")
    # The library of a worker must be that of an interpreter of its own, not of this test's environment.
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
    command = ["cargo", "test", "--test", "buffers", "--no-fail-fast"]
    crate = EXAMPLES / "pyo3-crate"
    result = subprocess.run(command, cwd=crate, env=variables, capture_output=True, text=True, check=False)
    trials = dict(re.findall(r"^test (image:.+?)\s+\.\.\. (\w+)$", result.stdout, re.MULTILINE))
    assert trials, result.stderr
    failed = {name for name, outcome in trials.items() if outcome == "FAILED"}
    # What a crash left untried is not called good.
    crashed = {f"image:Abrupt(4, 3)/{group}" for group in ("requests", "relations", "scenarios")}
    assert failed == {"image:Careless(4, 3)/requests"} | crashed, result.stdout
    assert trials["image:Image(4, 3)/requests"] == "ok"
    assert trials["image:Careless(1, 1)/requests"] == "ok"
    assert "must format.null-unless-requested: `image:Careless(4, 3)`" in result.stdout
    assert "cargo test --test buffers -- --exact 'image:Careless(4, 3)/requests'" in result.stdout
