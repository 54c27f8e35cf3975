"""Builds the module `image`, as pybind11's manual shows."""

from pybind11.setup_helpers import Pybind11Extension
from setuptools import setup

setup(ext_modules=[Pybind11Extension("image", ["image.cpp"], cxx_std=17)])
