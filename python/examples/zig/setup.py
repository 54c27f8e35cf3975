"""Builds the modules, each of one Zig file, with the Zig that comes as a Python package."""

import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

MODULES = ["image", "vector", "total", "bad"]


class ZigBuild(build_ext):
    """Let Zig make what setuptools expects of a C compiler."""

    def build_extension(self, extension: Extension) -> None:
        """Make one library. ReleaseSafe keeps the checks of Zig: an overflow ends the process."""
        made = Path(self.get_ext_fullpath(extension.name)).resolve()
        made.parent.mkdir(parents=True, exist_ok=True)
        zig = [sys.executable, "-m", "ziglang", "build-lib", "-dynamic", "-O", "ReleaseSafe", "-lc"]
        # The symbols of Python are those of the program that loads the module.
        options = ["-fallow-shlib-undefined", f"-I{sysconfig.get_paths()['include']}", f"-femit-bin={made}"]
        subprocess.run([*zig, *options, *extension.sources], check=True)


setup(
    ext_modules=[Extension(name, [f"{name}.zig"], py_limited_api=True) for name in MODULES],
    cmdclass={"build_ext": ZigBuild},
)
