"""Builds the modules, each of one C file."""

from setuptools import Extension, setup

MODULES = ["image", "vector", "blob", "total", "bad"]

setup(ext_modules=[Extension(name, [f"{name}.c"]) for name in MODULES])
