"""A consumer in pure Python: the sum of the numbers of any buffer, whatever its layout."""

import struct
import sys

NUMBERS = "bBhHiIlLqQnN?fd"
NATIVE = "<" if sys.byteorder == "little" else ">"


def total(exporter: object) -> float:
    """Return the sum; ValueError if the items are no numbers in the order of this machine."""
    # [rule: consumer.holds-view-while-using-memory] [rule: release.on-every-path] `with` gives the view
    # back, also by an exception. Without it the exporter stays locked until the garbage is collected.
    with memoryview(exporter) as view:
        # [rule: consumer.format-checked-before-typed-access] [rule: consumer.byteorder-equivalence]
        # `=`, and the mark of this machine's own order, say the same as no mark where the sizes agree.
        # [rule: format.whitespace-ignored]
        code = view.format.strip()
        code = code[1:] if code[:1] in (*"@=", NATIVE) else code
        if len(code) != 1 or code not in NUMBERS or struct.calcsize(code) != view.itemsize:
            message = f"no number: format {view.format}"
            raise ValueError(message)
        if view.nbytes == 0:  # [rule: empty.no-dereference] `cast` takes no extents of 0.
            return 0.0
        # [rule: contig.check-before-flat-access] The fast path: memory without gaps, read as one flat run.
        # Only in C order can a memoryview be cast, and only if it knows the spelling of the format.
        if view.c_contiguous and view.format in (code, f"@{code}"):
            with view.cast("B") as flat, flat.cast(code) as items:
                return float(sum(items))
        # [rule: strides.consumer-handles-nonpositive] Any other layout: a copy in C order, which `tobytes`
        # makes of strides of any sign, and of suboffsets.
        return float(sum(item for (item,) in struct.iter_unpack(code, view.tobytes())))
