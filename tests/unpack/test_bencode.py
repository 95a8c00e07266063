from __future__ import annotations

import bencode2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.unpack.bencode import MAX_DEPTH, decode

VALUES = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.binary(max_size=8), inner, max_size=5)
    ),
    max_leaves=30,
)


@given(VALUES)
def test_it_reads_what_the_strict_reader_reads(value: object) -> None:
    """Whatever is well formed is read alike by both."""
    found = decode(bencode2.bencode(value))
    assert found.value == value
    assert found.is_whole


@given(VALUES, st.data())
def test_what_breaks_off_is_read_up_to_there(value: object, data: st.DataObject) -> None:
    """Cut anywhere, it is said not to be whole, and nothing raises."""
    raw = bencode2.bencode(value)
    assert not decode(raw[: data.draw(st.integers(0, len(raw) - 1))]).is_whole


@given(
    st.binary()
    | st.lists(st.sampled_from([b"d", b"l", b"e", b"i1e", b"1:a", b"4:info"])).map(b"".join)
)
def test_total(raw: bytes) -> None:
    """No bytes raise, and it never reads past the end."""
    assert decode(raw).end <= len(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"d1:b1:x1:a1:ye", {b"a": b"y", b"b": b"x"}),
        (b"d1:a1:x1:a1:ye", {b"a": b"x"}),
        (b"li007ei-0ee", [7, 0]),
        (b"le and more", []),
        (b"d4:spam4:eggs", {b"spam": b"eggs"}),
        (b"d4:spam9:egg", {b"spam": b"egg"}),
        (b"d4:spam", {}),
        (b"d4:sp", {}),
        (b"li1e9:", [1]),
        (b"di1e1:ae", {}),
        (b"li99999999999999999999999ee", []),
        (b"l1_0:aaaaaaaaaae", []),
        (b"", None),
    ],
)
def test_what_clients_take_is_taken(raw: bytes, value: object) -> None:
    """Unsorted and repeated keys (the first stands), odd numbers, ends that are none."""
    assert decode(raw).value == value


def test_the_metadata_is_told_byte_for_byte() -> None:
    """The info-hash is taken of the bytes as they stand, unsorted or not."""
    info = b"d4:name1:a6:lengthi7ee"
    assert decode(b"d8:announce1:x4:info" + info + b"5:nodeslee").info == info


@pytest.mark.parametrize(
    "raw", [b"l" * 10_000_000, b"d1:a" * 3_000_000, b"d4:infod1:a" + b"l" * 1_000_000]
)
def test_deep_nesting_ends_at_once(raw: bytes) -> None:
    """Deeper than any torrent nothing is read."""
    assert decode(raw).end < 5 * MAX_DEPTH


def test_endless_numbers_end() -> None:
    """Neither ten million numbers nor a number of ten million digits cost more than the cap."""
    assert not decode(b"l" + b"i1e" * 10_000_000 + b"e", max_values=1_000_000).is_whole
    assert not decode(b"li" + b"1" * 10_000_000 + b"ee").is_whole
    assert not decode(b"l" + b"1" * 10_000_000 + b":e").is_whole
