"""What only other machines run, as far as it can be run or read here: action, workflows, hooks, release."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from conftest import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CONFORMS = '[[exporter]]\nid = "row"\nmake = \'array:array("B", range(4))\'\n'
DEVIATES = CONFORMS + '\n[[exporter]]\nid = "grid"\nmake = "ctypes:(c_int*3)()"\n'


def tool(name: str) -> ModuleType:
    """Load a program of the folder `tools`."""
    loader = SourceFileLoader(name, str(ROOT / "tools" / name))
    module = module_from_spec(spec_from_loader(name, loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    return module


class Job:
    """A job of GitHub Actions whose one step is the action; of that, what is a script is run."""

    def __init__(self, workspace: Path, **inputs: str) -> None:
        """Take the inputs, and the defaults of those that are absent."""
        assert inputs.keys() <= ACTION["inputs"].keys()
        defaults = {name: said.get("default", "") for name, said in ACTION["inputs"].items()}
        self.values = {f"inputs.{name}": value for name, value in (defaults | inputs).items()}
        self.values["github.action_path"] = str(ROOT)
        self.workspace = workspace
        self.summary, self.temp = workspace / "summary.md", workspace / "temp"
        self.temp.mkdir()
        self.printed = ""

    def filled(self, text: str) -> str:
        """Replace expressions by their values."""
        return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: self.values[found[1]], text)

    def wanted(self, condition: str | None) -> bool:
        """Judge a condition of the only form that the action uses."""
        if condition is None:
            return True
        found = re.fullmatch(r"([\w.]+) (==|!=) '(\w*)'", condition)
        assert found, condition
        return (self.values[found[1]] == found[3]) == (found[2] == "==")

    def run(self) -> int:
        """Run the steps until one fails; return its exit status."""
        for step in ACTION["runs"]["steps"]:
            if not self.wanted(step.get("if")) or "run" not in step:
                continue
            assert step["shell"] == "bash"
            assert "${{" not in step["run"], "no script is put together from what a user wrote"
            output = self.temp / "output"
            output.write_text("")
            variables = {name: self.filled(value) for name, value in step.get("env", {}).items()}
            result = subprocess.run(
                ["/usr/bin/env", "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.workspace,
                env={
                    **os.environ,
                    **variables,
                    "GITHUB_OUTPUT": str(output),
                    "GITHUB_STEP_SUMMARY": str(self.summary),
                    "RUNNER_TEMP": str(self.temp),
                },
                capture_output=True,
                text=True,
                check=False,
            )
            self.printed += result.stdout + result.stderr
            for line in output.read_text().splitlines():
                name, _, value = line.partition("=")
                self.values[f"steps.{step['id']}.outputs.{name}"] = value
            if result.returncode:
                return result.returncode
        return 0

    def reports(self) -> set[str]:
        """Return the names of the files that are kept."""
        return {file.name for file in Path(self.values["steps.run.outputs.reports"]).iterdir()}


ALL_REPORTS = {f"report.{kind}" for kind in ("json", "html", "sarif", "xml", "md")}


def test_the_action_is_quiet_where_nothing_is_found(tmp_path: Path) -> None:
    """Its steps are run as GitHub runs them; bufcheck is there already, so pip has nothing to do."""
    (tmp_path / "bufcheck.toml").write_text(CONFORMS)
    job = Job(tmp_path, python=sys.executable)
    assert job.run() == 0, job.printed
    assert job.reports() == ALL_REPORTS
    assert "::error" not in job.printed
    assert "bufcheck" in job.summary.read_text()


def test_the_action_fails_and_shows_the_place(tmp_path: Path) -> None:
    """A subject in a folder with blanks in its name, chosen by a glob that the shell must not expand."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "my config.toml").write_text(DEVIATES)
    job = Job(
        tmp_path,
        python=sys.executable,
        install="",
        folder="a folder",
        config="my config.toml",
        subjects="g* r*",
    )
    (folder / "grass").write_text("what the shell would make of the glob")
    assert job.run() == 1, job.printed
    assert job.reports() == ALL_REPORTS
    wanted = "::error file=a folder/my config.toml,line=6,title=strides.non-null-when-requested%3A grid::"
    assert wanted in job.printed, job.printed
    assert "strides.non-null-when-requested" in job.summary.read_text()
    subjects = json.loads(Path(job.values["steps.run.outputs.reports"], "report.json").read_text())[
        "subjects"
    ]
    assert {subject["id"] for subject in subjects} == {"row", "grid"}


