from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint.lines import Line, decode_lines, encode_lines
from leakwatch.fingerprint.names import NameFacts, NameHasher, NameKind
from tests.support.corpora import KEY

LINES = st.builds(
    Line,
    st.dictionaries(st.sampled_from(list(NameKind)), st.integers(0, 2**64 - 1)),
    st.booleans(),
)


@given(st.lists(LINES, max_size=20))
def test_lines_come_back(lines: list[Line]) -> None:
    """Every kind, in every combination, with whether its name tells anything."""
    assert list(decode_lines(encode_lines(lines))) == lines


def test_every_kind_of_number_is_kept() -> None:
    """A kind that were added to the names and not here would be lost in silence."""
    line = Line(dict.fromkeys(NameKind, 1))
    (back,) = decode_lines(encode_lines([line]))
    assert set(back.numbers) == set(NameKind)


@pytest.mark.parametrize("data", [b"", b"\x02", b"\x01\x01", b"\x01\x60", b"\x01\x83" + b"x" * 15])
def test_damaged_bytes_are_refused(data: bytes) -> None:
    """Too short, of another version, or of a kind that there is not."""
    with pytest.raises(FingerprintError):
        list(decode_lines(data))


def test_a_line_holds_neither_name_nor_size() -> None:
    """Nine bytes for a name: a flag and a keyed number."""
    told = NameHasher(KEY).digests(NameFacts("letters/SMITH_JOHN_1960.pdf"))
    data = encode_lines([Line(told)])
    assert len(data) == 1 + 9
    assert b"smith" not in data.lower()
