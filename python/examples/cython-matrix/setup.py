"""Builds the module `matrix`, as Cython's manual shows."""

from Cython.Build import cythonize
from setuptools import Extension, setup

setup(ext_modules=cythonize([Extension("matrix", ["matrix.pyx"])], build_dir="build"))
