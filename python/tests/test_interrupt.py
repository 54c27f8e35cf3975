"""Ctrl-C: whoever waits for a check is let go at once, and no worker stays behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ENDLESS = """
import os
def make():
    open({struck!r}, "w").write(str(os.getpid()))
    while True:
        pass
"""

# Long enough for any machine; what is waited for comes at once or never.
PATIENCE = 60

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return not stat.rpartition(")")[2].startswith(" Z")


def _interrupted(folder: Path, words: list[str]) -> tuple[int, str]:
    struck = folder / "struck"
    (folder / "endless.py").write_text(ENDLESS.format(struck=str(struck)))
    with subprocess.Popen(
        [sys.executable, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        end = time.monotonic() + PATIENCE
        while not (struck.exists() and struck.read_text()) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=PATIENCE)
    worker = int(struck.read_text())
    while _runs(worker) and time.monotonic() < end:
        time.sleep(0.01)
    assert not _runs(worker)
    return process.returncode, printed


def test_a_check_answers(tmp_path: Path) -> None:
    """What a handler of a signal raises ends the check."""
    code = "import bufcheck\ntry:\n    bufcheck.check('endless:make()', timeout=10000)\n"
    code += "except KeyboardInterrupt:\n    print('let go')\n"
    status, printed = _interrupted(tmp_path, ["-c", code])
    assert (status, printed) == (0, "let go\n")


def test_pytest_answers(tmp_path: Path) -> None:
    """The session ends as one that was interrupted."""
    (tmp_path / "bufcheck.toml").write_text('[[exporter]]\nid = "endless"\nmake = "endless:make()"\n')
    words = ["-m", "pytest", "--bufcheck", "-p", "no:cacheprovider", "-q"]
    status, printed = _interrupted(tmp_path, words)
    assert status == pytest.ExitCode.INTERRUPTED, printed


def test_the_command_line_answers(tmp_path: Path) -> None:
    """It writes what was judged, and its status says how it ended."""
    words = [
        "-m",
        "bufcheck",
        "check",
        "builtins:bytes(3)",
        "endless:make()",
        "--jobs",
        "1",
        "--timeout",
        "9999",
    ]
    status, printed = _interrupted(tmp_path, words)
    assert status == 130
    assert "interrupted" in printed
