"""Loaded by an interpreter that `bufcheck trace` has started, before any code of the program.

Knows how the tracer is loaded, and how to leave nothing behind that the program would see. Must never raise
what the program would not have raised, and never import what it may want to import by itself.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _begin() -> None:
    """Load the extension module and start; what goes wrong is told to who asked for the trace alone."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
    folder = os.environ.get("BUFCHECK_TRACE")
    if not folder:
        return
    try:
        _start(os.path.dirname(here), folder)
    except Exception as error:  # noqa: BLE001 - the program must run whatever cannot be done here
        _tell(folder, f"{sys.executable}: {error}")


def _tell(folder: str, problem: str) -> None:
    import os

    try:
        with open(os.path.join(folder, f"{os.getpid()}.refused"), "w", encoding="utf-8") as file:
            file.write(problem)
    except OSError:
        pass


def _start(package: str, folder: str) -> None:
    import _frozen_importlib
    import _frozen_importlib_external
    import _imp
    import atexit
    import os

    name = "bufcheck._bufcheck"
    native: Any = sys.modules.get(name)
    loader: Any = _frozen_importlib_external.ExtensionFileLoader
    if native is None:
        endings = tuple(_imp.extension_suffixes())
        files = [
            file for file in os.listdir(package) if file.startswith("_bufcheck.") and file.endswith(endings)
        ]
        if not files:
            _tell(folder, f"{sys.executable}: {package} has no extension module for this interpreter")
            return
        path = os.path.join(package, files[0])
        native = _imp.create_dynamic(_frozen_importlib.ModuleSpec(name, loader(name, path), origin=path))
        _imp.exec_dynamic(native)
        sys.modules[name] = native
    if native.trace_start(folder, from_start=True):
        _watch_imports(native, loader)
    atexit.register(native.trace_finish)


def _watch_imports(native: "Any", loader: "Any") -> None:
    """Where slots are watched, the types of each extension module are, too, once it is there."""
    original = loader.exec_module

    def exec_module(self: "Any", module: "Any") -> None:
        original(self, module)
        native.trace_more_types()

    exec_module.__wrapped__ = original  # type: ignore[attr-defined]
    loader.exec_module = exec_module


def _go_on() -> None:
    """Run the `sitecustomize` that the program would have had."""
    from importlib.machinery import PathFinder

    if PathFinder.find_spec("sitecustomize") is None:
        return
    ours = sys.modules.pop("sitecustomize")
    try:
        __import__("sitecustomize")
    except BaseException:
        # Whoever imports it looks for what it has imported, and then tells what went wrong.
        sys.modules.setdefault("sitecustomize", ours)
        raise


_begin()
if __name__ == "sitecustomize":
    _go_on()
