from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import IncompatibleParams, WrongKey
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketcher, check_comparable
from tests.support.corpora import KEY, OTHER_KEY, note

SKETCHER = Sketcher(KEY)


def test_sketch_carries_what_it_was_made_with() -> None:
    """Params name the key and the recipe; letters count the normalised text."""
    text = letters(note(1))
    sketch = SKETCHER.sketch(text)
    assert sketch.params == SKETCHER.params
    assert sketch.params.key_id == KEY.key_id
    assert sketch.letters == len(text)
    assert np.array_equal(sketch.distinct, np.unique(sketch.values))


def test_repr_shows_no_values() -> None:
    """A sketch in a traceback shows its size and params alone."""
    sketch = SKETCHER.sketch(letters(note(1)))
    assert str(int(sketch.values[0])) not in repr(sketch)


def test_equal_params_compare() -> None:
    """Nothing is refused between equals."""
    check_comparable(SKETCHER.params, Sketcher(KEY).params, what="corpus x")


def test_another_key_is_refused_by_id() -> None:
    """A wrong key names both ids."""
    theirs = Sketcher(OTHER_KEY).params
    with pytest.raises(WrongKey) as caught:
        check_comparable(SKETCHER.params, theirs, what="corpus x")
    assert KEY.key_id in caught.value.what
    assert OTHER_KEY.key_id in caught.value.what


@pytest.mark.parametrize(
    "change", [{"k": 17}, {"s": 11}, {"normaliser": "nfkd/2"}, {"minhash_scheme": "legacy"}]
)
def test_another_recipe_is_refused(change: dict[str, object]) -> None:
    """The same key with another recipe is refused, and the difference named."""
    theirs = replace(SKETCHER.params, **change)  # type: ignore[arg-type]
    with pytest.raises(IncompatibleParams, match=next(iter(change))):
        check_comparable(SKETCHER.params, theirs, what="corpus x")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.integers(0, 40).map(lambda n: b"ab1" * n),
            st.integers(0, 400).map(lambda n: b"7" * n),
            st.tuples(st.integers(0, 99), st.integers(1, 200)).map(lambda a: letters(note(*a))),
        ),
        max_size=12,
    )
)
def test_many_are_sketched_as_one(texts: list[bytes]) -> None:
    """Texts that are sketched together have the sketches they have alone."""
    together = SKETCHER.sketch_many(texts)
    assert len(together) == len(texts)
    for sketch, text in zip(together, texts, strict=True):
        alone = SKETCHER.sketch(text)
        assert (sketch.params, sketch.letters) == (alone.params, alone.letters)
        assert np.array_equal(sketch.values, alone.values)
        assert np.array_equal(sketch.positions, alone.positions)
        assert np.array_equal(sketch.distinct, np.unique(alone.values))


def test_a_sketch_of_many_keeps_no_other_alive() -> None:
    """What is kept of one text does not hold the memory of its whole batch."""
    sketches = SKETCHER.sketch_many([letters(note(n)) for n in range(20)])
    assert all(s.values.base is None and s.positions.base is None for s in sketches)
