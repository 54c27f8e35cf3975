"""A traced program: every exporter of a file is asked for everything, each in a child of its own.

Knows `PyObject_GetBuffer` through ctypes. Must never give a view back: what an exporter with a fault has put
into it is not to be trusted.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

native = sys.modules["bufcheck._bufcheck"]
get = ctypes.pythonapi.PyObject_GetBuffer
get.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
VIEW_SIZE = 80


def ask(description: object) -> None:
    """Ask one exporter for all combinations of flags, twice: what is not written shows by two patterns."""
    exporter = native.reference(json.dumps(description))
    for flags in range(512):
        if flags & 2:
            continue
        for _ in range(2):
            view = ctypes.create_string_buffer(VIEW_SIZE)
            try:
                get(exporter, ctypes.addressof(view), flags)
            except BaseException:  # noqa: BLE001, S112 - a refusal, whatever is raised
                continue


for description in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
    child = os.fork()
    if child == 0:
        try:
            ask(description)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    print(child)
