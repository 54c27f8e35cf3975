"""Builds the modules, as Cython's manual shows."""

from Cython.Build import cythonize
from setuptools import setup

MODULES = ["image", "vector", "total", "bad"]

setup(ext_modules=cythonize([f"{name}.pyx" for name in MODULES], build_dir="build"))
