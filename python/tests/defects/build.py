"""Build `bufcheck_defects` for the interpreter that runs this: ``python build.py FOLDER``.

Knows the compiler call. Must never need more than a C compiler and the headers of the interpreter. Each
interpreter has its own file name, so that one folder on ``PYTHONPATH`` serves several of them.
"""

import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path


def main(folder: str) -> None:
    """Compile every C file beside this one into one module in ``folder``, and copy the classes there."""
    here = Path(__file__).parent
    target = Path(folder) / f"bufcheck_defects{sysconfig.get_config_var('EXT_SUFFIX')}"
    target.parent.mkdir(parents=True, exist_ok=True)
    sources = sorted(str(path) for path in here.glob("*.c"))
    include = sysconfig.get_path("include")
    if not (Path(include) / "Python.h").exists():
        sys.exit(f"no Python.h in {include}: the headers of this interpreter are not installed")
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")[:1]
    shared = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
    options = ["-O1", "-g", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-cast-function-type"]
    options += ["-Wno-missing-field-initializers", "-pthread"]
    for classes in here.glob("bufcheck_*.py"):
        shutil.copy(classes, target.parent)
    subprocess.run([*compiler, *options, *shared, f"-I{include}", *sources, "-o", str(target)], check=True)
    print(target)


if __name__ == "__main__":
    main(sys.argv[1])
