"""Ask again what bufcheck recorded, by other means: ``python witness.py RUN.jsonl CORPUS.py``.

Knows the C struct and ``PyObject_GetBuffer``, through ctypes alone, and the record of ``bufcheck run
--record``. Must never use code of bufcheck but the factories of its corpus, which make the objects. It asks
each object anew and compares every field with what was recorded; a difference is a bug of one of the two.
Addresses differ from run to run and are not compared. Exit status 1 where anything differs.
"""

import ctypes
import importlib
import importlib.util
import json
import sys
from base64 import b64decode
from pathlib import Path

POISON = 0x5A
REQUESTS = sorted(
    {
        base | writable | form
        for base in (0x0, 0x8, 0x18, 0x38, 0x58, 0x98, 0x118, 0x138, 0x158, 0x198)
        for writable in (0, 1)
        for form in (0, 4)
    }
    | {0x2, 0x10, 0x20, 0x78, 0xF8, 0x1F8, 0x1FD}
)
ARRAYS = ("shape", "strides", "suboffsets")


class View(ctypes.Structure):
    """``Py_buffer``, with pointers as numbers so that ctypes follows none of them."""

    _fields_ = (
        ("buf", ctypes.c_size_t),
        ("obj", ctypes.c_size_t),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_size_t),
        ("shape", ctypes.c_size_t),
        ("strides", ctypes.c_size_t),
        ("suboffsets", ctypes.c_size_t),
        ("internal", ctypes.c_size_t),
    )


get_buffer = ctypes.pythonapi.PyObject_GetBuffer
get_buffer.argtypes = (ctypes.py_object, ctypes.POINTER(View), ctypes.c_int)
release = ctypes.pythonapi.PyBuffer_Release
release.argtypes = (ctypes.POINTER(View),)
release.restype = None


def numbers(address: int, count: int) -> list[int]:
    """Read the numbers of an array."""
    return list((ctypes.c_ssize_t * count).from_address(address))


def content(view: View, arrays: dict[str, list[int]]) -> bytes | None:
    """Read the bytes in C index order; None where pointers are to be followed."""
    if view.suboffsets not in (0, int.from_bytes([POISON] * 8, "little")):
        return None
    if view.len > 4096 or view.len <= 0:
        return None
    shape = arrays.get("shape")
    if shape is None or "strides" not in arrays:
        return ctypes.string_at(view.buf, view.len)
    offsets = [0]
    for extent, stride in zip(shape, arrays["strides"], strict=True):
        offsets = [offset + index * stride for offset in offsets for index in range(extent)]
    return b"".join(ctypes.string_at(view.buf + offset, view.itemsize) for offset in offsets)


def ask(exporter: object, flags: int) -> dict:
    """Ask once; the answer in the words of the record."""
    view = View()
    ctypes.memset(ctypes.addressof(view), POISON, ctypes.sizeof(view))
    untouched = bytes([POISON]) * ctypes.sizeof(view)
    try:
        get_buffer(ctypes.py_object(exporter), ctypes.byref(view), flags)
    except BaseException as refusal:  # noqa: BLE001 - whatever it is, it is the answer
        return {"refused": type(refusal).__name__}
    raw = bytes(view)
    seen = {}
    for name, _ in View._fields_:
        field = getattr(View, name)
        if raw[field.offset : field.offset + field.size] != untouched[: field.size]:
            seen[name] = getattr(view, name)
    answer = {name: seen[name] for name in ("len", "itemsize", "readonly", "ndim") if name in seen}
    if seen.get("format"):
        answer["format"] = ctypes.string_at(view.format)
    arrays = {
        name: numbers(seen[name], view.ndim) for name in ARRAYS if seen.get(name) and 0 < view.ndim <= 64
    }
    answer |= arrays
    owner = seen.get("obj")
    answer["obj"] = {None: "untouched", 0: "null", id(exporter): "exporter"}.get(owner, "other")
    answer["content"] = content(view, arrays)
    release(ctypes.byref(view))
    return {"granted": answer}


