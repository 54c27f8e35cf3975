"""A small package whose objects export their memory."""

from array import array


def row(width: int) -> array:
    """Make one row of grey pixels, each brighter than the last."""
    return array("B", range(width))


def image(height: int, width: int) -> memoryview:
    """Make rows of grey pixels, as one block of memory."""
    return memoryview(array("B", range(height * width))).cast("B", (height, width))
