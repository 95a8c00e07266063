from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint import compact as module
from leakwatch.fingerprint.compact import compact, expand, is_cut
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketch, Sketcher
from tests.support.corpora import KEY, note

SKETCHER = Sketcher(KEY)


def sketch_of(steps: list[int], values: list[int]) -> Sketch:
    positions = np.cumsum(np.array(steps, np.int64))
    end = int(positions[-1]) + 16 if len(positions) else 0
    return Sketch(SKETCHER.params, end, np.array(values, np.uint64), positions)


@given(
    st.lists(
        st.tuples(st.integers(1, 100_000), st.integers(0, 2**64 - 1) | st.just(7 << 40)),
        max_size=60,
    )
)
def test_a_sketch_comes_back_by_the_top_half_of_its_values(grams: list[tuple[int, int]]) -> None:
    """Letters, positions and tops survive, near and far, repeated or not; the rest is zero."""
    sketch = sketch_of([step for step, _ in grams], [value for _, value in grams])
    back = expand(compact(sketch), sketch.params)
    assert back.letters == sketch.letters
    assert back.positions.tolist() == sketch.positions.tolist()
    assert back.values.tolist() == [value >> 32 << 32 for _, value in grams]


def test_a_note_takes_less_than_half_a_byte_a_letter() -> None:
    """What is kept of everything seen has to be small."""
    text = letters(note("size", 600))
    assert len(compact(SKETCHER.sketch(text))) < 0.5 * len(text)


def test_a_text_that_repeats_itself_is_deflated() -> None:
    """A table of the same rows over and over does not fill the database."""
    text = letters(note("row", 40)) * 200
    assert len(compact(SKETCHER.sketch(text))) < 0.05 * len(text)
    assert len(expand(compact(SKETCHER.sketch(text)), SKETCHER.params).values) > len(text) / 20


def test_a_text_beyond_the_cap_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The grams that lie whole within the cap are kept, the length is told as it was."""
    sketch = SKETCHER.sketch(letters(note("long", 600)))
    assert not is_cut(compact(sketch))
    monkeypatch.setattr(module, "LETTERS_KEPT", 1000)
    data = compact(sketch)
    back = expand(data, sketch.params)
    assert is_cut(data)
    assert back.letters == sketch.letters
    assert 900 < int(back.positions[-1]) <= 984
    assert len(back.values) == np.count_nonzero(sketch.positions <= 984)


def test_damaged_bytes_are_refused() -> None:
    """A row that was altered is an error of ours, never another sketch or a crash."""
    rng = random.Random(3)
    for text in (note("damage", 80), "abcdefgh ijklmnop qrstuv " * 50):
        data = compact(SKETCHER.sketch(letters(text)))
        for cut in range(0, len(data), 7):
            with pytest.raises(FingerprintError):
                expand(data[:cut], SKETCHER.params)
        with pytest.raises(FingerprintError):
            expand(b"\x02" + data[1:], SKETCHER.params)
        for _ in range(200):
            place = rng.randrange(len(data))
            altered = data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
            try:
                back = expand(altered, SKETCHER.params)
            except FingerprintError:
                continue
            assert len(back.values) == len(back.positions)


@given(st.binary(max_size=60))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    """Whatever stands in the column, reading it ends in a sketch or in one error."""
    try:
        back = expand(data, SKETCHER.params)
    except FingerprintError:
        return
    assert len(back.values) == len(back.positions)


def test_it_holds_no_word_of_the_text() -> None:
    """Neither the bytes nor a repr says a word; without the key the numbers are noise."""
    text = note("secret", 200)
    data = compact(SKETCHER.sketch(letters(text)))
    words = {word.lower().strip(".") for word in text.split() if len(word) > 4}
    assert not any(word.encode() in data for word in words)
