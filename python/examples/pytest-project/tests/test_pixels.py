"""The tests of the package; `pytest --bufcheck -n 2` adds those of its buffers."""

import pixels

import bufcheck


@bufcheck.exporter("pixels/image", format="B", shape=[2, 3], values=[[0, 1, 2], [3, 4, 5]], readonly=False)
def image() -> memoryview:
    """Make a fresh image."""
    return pixels.image(2, 3)


def test_rows_get_brighter() -> None:
    """An ordinary test."""
    assert list(pixels.row(3)) == [0, 1, 2]


def test_a_buffer_by_hand() -> None:
    """The same in one line, in a test of one's own."""
    bufcheck.assert_conformant("pixels:row(3)")
