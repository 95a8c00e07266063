"""The sketch of a text: the values and positions of its kept grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from leakwatch.errors import IncompatibleParams, WrongKey
from leakwatch.fingerprint.grams import GramSelector, K, Positions, S, Values
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.model.fingerprint import FingerprintParams


@dataclass(frozen=True)
class Sketch:
    """What stands for one text; comparable with sketches of equal params only."""

    params: FingerprintParams
    letters: int
    """Length of the normalised text."""
    values: Values = field(repr=False)
    """uint64, in order of position; a gram that repeats is there each time."""
    positions: Positions = field(repr=False)
    """int64, ascending: first letter of each gram."""

    @cached_property
    def distinct(self) -> Values:
        """uint64, ascending, each value once."""
        ordered = np.sort(self.values)
        new = np.empty(len(ordered), np.bool_)
        new[:1] = True
        np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
        return ordered[new]


class Sketcher:
    """Makes sketches under one key. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self.params = FingerprintParams(key_id=key.key_id, k=K, s=S)
        self._selector = GramSelector(key)

    def sketch(self, letters: bytes) -> Sketch:
        """Return the sketch of normalised letters; empty below 16 of them."""
        values, positions = self._selector.grams(letters)
        return Sketch(self.params, len(letters), values, positions)

    def sketch_many(self, texts: Sequence[bytes]) -> list[Sketch]:
        """Return the sketch of each text; many small ones go together, several times faster."""
        grams = self._selector.grams_of_each(texts)
        return [
            Sketch(self.params, len(text), values, positions)
            for text, (values, positions) in zip(texts, grams, strict=True)
        ]


def check_comparable(ours: FingerprintParams, theirs: FingerprintParams, *, what: str) -> None:
    """Refuse to compare what was made differently.

    Args:
        ours: params in use.
        theirs: params of ``what``.
        what: names the other side in the message.

    Raises:
        WrongKey: another key.
        IncompatibleParams: the same key but another recipe.
    """
    if ours.key_id != theirs.key_id:
        raise WrongKey(
            f"{what} was made with key {theirs.key_id}, the key given is {ours.key_id}",
            hint="give the key file that the corpus was built with",
        )
    if ours != theirs:
        mine, other = ours.as_dict(), theirs.as_dict()
        unequal = ", ".join(f"{n} {other[n]} not {mine[n]}" for n in mine if mine[n] != other[n])
        raise IncompatibleParams(f"{what} was fingerprinted differently: {unequal}")
