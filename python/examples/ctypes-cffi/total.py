"""A consumer with cffi: the sum of the numbers of any buffer, read as C reads them."""

import struct
import sys

import cffi

ffi = cffi.FFI()

# [rule: consumer.l-q-equivalence] The letter gives the kind, `itemsize` the size.
KINDS = {"bhilqn": "int{}_t[]", "BHILQN": "uint{}_t[]", "?": "uint{}_t[]", "f": "float[]", "d": "double[]"}
NATIVE = "<" if sys.byteorder == "little" else ">"


def c_type(view: memoryview) -> str:
    """Return the type of the items in C."""
    # [rule: consumer.format-checked-before-typed-access] cffi does not look at the format: what is cast to
    # `double *` are doubles to it. [rule: consumer.byteorder-equivalence] Other marks: the bytes are swapped.
    code = view.format.strip()  # [rule: format.whitespace-ignored]
    code = code[1:] if code[:1] in (*"@=", NATIVE) else code
    for letters, name in KINDS.items():
        if len(code) == 1 and code in letters and struct.calcsize(code) == view.itemsize:
            return name.format(8 * view.itemsize)
    message = f"no number: format {view.format}"
    raise ValueError(message)


def total(exporter: object) -> float:
    """Return the sum; ValueError if the items are no numbers in the order of this machine."""
    # [rule: release.on-every-path] Both `with` give their views back, also by an exception.
    with memoryview(exporter) as view:
        name = c_type(view)
        if view.nbytes == 0:  # [rule: empty.no-dereference]
            return 0.0
        # [rule: contig.check-before-flat-access] `from_buffer` wants memory without gaps. The fast path reads
        # it where it lies; anything else is copied to C order first.
        flat = view.cast("B") if view.c_contiguous else view.tobytes()
        with ffi.from_buffer(flat) as start:
            items = ffi.cast(name.replace("[]", "*"), start)
            # [rule: consumer.bounds-by-len] A pointer knows no length.
            return float(sum(items[index] for index in range(view.nbytes // view.itemsize)))
