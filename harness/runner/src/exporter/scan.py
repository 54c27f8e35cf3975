"""Run by a worker in names of its own: lists what might be an exporter in a module, as bytes.

Knows types and slots. Must never make an object, nor know what is right or wrong.
"""


def _bufcheck_listing() -> bytes:
    import ctypes
    import importlib
    import json
    import sys

    module, limit = "__bufcheck_module__", 500
    get_slot = ctypes.pythonapi.PyType_GetSlot
    get_slot.restype, get_slot.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_int]
    bf_getbuffer = 1

    def exports(kind: type) -> bool:
        return bool(get_slot(kind, bf_getbuffer))

    def package(name: str) -> str:
        return str(name).split(".")[0].lstrip("_")

    def is_ours(kind: type) -> bool:
        home = getattr(kind, "__module__", None)
        if not isinstance(home, str) or package(home) == package(module):
            return True
        # A type that another package shows under the same name is only passing through.
        found = sys.modules.get(home)
        for part in kind.__qualname__.split("."):
            found = getattr(found, part, None)
        return found is not kind

    root = importlib.import_module(module)
    inside = sorted(name for name in sys.modules if name.startswith(module + ".") and sys.modules[name])
    types, objects, seen = [], [], set()
    for name in [module, *inside]:
        for key, found in sorted(vars(sys.modules.get(name, root)).items(), key=lambda item: item[0]):
            if key.startswith("__") or id(found) in seen or len(types) + len(objects) >= limit:
                continue
            if isinstance(found, type):
                if exports(found) and is_ours(found):
                    seen.add(id(found))
                    qualified = found.__module__ + "." + found.__qualname__
                    types.append({"module": name, "name": key, "type": qualified})
            elif exports(type(found)) and type(found) not in (bytes, bytearray):
                seen.add(id(found))
                kind = type(found)
                objects.append(
                    {"module": name, "name": key, "type": kind.__module__ + "." + kind.__qualname__}
                )
    return json.dumps({"types": types, "objects": objects}).encode()
