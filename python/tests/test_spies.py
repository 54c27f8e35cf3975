"""`bufcheck.spies`: guarded memory in the process of other people's tests."""

import ctypes
import subprocess
import sys
import zlib

import pytest

import bufcheck

PLAIN = "spies/bytes/plain/*"


class View(ctypes.Structure):
    """A `Py_buffer`."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


def get(buf: object, flags: int = 0) -> View:
    """Ask as C does."""
    view = View()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(buf), ctypes.byref(view), flags)
    return view


def release(view: View) -> None:
    """Give back as C does."""
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(view))


@pytest.mark.parametrize("spy", bufcheck.spies(refuses=None, contested=None), ids=str)
def test_who_keeps_the_protocol_meets_no_error(spy: bufcheck.Spy) -> None:
    """Whatever the spy is."""
    with spy as buf:
        try:
            assert zlib.crc32(buf) == zlib.crc32(spy.data)
        except (BufferError, MemoryError, KeyboardInterrupt):
            assert spy.refuses or not spy.plain
        assert spy.held == 0


@pytest.mark.parametrize("spy", bufcheck.spies(formats=["B", "i"], readonly=False), ids=str)
def test_spies_say_what_they_are(spy: bufcheck.Spy) -> None:
    """As a memoryview of each does."""
    with spy as buf, memoryview(buf) as view:
        assert view.tobytes() == spy.data
        assert (view.format, view.itemsize, view.shape) == (spy.format, spy.itemsize, spy.shape)
        assert view.readonly == spy.readonly
        assert spy.held == 1


def test_reading_past_the_end_is_told_in_the_words_of_a_report() -> None:
    """And the code under test goes on."""
    reached = []
    told = pytest.raises(bufcheck.SpyError, match="read past the end of a 10-byte buffer")
    with told as caught, bufcheck.spies(PLAIN)[0] as buf:
        view = get(buf)
        ctypes.string_at(view.buf, view.len + 1)
        release(view)
        reached.append(True)
    assert reached, "the block went on"
    assert caught.value.rules == ("consumer.bounds-by-len",)
    assert isinstance(caught.value, AssertionError)


def test_other_slips_are_told_too() -> None:
    """Writing to read-only memory, reading what was given back, giving back twice."""
    (readonly, *_) = bufcheck.spies(PLAIN, readonly=True)
    with pytest.raises(bufcheck.SpyError, match="wrote") as caught, readonly as buf:  # noqa: PT012
        view = get(buf)
        ctypes.memset(view.buf, 1, 1)
        release(view)
    assert "consumer.no-write-without-writable" in caught.value.rules
    with pytest.raises(bufcheck.SpyError, match="after") as caught, readonly as buf:  # noqa: PT012
        view = get(buf)
        release(view)
        ctypes.string_at(view.buf, 1)
    assert caught.value.rules == ("release.no-use-after",)


def test_what_is_held_is_counted_and_can_be_used_later() -> None:
    """The pages are left open to whoever holds on."""
    (spy, *_) = bufcheck.spies(PLAIN)
    with spy as buf:
        view = memoryview(buf)
        assert spy.held == 1
    assert view.tobytes() == spy.data
    again = get(buf)
    release(again)
    view.release()
    assert ctypes.string_at(again.buf, len(spy.data)) == spy.data


def test_an_error_of_the_block_is_kept_beside() -> None:
    """It may follow from what was broken."""
    with pytest.raises(bufcheck.SpyError) as caught, bufcheck.spies(PLAIN)[0] as buf:  # noqa: PT012
        view = get(buf)
        ctypes.string_at(view.buf, view.len + 1)
        release(view)
        message = "the test fails"
        raise KeyError(message)
    assert isinstance(caught.value.__context__, KeyError)
    with pytest.raises(KeyError), bufcheck.spies(PLAIN)[0]:
        raise KeyError(message)


def test_one_spy_is_watched_at_a_time() -> None:
    """What is seen could not be told apart."""
    one, other, *_ = bufcheck.spies()
    with one, pytest.raises(RuntimeError, match="one can be watched at a time"):
        other.__enter__()
    with other, pytest.raises(RuntimeError, match="in use already"):
        other.__enter__()


def test_spies_are_chosen() -> None:
    """And a choice of nothing is refused."""
    assert all(spy.format == "d" for spy in bufcheck.spies(formats=["d"]))
    assert all(spy.plain and spy.readonly for spy in bufcheck.spies(plain=True, readonly=True))
    assert {spy.refuses for spy in bufcheck.spies(refuses=None)} == {True, False}
    assert {spy.changes for spy in bufcheck.spies(changes=None)} == {True, False}
    ids = [spy.id for spy in bufcheck.spies(refuses=None, contested=None)]
    assert len(ids) == len(set(ids)) > 150
    with pytest.raises(ValueError, match="no such spy"):
        bufcheck.spies("spies/nothing/*")
    with pytest.raises(ValueError, match="level"):
        bufcheck.spies(level="all")


def test_a_spy_that_changes_does_so_between_requests() -> None:
    """And stays as it is while a view is held."""
    spy = bufcheck.spies("spies/bytes/changing/*", changes=True)[0]
    with spy as buf:
        assert bytes(buf) == spy.data
        later = bytes(buf)
        assert later != spy.data
        with memoryview(buf) as view:
            assert bytes(buf) == view.tobytes() == later


WILD = """
import ctypes, faulthandler, bufcheck
faulthandler.enable()
with bufcheck.spies()[0]:
    ctypes.string_at(1)
"""


def test_faults_elsewhere_are_left_to_whoever_had_the_signal() -> None:
    """The process ends as it would have, and says where."""
    ended = subprocess.run([sys.executable, "-c", WILD], capture_output=True, text=True, check=False)
    assert ended.returncode == -11
    assert "Segmentation fault" in ended.stderr
    assert "string_at" in ended.stderr