def recorded(answer: dict, contents: list[dict]) -> dict:
    """Put a recorded answer into the words of :func:`ask`."""
    if "refused" in answer:
        raised = answer["refused"].get("raised") or {"type": "SystemError"}
        return {"refused": raised["type"].rsplit(".", 1)[-1]}
    view = answer["granted"]
    untouched = view.get("untouched", 0)
    written = {name for bit, (name, _) in enumerate(View._fields_) if not untouched >> bit & 1}
    seen = {name: view[name] for name in ("len", "itemsize", "readonly", "ndim") if name in written}
    text = view.get("format", "null")
    if isinstance(text, dict):
        ((_, characters),) = text.items()
        seen["format"] = characters.encode("latin-1").decode("unicode_escape").encode("latin-1")
    for name in ARRAYS:
        array = view.get(name, "null")
        if isinstance(array, dict):
            ((_, values),) = array.items()
            if isinstance(values, list):
                seen[name] = values
    seen["obj"] = view["obj"] if isinstance(view["obj"], str) else next(iter(view["obj"]))
    seen["content"] = None
    if "content" in view:
        seen["content"] = b64decode(contents[view["content"]]["bytes"])
    return {"granted": seen}


def is_definite(sweep: dict) -> bool:
    """Tell whether every byte of an item has a value: addresses and padding differ from object to object."""
    formats = [answer["granted"].get("format") for answer in sweep["answers"] if "granted" in answer]
    texts = [next(iter(text.values())) for text in formats if isinstance(text, dict)]
    # Where no format is ever given, nobody knows which bytes are padding.
    return bool(texts) and not any(set("OPgGzZXx&{") & set(str(text)) for text in texts)


def same(witnessed: dict, answer: dict, *, bytes_count: bool) -> bool:
    """Tell whether the two say the same; a content that one of them did not read is not compared."""
    if witnessed.keys() != answer.keys():
        return False
    if "refused" in answer:
        return witnessed == answer
    here, there = dict(witnessed["granted"]), dict(answer["granted"])
    one, other = here.pop("content"), there.pop("content")
    if bytes_count and one is not None and other is not None:
        shorter = min(len(one), len(other))
        if one[:shorter] != other[:shorter]:
            return False
    return here == there


def make(case: dict) -> object:
    """Make a fresh object."""
    module, expression = case["make"].split(":", 1)
    namespace = dict(vars(importlib.import_module(module)))
    exec(case.get("setup", ""), namespace)  # noqa: S102 - the set-up of the corpus
    made = eval(expression, namespace)  # noqa: S307 - the expression of the corpus
    return made() if callable(made) and not hasattr(made, "__buffer__") and not exports(made) else made


def exports(candidate: object) -> bool:
    """Tell whether it exports buffers itself."""
    return bool(ctypes.pythonapi.PyObject_CheckBuffer(ctypes.py_object(candidate)))


def main(record: str, corpus: str) -> int:
    """Compare everything; return the number of differences."""
    spec = importlib.util.spec_from_file_location("bufcheck_corpus", corpus)
    sys.modules["bufcheck_corpus"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    subjects = compared = differences = 0
    for line in Path(record).read_text().splitlines():
        subject = json.loads(line).get("subject")
        if not subject or "make" not in subject["case"] or "done" not in (subject.get("outcome") or {}):
            continue
        sweep = next(step["sweep"] for step in subject["outcome"]["done"]["steps"] if "sweep" in step)
        exporter = make(subject["case"])
        bytes_count = is_definite(sweep)
        subjects += 1
        for flags in REQUESTS:
            if flags not in sweep["requests"]:
                continue
            place = sweep["requests"].index(flags)
            told = {chosen["answers"][place] for chosen in sweep["rounds"]} - {None}
            answers = [recorded(sweep["answers"][index], sweep.get("contents", [])) for index in told]
            witnessed = ask(exporter, flags)
            compared += 1
            if answers and not any(same(witnessed, answer, bytes_count=bytes_count) for answer in answers):
                differences += 1
                print(f"{subject['case']['id']} {flags:#05x}\n  witness:  {witnessed}\n  recorded: {answers}")
    print(
        f"{subjects} exporters, {len(REQUESTS)} requests, {compared} answers compared, "
        f"{differences} differences"
    )
    return differences


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1], sys.argv[2])))
