"""Runs inside workers: makes the object of a factory that was registered in Python.

Knows how a module is imported as the registering process imported it. Must never import what it was not
asked for.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def make(module: str, name: str, file: str | None = None) -> object:
    """Call the factory `name` of a module; `file` is where that module was found.

    A module of this name from another file (every folder may have its `conftest`) is not taken for it.
    """
    found: object = load(module, file)
    for part in name.split("."):
        found = getattr(found, part)
    if not callable(found):
        message = f"`{module}.{name}` cannot be called: register a function that makes a fresh object"
        raise TypeError(message)
    return found()


def load(module: str, file: str | None) -> ModuleType:
    """Import a module, from `file` if it is not on the path."""
    if file is None:
        return importlib.import_module(module)
    wanted = Path(file).resolve()
    # The folder that the module's dotted name starts from, where its neighbours are found, too.
    depth = module.count(".") + (wanted.stem == "__init__")
    root = str(wanted.parents[depth])
    if root not in sys.path:
        sys.path.insert(0, root)
    if _file_of(sys.modules.get(module)) in (None, wanted):
        try:
            imported = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
        else:
            if _file_of(imported) == wanted:
                return imported
    return _load_file(wanted)


def _file_of(module: ModuleType | None) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(file).resolve() if file else None


def _load_file(file: Path) -> ModuleType:
    name = "bufcheck_recipe_" + "".join(c if c.isalnum() else "_" for c in str(file))
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        message = f"`{file}` is no Python module"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
