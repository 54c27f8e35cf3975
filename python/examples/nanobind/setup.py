"""Builds the modules with setuptools; nanobind's manual shows how CMake does it."""

import sysconfig

import nanobind
from setuptools import Extension, setup

SOURCE = nanobind.source_dir()
INCLUDE = [nanobind.include_dir(), f"{SOURCE}/../ext/robin_map/include", sysconfig.get_path("include")]
FLAGS = ["-std=c++17", "-fvisibility=hidden", "-fno-strict-aliasing", "-O1"]
MODULES = ["image", "vector", "ndarray", "total", "bad"]

# nanobind's own source, compiled once for all.
NANOBIND = {"sources": [f"{SOURCE}/nb_combined.cpp"], "include_dirs": INCLUDE, "cflags": [*FLAGS, "-fPIC"]}

setup(
    libraries=[("nanobind", NANOBIND)],
    ext_modules=[
        Extension(name, [f"{name}.cpp"], INCLUDE, libraries=["nanobind"], extra_compile_args=FLAGS)
        for name in MODULES
    ],
)
