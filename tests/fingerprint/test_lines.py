from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint.lines import Line, LineKeeper
from leakwatch.fingerprint.names import NameFacts, NameHasher, NameKind
from tests.support.corpora import KEY, OTHER_KEY

KEEPER = LineKeeper(KEY)
NUMBER = st.integers(0, 2**64 - 1)
SIZE = st.integers(0, 2**62)
WORDS = st.dictionaries(NUMBER, st.sampled_from([1.5, 2.0, 12.0, 23.0, 64.0]), max_size=5)
LINES = st.builds(
    Line,
    st.dictionaries(st.sampled_from(list(NameKind)), NUMBER),
    st.none() | st.tuples(SIZE, SIZE).map(sorted).map(tuple),
    WORDS,
    WORDS,
)


@given(st.lists(LINES, max_size=20))
def test_lines_come_back(lines: list[Line]) -> None:
    """Every kind of number, exact and rounded sizes, words with their bits; in order."""
    assert KEEPER.open(KEEPER.seal(lines)) == lines


def test_every_kind_of_number_is_kept() -> None:
    """A kind that were added to the names and not here would be lost in silence."""
    (back,) = KEEPER.open(KEEPER.seal([Line(dict.fromkeys(NameKind, 1))]))
    assert set(back.numbers) == set(NameKind)


def test_the_same_lines_give_the_same_bytes() -> None:
    """What was seen before is known to be the same, without being opened."""
    line = Line({NameKind.NAME: 7}, (5, 9))
    assert KEEPER.seal([line]) == KEEPER.seal([line])
    assert KEEPER.seal([line]) != KEEPER.seal([line, line])
    assert KEEPER.seal([line]) != LineKeeper(OTHER_KEY).seal([line])


def test_damaged_or_foreign_bytes_are_refused() -> None:
    """Cut, altered, of another key, or no seal at all: one error, never other lines."""
    rng = random.Random(5)
    data = KEEPER.seal([Line({NameKind.NAME: 7}, (5, 9), {3: 2.0})])
    altered = [data[:n] for n in range(len(data))]
    altered += [
        data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :] for place in range(len(data))
    ]
    altered += [rng.randbytes(40), LineKeeper(OTHER_KEY).seal([])]
    for one in altered:
        with pytest.raises(FingerprintError):
            KEEPER.open(one)


def test_even_with_the_key_there_is_neither_name_nor_word() -> None:
    """Sealed, nothing can be read; opened, a name is a number that only a guess can test."""
    told = NameHasher(KEY).digests(NameFacts("letters/SMITH_JOHN_1960.pdf"))
    line = Line(told, None, {KEEPER.token("smith"): 10.0})
    assert b"smith" not in KEEPER.seal([line]).lower()
    assert "smith" not in repr(KEEPER.open(KEEPER.seal([line]))).lower()
    assert KEEPER.token("smith") != LineKeeper(OTHER_KEY).token("smith")
