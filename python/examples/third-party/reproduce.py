"""Shows every recorded deviation without bufcheck: a few lines of ctypes ask, and what comes back is printed.

    python reproduce.py FILE...

FILE is a `bufcheck.toml`, or a package of `cases/ecosystem/`. A record (`known`) names exporters and a rule.
For each pair the exporter is made in a process of its own and asked through `PyObject_GetBuffer`, and a line
says what shows that the rule is broken. It fails if a record shows on none of its exporters, or names a rule
that nobody knows how to show. At the end stand the faults that cannot be recorded. Nothing of bufcheck is
used but these files, read as data.
"""

import argparse
import contextlib
import ctypes
import fnmatch
import gc
import importlib
import importlib.util
import json
import math
import os
import struct
import subprocess
import sys
import threading
import tomllib
import warnings
import weakref
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import consume
from asking import (
    ANY_CONTIGUOUS,
    C_CONTIGUOUS,
    F_CONTIGUOUS,
    FILLED_BEFORE,
    FORMAT,
    FULL_RO,
    NAMES,
    ND,
    SIMPLE,
    STRIDES,
    WRITABLE,
    Answer,
)

# Makes freed memory visible: the allocators of Python and of glibc overwrite it.
REQUESTS = 10000
SHOW_FREED = {
    "PYTHONMALLOC": "debug",
    "MALLOC_PERTURB_": "167",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
}


def make(case: dict[str, Any]) -> object:
    """Make an exporter as its registration says."""
    module, expression = case["make"].split(":", 1)
    names = dict(vars(importlib.import_module(module)))
    exec(case.get("setup", ""), names)  # noqa: S102 - the text stands in our own file
    return eval(expression, names)  # noqa: S307 - as above


class Subject:
    """An exporter under test, and what is registered about it."""

    def __init__(self, case: dict[str, Any]) -> None:
        """Make the exporter."""
        self.case, self.exporter = case, make(case)

    def ask(self, flags: int) -> Answer:
        """Ask; the view is held until the process ends."""
        return Answer(self.exporter, flags)


Proof = Callable[[Subject], str | None]


def wrong_length(answer: Answer) -> bool:
    """Tell whether `len` is not what shape and item size come to."""
    return answer.granted and answer.view.len != math.prod(answer.shape or ()) * answer.view.itemsize


def seen(flags: int, broken: Callable[[Answer], bool]) -> Proof:
    """Show a fault that one answer shows by itself."""

    def proof(subject: Subject) -> str | None:
        answer = subject.ask(flags)
        return str(answer) if broken(answer) else None

    return proof


def writable(subject: Subject) -> str | None:
    """WRITABLE is granted, though the view or the memory is read-only."""
    immutable = subject.case.get("readonly")
    for flags in (WRITABLE, F_CONTIGUOUS | WRITABLE):
        answer = subject.ask(flags)
        if answer.granted and (answer.view.readonly or immutable):
            return f"{answer} (the object is immutable)" if immutable else str(answer)
    return None


def flat_in_another_order(subject: Subject) -> str | None:
    """Memory that is not in C order is given to a consumer that asked no strides."""
    flat, whole = subject.ask(SIMPLE), subject.ask(FULL_RO)
    misfit = flat.granted and flat.view.buf == whole.view.buf and not whole.contiguous()
    return f"{flat}, at the address of {whole}" if misfit else None


def other_content(subject: Subject) -> str | None:
    """Two requests show different items in the same places."""
    whole = subject.ask(FULL_RO)
    for flags in (SIMPLE, F_CONTIGUOUS | WRITABLE):
        other = subject.ask(flags)
        if other.granted and other.content() != whole.content():
            found, wanted = (f"{NAMES[a.flags]} {a.content().hex(' ', 4)}" for a in (other, whole))
            return f"content: {found}; {wanted}"
    return None


def changed_by_writable(subject: Subject) -> str | None:
    """WRITABLE changes more than `readonly`."""
    plain, more = subject.ask(F_CONTIGUOUS), subject.ask(F_CONTIGUOUS | WRITABLE)
    return f"{plain}; {more}" if more.granted and plain.strides != more.strides else None


