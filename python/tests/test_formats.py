"""Files for other programs, judged by the schemas of those programs."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

TARGETS = """
[[exporter]]
id = "mylib/<ints>"
make = "ctypes:(c_int * 3)()"

[[exporter]]
id = "mylib/bytes"
make = "builtins:bytes(3)"

[[exporter]]
id = "mylib/absent"
make = "nowhere_at_all:Thing()"

[[exporter]]
id = "mylib/refuses"
make = "builtins:memoryview(bytes(8))[::2]"
"""


def test_junit_is_what_jenkins_accepts(tmp_path: Path) -> None:
    """Suites with failures, passes, errors and skipped tests, with places and times."""
    xmlschema = pytest.importorskip("xmlschema", reason="the validator could not be had")
    (tmp_path / "bufcheck.toml").write_text(TARGETS)
    command = [sys.executable, "-m", "bufcheck", "run", "-q", "--case", "requests/*", "--junit", "all.xml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    text = (tmp_path / "all.xml").read_text()
    assert "<failure " in text, done.stderr
    for part in ("<testsuite ", ' time="', ' file="bufcheck.toml"'):
        assert part in text, text[:2000]
    schema = xmlschema.XMLSchema(ROOT / "reports" / "tests" / "junit.xsd")
    schema.validate(text)
    # The schema can say no: an attribute that it does not know, and one that is missing.
    assert not schema.is_valid(text.replace("<testsuites ", '<testsuites skipped="1" ', 1))
    assert not schema.is_valid(text.replace(" errors=", " faults=", 2))
