"""Run by a worker in names of its own: lists what in a module can be called with one argument, as bytes.

Knows signatures. Must never call anything, nor know what is right or wrong.
"""


def _bufcheck_listing() -> bytes:
    import importlib
    import inspect
    import json

    module, limit = "__bufcheck_module__", 500
    root = importlib.import_module(module)

    def package(name: object) -> str:
        return str(name).split(".")[0].lstrip("_")

    def parameters(found: object) -> "tuple[bool, str | None]":
        """Whether one argument is enough, and how its signature is written."""
        try:
            signature = inspect.signature(found)
        except (TypeError, ValueError):
            # Functions of C need not say what they take: then it is tried.
            return True, None
        try:
            signature.bind(b"")
        except TypeError:
            return False, str(signature)
        return True, str(signature)

    functions, seen = [], set()
    for key, found in sorted(vars(root).items(), key=lambda item: item[0]):
        if key.startswith("_") or id(found) in seen or len(functions) >= limit or not callable(found):
            continue
        home = getattr(found, "__module__", None) or module
        if package(home) != package(module) or (isinstance(found, type) and issubclass(found, BaseException)):
            continue
        seen.add(id(found))
        one, signature = parameters(found)
        functions.append({"name": key, "one": one, "signature": signature})
    return json.dumps({"functions": functions}).encode()