def described_otherwise(one: int, other: int, field: Callable[[Answer], Any]) -> Proof:
    """Show a field that depends on flags that do not ask for it."""

    def proof(subject: Subject) -> str | None:
        here, there = subject.ask(one), subject.ask(other)
        return f"{here}; {there}" if here.granted and there.granted and field(here) != field(there) else None

    return proof


def refused_in_vain(subject: Subject) -> str | None:
    """Fortran order is refused though one axis without gaps is in both, or everything is."""
    whole = subject.ask(FULL_RO)
    if not whole.granted:
        flat = subject.ask(SIMPLE)
        return f"{whole}; {flat}" if not flat.granted else None
    asked = subject.ask(F_CONTIGUOUS)
    meets = whole.view.ndim == 1 and whole.contiguous()
    return f"{whole}; {asked}" if meets and not asked.granted else None


def refused_without_items(subject: Subject) -> str | None:
    """Memory without items is refused to a consumer that asks for Fortran order."""
    whole, asked = subject.ask(FULL_RO), subject.ask(F_CONTIGUOUS)
    return f"{whole}; {asked}" if whole.granted and whole.view.len == 0 and not asked.granted else None


def refused_otherwise(subject: Subject) -> str | None:
    """Refuse with something else than BufferError."""
    answers = map(subject.ask, (ND | FORMAT, F_CONTIGUOUS, WRITABLE))
    return next((str(it) for it in answers if it.error and not isinstance(it.error, BufferError)), None)


def refused_with_more(weaker: int, stronger: int) -> Proof:
    """Show a request that is refused though a more modest one is granted."""

    def proof(subject: Subject) -> str | None:
        less, more = subject.ask(weaker), subject.ask(stronger)
        return f"{less}; {more}" if less.granted and not more.granted else None

    return proof


def moved_while_held(subject: Subject) -> str | None:
    """Memory moves, or changes its size, under the eyes of a consumer."""
    for mutator in subject.case.get("mutators", []):
        held = subject.ask(SIMPLE)
        try:
            eval(f"exporter.{mutator}", {"exporter": subject.exporter})  # noqa: S307 - our own file
        except Exception:  # noqa: BLE001, S112 - a refusal is right, whichever it is
            continue
        after = subject.ask(SIMPLE)
        if (after.view.buf, after.view.len) != (held.view.buf, held.view.len):
            return (
                f"{mutator} went through while a view of {held.view.len} bytes was held: now {after.view.len}"
            )
    return None


def ended(subject: Subject) -> str | None:
    """Clear under a view, release in another thread, fail in `__init__`: the process ends, then or later."""
    for act in (lambda it: it.exporter.clear(), lambda _: None):
        one = Subject(subject.case)
        held = one.ask(FULL_RO)
        with contextlib.suppress(AttributeError, AssertionError):
            act(one)
        one.ask(FULL_RO).release()
        thread = threading.Thread(target=held.release)
        thread.start()
        thread.join()
        del one, held
    for _ in range(300):
        exporter = make(subject.case)
        held = Answer(exporter, FULL_RO)
        with contextlib.suppress(TypeError):
            exporter.__init__()
        held.release()
    return None