def test_the_action_tells_of_a_bad_configuration(tmp_path: Path) -> None:
    """Status 2 comes through although there is no report."""
    (tmp_path / "bufcheck.toml").write_text("[[exporter]]\nmkae = 1\n")
    job = Job(tmp_path, python=sys.executable, install="")
    assert job.run() == 2, job.printed
    assert "mkae" in job.printed


def test_the_action_has_no_output_that_no_step_writes() -> None:
    """And no input that no step reads."""
    text = (ROOT / "action.yml").read_text()
    for name in ACTION["inputs"]:
        assert re.search(rf"inputs\.{name}\b", text), name
    assert all(said["value"].startswith("${{ steps.run.outputs.") for said in ACTION["outputs"].values())


def test_annotations_cannot_be_forged() -> None:
    """What an exporter says of itself stays inside the command that it is shown by."""
    evil = "x\n::error::forged, 100%"
    log = {
        "runs": [
            {
                "tool": {"driver": {"rules": []}},
                "results": [
                    {
                        "ruleId": "a.b",
                        "level": "error",
                        "baselineState": "new",
                        "message": {"text": evil},
                        "locations": [{"logicalLocations": [{"name": evil}]}],
                    },
                    {"ruleId": "a.b", "level": "error", "baselineState": "unchanged"},
                ],
            }
        ]
    }
    ((kind, command),) = tool("annotate").annotations(log, [])
    assert kind == "error"
    escaped = "x%0A::error::forged, 100%25"
    title = "a.b%3A x%0A%3A%3Aerror%3A%3Aforged%2C 100%25"
    assert command == f"::error title={title}::a.b. {escaped}"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_workflows_call_what_is_there(file: Path) -> None:
    """Targets of make, programs of tools, jobs that wait for each other; no right that is not asked for."""
    workflow = yaml.safe_load(file.read_text())
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= workflow["jobs"].keys()
        for step in job["steps"]:
            if uses := step.get("uses"):
                assert uses == "./" or re.fullmatch(r"[\w.-]+/[\w./-]+@(v\d+|release/v1)", uses), uses
            for line in step.get("run", "").splitlines():
                words = shlex.split(line, comments=True)
                if words[:1] == ["make"]:
                    assert set(words[1:]) <= targets, line
                for word in words:
                    if word.startswith("tools/"):
                        assert os.access(ROOT / word, os.X_OK), word


def test_hooks_start_what_is_there() -> None:
    """The hook runs a command that exists."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    command = [sys.executable, "-m", *shlex.split(hook["entry"]), "--help"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    for name in ("src/image.cpp", "pkg/a.pyx", "bufcheck.toml", "src/lib.rs", "a.zig"):
        assert re.search(hook["files"], name), name
    assert not re.search(hook["files"], "README.md")


def test_a_release_agrees_with_itself() -> None:
    """But for the changelog, whose section is written last, every file names the version of Cargo.toml."""
    release = tool("release")
    version = release.manifest()["package"]["version"]
    assert [problem for problem in release.problems(version) if "CHANGELOG" not in problem] == []
    assert release.problems("9.9.9") != []


def test_the_notes_of_a_release_end_where_the_next_begin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A version is no pattern, and the links at the end are no notes."""
    release = tool("release")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    text = (
        "## [Unreleased]\n\nx\n\n## [1.0.0] - 2026-01-01\n\n- new\n\n## [0.1.0]\n\n- old\n\n[1.0.0]: a link\n"
    )
    (tmp_path / "CHANGELOG.md").write_text(text)
    assert release.notes("1.0.0") == "- new"
    assert release.notes("0.1.0") == "- old"
    assert release.notes("1.0") == release.notes("1x0.0") == ""


def test_one_address_is_named_everywhere() -> None:
    """The one in Cargo.toml."""
    assert list(tool("package").addresses()) == []
    project: dict[str, Any] = tomllib.loads((ROOT / "python" / "pyproject.toml").read_text())["project"]
    assert {"Homepage", "Repository", "Issues", "Changelog", "Documentation"} <= project["urls"].keys()
