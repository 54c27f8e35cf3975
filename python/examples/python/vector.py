"""A growable vector of doubles in pure Python: two ways to keep its memory in place while views are held."""

from array import array


class Vector:
    """A vector on top of an array, which counts its views itself and refuses to move while one is held.

    No `__release_buffer__` is needed: when the interpreter lets go of the memoryview, the array is free.
    """

    def __init__(self, count: int) -> None:
        """Make the vector, its items counted from 0."""
        # [rule: export.reinit-locked] Put a second `__init__` into the array that is there: it refuses while
        # views are held. To bind a new array would leave their holders with memory that is no longer ours.
        if not hasattr(self, "_items"):
            self._items = array("d")
        self._items[:] = array("d", range(count))

    def __buffer__(self, flags: int, /) -> memoryview:
        """Lend the items."""
        return memoryview(self._items)

    def append(self, item: float) -> None:
        """Add an item; BufferError while a view is held."""
        # [rule: export.locks-resize] [rule: export.lock-error-is-buffererror] The array refuses.
        self._items.append(item)

    def clear(self) -> None:
        """Take all items away; BufferError while a view is held."""
        del self._items[:]

    def scale(self, factor: float) -> None:
        """Multiply all items."""
        # [rule: export.in-place-writes-allowed] Same memory, other values: allowed while views are held.
        for index, item in enumerate(self._items):
            self._items[index] = item * factor


class Counted:
    """A vector that counts its views: for memory that does not count them by itself, or is replaced."""

    def __init__(self, count: int) -> None:
        """Make the vector, its items counted from 0."""
        self._refuse_if_lent()
        self._exports = 0
        self._items = array("d", range(count))

    def __buffer__(self, flags: int, /) -> memoryview:
        """Lend the items."""
        # Count last: what is raised before must not count. The interpreter may still refuse, and then it does
        # not call `__release_buffer__` (CPython 3.13): so refuse yourself what `memoryview` would.
        # [rule: refusal.no-export-counted]
        if flags & FORMAT and not flags & ND:
            message = "a format is given only with a shape"
            raise BufferError(message)
        view = memoryview(self._items)
        self._exports += 1  # [rule: export.counted] A number, not a flag, and no set of views.
        return view

    def __release_buffer__(self, view: memoryview, /) -> None:
        """Count one view less: [rule: release.restores-resizability] for each that `__buffer__` counted."""
        self._exports -= 1
        view.release()

    def append(self, item: float) -> None:
        """Add an item; BufferError while a view is held."""
        self._refuse_if_lent()  # [rule: export.lock-before-mutation]
        self._items = array("d", [*self._items, item])

    def clear(self) -> None:
        """Take all items away; BufferError while a view is held."""
        self._refuse_if_lent()
        self._items = array("d")

    def _refuse_if_lent(self) -> None:
        if getattr(self, "_exports", 0):
            message = "a view of the vector is held"
            raise BufferError(message)


FORMAT = 0x4  # inspect.BufferFlags.FORMAT, without the import of `inspect`
ND = 0x8