class Mallinfo(ctypes.Structure):
    """`struct mallinfo2` of glibc."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (*"abcdefg", "uordblks", "fordblks", "keepcost")  # only what is in use is of interest
    )


def grows(flags: int) -> Proof:
    """Show that each request leaves memory of the C heap behind."""

    def proof(subject: Subject) -> str | None:
        used = ctypes.CDLL(None).mallinfo2
        used.restype = Mallinfo
        before = used().uordblks
        for _ in range(REQUESTS):
            subject.ask(flags).release()
        grown = used().uordblks - before
        return f"{REQUESTS} requests left {grown} bytes behind" if grown > 8 * REQUESTS else None

    return proof


def never_collected(subject: Subject) -> str | None:
    """Make a cycle of an object and a view of itself that the collector does not see."""
    it = subject.exporter
    it.itself = memoryview(it)
    seen = weakref.ref(it)
    del it, subject.exporter
    gc.collect()
    return "the object is there after a collection" if seen() is not None else None


def overwritten_round_the_lock(subject: Subject) -> str | None:
    """End a `with` block, clear, close, release or initialise again under a view."""
    held, exporter = subject.ask(FULL_RO), subject.exporter
    before, place = held.content(), held.view.buf
    closing = [name for name in ("clear", "close", "release") if hasattr(exporter, name)]
    if hasattr(exporter, "__exit__") and not closing:
        exporter.__exit__(None, None, None)
        done = "left its context"
    elif closing:
        getattr(exporter, closing[0])()
        done = f"called {closing[0]}()"
    else:
        exporter.__init__(bytes(1 << 18))
        done = "initialised again"
    after, now = held.content(), subject.ask(FULL_RO)
    if after != before:
        return f"{done}: {before.hex(' ', 4)} became {after.hex(' ', 4)}"
    return f"{done}: the memory lies elsewhere now" if now.granted and now.view.buf != place else None


PROOFS: dict[str, Proof] = {
    "process.survives": ended,
    "format.null-unless-requested": seen(ND, lambda a: a.granted and a.format is not None),
    "itemsize.matches-format": seen(
        FULL_RO, lambda a: a.granted and struct.calcsize(a.format) != a.view.itemsize
    ),
    "itemsize.kept-without-format": described_otherwise(SIMPLE, FULL_RO, lambda a: a.view.itemsize),
    "empty.counts-as-contiguous": refused_without_items,
    "export.gc-cycles": never_collected,
    "leak.memory": grows(FULL_RO),
    "leak.on-refusal": grows(FULL_RO | WRITABLE),
    "len.product-of-shape-times-itemsize": seen(FULL_RO, wrong_length),
    "memory.verify-structure": seen(FULL_RO, wrong_length),
    "ndim.same-with-shape": described_otherwise(ND, FULL_RO, lambda a: a.view.ndim),
    "request.nd-gives-shape": seen(ND, lambda a: a.granted and a.view.ndim > 0 and a.shape is None),
    "request.met-when-possible": refused_in_vain,
    "shape.consistent-across-requests": described_otherwise(ND, FULL_RO, lambda a: a.shape),
    "shape.null-unless-nd": seen(SIMPLE, lambda a: a.granted and a.shape is not None),
    "strides.null-unless-strides": seen(ND, lambda a: a.granted and a.strides is not None),
    "strides.non-null-when-requested": seen(
        STRIDES, lambda a: a.granted and a.view.ndim > 0 and not a.strides
    ),
    "readonly.whole-int-written": seen(SIMPLE, lambda a: a.view.readonly >> 8 == FILLED_BEFORE * 0x010101),
    "request.c-contiguous": seen(C_CONTIGUOUS, lambda a: a.granted and not a.contiguous()),
    "request.f-contiguous": seen(
        F_CONTIGUOUS, lambda a: a.granted and not a.contiguous(last_axis_first=False)
    ),
    "request.any-contiguous": seen(
        ANY_CONTIGUOUS, lambda a: a.granted and not a.contiguous() and not a.contiguous(last_axis_first=False)
    ),
    "request.no-strides-means-c-contiguous": flat_in_another_order,
    "request.writable-refused-when-readonly": writable,
    "request.writable-orthogonal": changed_by_writable,
    "request.format-always-available": refused_with_more(ND, ND | FORMAT),
    "request.extra-capability-harmless": refused_with_more(SIMPLE, ND),
    "refusal.raises-buffererror": refused_otherwise,
    "export.locks-resize": moved_while_held,
    "export.reinit-locked": overwritten_round_the_lock,
    "release.frees-per-view-resources": grows(FULL_RO),
    "release.null-slot-means-borrowable": moved_while_held,
    "consistency.declared-readonly": seen(SIMPLE, lambda a: a.granted and not a.view.readonly),
    "consistency.content-equal": other_content,
}

# Faults of the heap end the process sooner or later: no view shows them. The debug allocator does.
CORRUPTING = [
    ("pyglm", "pyglm.glm", "array(mat2x3(1, 2, 3, 4, 5, 6))", F_CONTIGUOUS, "bad trailing pad byte"),
]


def show(case: dict[str, Any], rule: str) -> None:
    """Ask, and print what shows that the rule is broken."""
    warnings.simplefilter("ignore")
    text = consume.PROOFS[rule](consume.Consumer(case)) if "call" in case else PROOFS[rule](Subject(case))
    print(text or "", flush=True)
    # Some of these exporters do not survive the end of the interpreter.
    os._exit(0 if text else 1)


def isolated(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this program for one question; an exporter may end the process."""
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=os.environ | SHOW_FREED, check=False
    )


