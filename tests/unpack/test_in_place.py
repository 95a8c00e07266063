"""A stretch of a stream read as a file of its own."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.unpack.in_place import in_place


@given(st.binary(max_size=400), st.integers(0, 300), st.integers(0, 300), st.data())
def test_it_reads_as_the_bytes_it_covers(
    content: bytes, start: int, size: int, data: st.DataObject
) -> None:
    """Wherever it is sought, and wherever others leave the stream beneath it."""
    beneath = io.BytesIO(content)
    view = in_place(beneath, start, min(size, max(0, len(content) - start)))
    plain = io.BytesIO(content[start : start + size])
    for _ in range(5):
        at = data.draw(st.integers(0, 400))
        count = data.draw(st.integers(0, 100))
        beneath.seek(data.draw(st.integers(0, 400)))
        assert view.seek(at) == plain.seek(at)
        assert view.read(count) == plain.read(count)
    assert view.seek(0, io.SEEK_END) == plain.seek(0, io.SEEK_END)
    view.seek(0)
    assert view.read() == plain.getvalue()


def test_before_its_start_there_is_nothing() -> None:
    """What lies in front of a stretch cannot be read through it."""
    view = in_place(io.BytesIO(b"secret, and open"), 12, 4)
    assert view.read() == b"open"
    with pytest.raises(ValueError, match="before the start"):
        view.seek(-8)
