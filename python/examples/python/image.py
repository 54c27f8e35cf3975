"""A fixed image of 32-bit floats in pure Python, and views of it: read-only, or of every n-th row.

PEP 688: since Python 3.12 a class exports a buffer by a method `__buffer__` that returns a memoryview. The
interpreter compares that memoryview with the request, so the class need not look at the flags, except for one
case (below). Keep the memory in something that exports by itself: bytearray, array, mmap, ctypes, NumPy.
"""

from array import array


class Image:
    """`height` rows of `width` pixels, counted from 0. The memory never moves, so no view is counted."""

    def __init__(self, height: int, width: int) -> None:
        """Make the image."""
        if height < 1 or width < 1:
            message = "an image has at least one row and one column"
            raise ValueError(message)
        pixels = array("f", range(height * width))
        # [rule: export.locks-resize] The view that is kept here locks the array: nobody can resize it.
        # [rule: consistency.declared-shape] `cast` gives it its shape: only from bytes, and only C order.
        self._view = memoryview(pixels).cast("B").cast("f", (height, width))

    def __buffer__(self, flags: int, /) -> memoryview:
        """Lend the pixels."""
        # [rule: export.multiple-simultaneous] A new memoryview for each call, never the one that is kept:
        # it would be released with the first view, and then the image would be gone.
        # [rule: py.readonly-choice-consistent] The same memory whatever is asked. Do not test `flags`: the
        # interpreter refuses, with BufferError, what this memoryview cannot give.
        return memoryview(self._view)

    def frozen(self) -> "View":
        """Return a read-only view of the pixels."""
        # [rule: memory.writable-when-not-readonly] `toreadonly`: views of it are read-only as well.
        return View(self._view.toreadonly())

    def every(self, step: int) -> "View":
        """Return a view of every `step`-th row; a negative step begins at the last."""
        # [rule: buf.points-to-first-element] Slicing works on the first axis, in Python as elsewhere. For
        # other axes take NumPy: a memoryview of several axes cannot be sliced further.
        return View(self._view[::step])


class View:
    """A view of the memory of something else."""

    def __init__(self, view: memoryview) -> None:
        """Keep the view: [rule: lifetime.view-outlives-names] it holds the memory that it is a view of."""
        self._view = view

    def __buffer__(self, flags: int, /) -> memoryview:
        """Lend the memory of the parent."""
        return memoryview(self._view)