def alternatives(glob: str) -> list[str]:
    """Expand `{a,b}`, which fnmatch does not know."""
    before, brace, rest = glob.partition("{")
    if not brace:
        return [glob]
    choices, _, after = rest.partition("}")
    return [text for choice in choices.split(",") for text in alternatives(before + choice + after)]


def read(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the exporters and consumers of a file, and its records."""
    if path.suffix == ".json":
        package = json.loads(path.read_text())
        return package.get("exporters", []) + package.get("consumers", []), package.get("known", [])
    config = tomllib.loads(path.read_text())
    return config["exporter"], config.get("known", [])


def installed(path: Path) -> bool:
    """Tell whether the package that a file is about is there; a `bufcheck.toml` names none."""
    module = json.loads(path.read_text())["module"] if path.suffix == ".json" else None
    return module is None or importlib.util.find_spec(module.partition(".")[0]) is not None


def reproduce(path: Path) -> tuple[list[str], list[str]]:
    """Show every record of a file: what was shown, and what was not."""
    exporters, records = read(path)
    shown, missing = [], []
    for known in records:
        globs, rules = alternatives(known["subject"]), alternatives(known["rule"])
        before = len(shown)
        for case, rule in product(exporters, rules):
            proofs = consume.PROOFS if "call" in case else PROOFS
            if rule in proofs and any(fnmatch.fnmatchcase(case["id"], glob) for glob in globs):
                done = isolated("--one", str(path), case["id"], rule)
                if done.returncode == 0:
                    shown.append(f"{case['id']}: {rule}: {done.stdout.strip().splitlines()[-1]}")
                elif done.returncode < 0 and ("call" in case or rule == "process.survives"):
                    shown.append(f"{case['id']}: {rule}: ended by signal {-done.returncode}")
        if len(shown) == before:
            missing.append(f"{known['subject']}: {known['rule']}")
    return shown, missing


def corrupting(packages: set[str]) -> tuple[list[str], list[str]]:
    """Show the faults of the heap: what was shown, and what was not."""
    shown, missing = [], []
    for package, module, expression, flags, message in CORRUPTING:
        if package in packages:
            done = isolated("--ask", f"{module}:{expression}", str(flags))
            told = next((line for line in done.stderr.splitlines() if message in line), None)
            (shown if told else missing).append(f"{package}: {expression}: {NAMES[flags]}: {told}")
    return shown, missing


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", nargs="*", type=Path, help="bufcheck.toml, or cases/ecosystem/*.json")
    parser.add_argument("--quiet", action="store_true", help="say what does not show, and how much does")
    parser.add_argument("--one", nargs=3, metavar=("FILE", "EXPORTER", "RULE"), help=argparse.SUPPRESS)
    parser.add_argument("--ask", nargs=2, metavar=("TARGET", "FLAGS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        path, exporter, rule = arguments.one
        show(next(case for case in read(Path(path))[0] if case["id"] == exporter), rule)
    if arguments.ask:
        target, flags = arguments.ask
        Answer(make({"make": target}), int(flags)).release()
        return
    failed, total = False, 0
    here = [path for path in arguments.config if installed(path)]
    for path in arguments.config:
        if path not in here:
            print(f"skipped: the package of {path} is not installed")
    parts = [reproduce(path) for path in here]
    parts.append(corrupting({path.stem for path in here}))
    for shown, missing in parts:
        total += len(shown)
        failed |= bool(missing)
        for line in [] if arguments.quiet else shown:
            print(line)
        for line in missing:
            print(f"not shown: {line}")
    print(f"{total} deviations shown by ctypes alone")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
