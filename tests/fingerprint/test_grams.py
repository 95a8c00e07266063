from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.fingerprint import grams as grams_module
from leakwatch.fingerprint.grams import GramSelector, K, S
from leakwatch.fingerprint.key import FingerprintKey

ONE = GramSelector(FingerprintKey(bytes(32)))
OTHER = GramSelector(FingerprintKey(bytes([1] * 32)))


def made_up(length: int, seed: int = 0) -> bytes:
    return bytes(random.Random(seed).choices(b"abcdefghijklmnopqrstuvwxyz0123456789", k=length))


@pytest.mark.parametrize("length", [0, 1, K - 1])
def test_short_texts_have_none(length: int) -> None:
    """Below sixteen letters there is no gram."""
    values, positions = ONE.grams(made_up(length))
    assert len(values) == len(positions) == 0


def test_one_in_twelve_is_kept() -> None:
    """The density is one in S, evenly: no gap of more than a few grams."""
    _, positions = ONE.grams(made_up(200_000))
    assert len(positions) == pytest.approx(200_000 / S, rel=0.03)
    assert np.diff(positions).max() < 10 * S


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), before=st.integers(0, 200), after=st.integers(0, 200))
def test_a_gram_is_kept_for_what_it_is(seed: int, before: int, after: int) -> None:
    """What stands around a passage changes neither its choice of grams nor their values."""
    passage = made_up(300, seed)
    values, positions = ONE.grams(passage)
    around = made_up(before, seed + 1) + passage + made_up(after, seed + 2)
    found = dict(zip(*(a.tolist() for a in reversed(ONE.grams(around))), strict=True))
    inside = {p - before: v for p, v in found.items() if before <= p <= before + 300 - K}
    assert inside == dict(zip(positions.tolist(), values.tolist(), strict=True))


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 131_057, 131_058, 300_000])
def test_chunks_leave_no_seam(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text has the same grams whatever the chunk."""
    text = made_up(length)
    chunked = ONE.grams(text)
    monkeypatch.setattr(grams_module, "_CHUNK", 1 << 20)
    whole = ONE.grams(text)
    assert np.array_equal(chunked[0], whole[0])
    assert np.array_equal(chunked[1], whole[1])


def test_keys_share_nothing() -> None:
    """Another key gives other values and keeps other grams."""
    text = made_up(20_000)
    (values, positions), (other_values, other_positions) = ONE.grams(text), OTHER.grams(text)
    assert not set(values.tolist()) & set(other_values.tolist())
    both = set(positions.tolist()) & set(other_positions.tolist())
    assert len(both) < 0.2 * len(positions)


def test_equal_grams_have_equal_values() -> None:
    """A gram that repeats has one value, wherever it stands."""
    values, positions = ONE.grams(made_up(500) * 3)
    by_place = dict(zip(positions.tolist(), values.tolist(), strict=True))
    again = [p for p in by_place if p + 500 in by_place and p + K <= 500]
    assert len(again) > 20
    assert all(by_place[p] == by_place[p + 500] for p in again)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 24), max_size=60), st.booleans())
def test_places_are_where_the_mask_is_set(gaps: list[int], is_dense: bool) -> None:
    """Grams close together and grams far apart are found at their own letters."""
    kept = np.zeros(2000, np.bool_)
    kept[np.cumsum([gap if is_dense else gap + 6 for gap in gaps], dtype=np.int64)] = True
    assert np.array_equal(grams_module._places(kept), np.flatnonzero(kept))


def test_the_choice_is_the_rule() -> None:
    """A gram is kept iff the hash of its sixth window is the least of its twelve."""
    text = made_up(3000) + b"0" * 60 + b"ab" * 60 + made_up(500, 1)
    order = slow_hashes(ONE, text)
    kept = [p for p in range(len(text) - K + 1) if order[p + 5] == min(order[p : p + S])]
    assert ONE.grams(text)[1].tolist() == kept


def slow_hashes(selector: GramSelector, text: bytes) -> list[int]:
    """Say what a window's hash is, letter by letter."""
    table, odd = selector._table.tolist(), [int(m) for m in selector._odd]
    hashes = []
    for at in range(len(text) - 4):
        a, b, c, d, e = (table[letter] for letter in text[at : at + 5])
        two, next_two = a * odd[0] + b, c * odd[0] + d
        five = ((two * odd[1] + next_two) * odd[2] + e) % 2**32
        hashes.append((five ^ (five >> 15)) * odd[3] % 2**32)
    return hashes
