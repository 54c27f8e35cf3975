"""Builds the modules, as pybind11's manual shows."""

from pybind11.setup_helpers import ParallelCompile, Pybind11Extension
from setuptools import setup

MODULES = ["image", "vector", "total", "bad"]

with ParallelCompile("NPY_NUM_BUILD_JOBS", default=2):
    setup(ext_modules=[Pybind11Extension(name, [f"{name}.cpp"], cxx_std=17) for name in MODULES])
