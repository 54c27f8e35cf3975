"""Refuses interpreters that the package cannot run in, with a sentence that says what to do.

Knows what the wheel needs. Must stay readable for old interpreters: it is the first thing they meet.
"""

# mypy: ignore-errors

import os
import sys

WORKER_VARIABLE = "BUFCHECK_WORKER_MARK"


def refuse(problem):
    """Stop a worker with one line, and any other program with an import error."""
    if WORKER_VARIABLE in os.environ:
        raise SystemExit(problem)
    raise ImportError(problem)


def without_gil():
    """Whether this is a free-threaded build."""
    if hasattr(sys, "abiflags"):
        return "t" in sys.abiflags
    # Windows has no such flags, and there the table of settings is small.
    import sysconfig  # noqa: PLC0415 - slow to load elsewhere

    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def check():
    """Refuse an interpreter that is too old, not CPython, or built without the GIL."""
    name = getattr(getattr(sys, "implementation", None), "name", "cpython")
    version = ".".join(str(part) for part in sys.version_info[:3])
    if name != "cpython":
        refuse("bufcheck runs in CPython, and this is %s: name a CPython with --python" % name)
    if sys.version_info < (3, 11):
        refuse(
            "bufcheck needs CPython 3.11 or newer, and this is %s (%s): name a newer one with --python"
            % (version, sys.executable)
        )
    if without_gil():
        refuse(
            "bufcheck's wheel is built for the stable ABI, which a free-threaded CPython %s cannot load: "
            "name the interpreter with the GIL, `python%d.%d` instead of `python%d.%dt`"
            % ((version,) + tuple(sys.version_info[:2]) * 2)
        )


def explain_import(error):
    """Say why the extension module cannot be loaded, and how to get one that can."""
    folder = os.path.dirname(os.path.abspath(__file__))
    found = sorted(name for name in os.listdir(folder) if name.startswith("_bufcheck."))
    built = ", ".join("`%s`" % name for name in found if not name.endswith(".pyi")) or "none at all"
    refuse(
        "bufcheck's extension module cannot be loaded by this interpreter (%s on %s): %s. Found in %s: %s. "
        "Install the wheel of this platform: `%s -m pip install --force-reinstall bufcheck`"
        % (sys.version.split()[0], sys.platform, error, folder, built, sys.executable)
    )


check()
