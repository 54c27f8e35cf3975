"""`bufcheck.strategies.buffers`, where Hypothesis is installed."""

import struct

import pytest

hypothesis = pytest.importorskip("hypothesis")

from hypothesis import find, given, settings  # noqa: E402 - behind the check that it is there

from bufcheck import strategies  # noqa: E402 - likewise

CALM = settings(deadline=None, derandomize=True, max_examples=200, database=None)


@CALM
@given(strategies.buffers(indirect=True))
def test_what_is_drawn_is_what_it_says(drawn: strategies.Buffer) -> None:
    """By the memoryview of each."""
    with memoryview(drawn.exporter) as view:
        assert (view.format, view.shape) == (drawn.format, drawn.shape)
        assert view.tobytes() == drawn.data
        assert view.readonly == drawn.description["readonly"]
    assert struct.pack(f"{len(drawn.items)}{drawn.format}", *drawn.items) == drawn.data


@CALM
@given(strategies.buffers(contiguous=True, readonly=False, formats=["i"], max_dims=2))
def test_choices_are_kept(drawn: strategies.Buffer) -> None:
    """All at once."""
    with memoryview(drawn.exporter) as view:
        assert view.c_contiguous
        assert not view.readonly
        assert view.format == "i"
        assert view.ndim <= 2


@CALM
@given(strategies.buffers(contiguous=False))
def test_what_must_not_be_contiguous_is_not(drawn: strategies.Buffer) -> None:
    """Wherever there are items enough."""
    with memoryview(drawn.exporter) as view:
        assert not view.c_contiguous


def test_what_is_found_is_made_small() -> None:
    """A function that takes strided memory as it lies fails for two items."""

    def wrong(drawn: strategies.Buffer) -> bool:
        with memoryview(drawn.exporter) as view:
            return not view.c_contiguous

    found = find(strategies.buffers(), wrong, settings=CALM)
    assert (found.format, found.shape) == ("B", (2,))
    assert found.data == bytes(2)


def test_nothing_to_draw_from_is_refused() -> None:
    """With a sentence."""
    with pytest.raises(ValueError, match="want a format"):
        find(strategies.buffers(formats=[]), lambda _: True)
