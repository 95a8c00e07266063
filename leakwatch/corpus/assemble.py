"""Known files and background -> the arrays of one segment (``segment.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.background import BackgroundTable
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.families import families
from leakwatch.corpus.known import KnownFile
from leakwatch.corpus.segment import IN_BACKGROUND, LOW_BITS, NO_CATEGORY, NONE, Segment, segment_of
from leakwatch.fingerprint.grams import Values
from leakwatch.fingerprint.minhash import PERMUTATIONS
from leakwatch.fingerprint.names import NameKind

POSTED_AT_LEAST = 24
"""Grams of each file in the inverted index; files with fewer post all."""
POSTED_SHARE = 0.4
"""An excerpt of 17 grams (40 words) meets none of them once in 6,000 times."""
_BUCKET_BITS = (6, 20)
_MANY = 0xFFFF


@dataclass(frozen=True, slots=True)
class _Grams:
    """Every distinct gram of every file, file after file."""

    values: Values
    files: NDArray[np.int64]
    offsets: NDArray[np.int64]
    groups: NDArray[np.int64]
    """Groups of known files that hold the gram."""
    background: NDArray[np.int64]
    """Background documents that hold it."""


def assemble(
    files: Sequence[KnownFile],
    background: BackgroundTable,
    *,
    policy: CommonPolicy,
    categories: Sequence[str],
) -> Segment:
    """Return the arrays of the files.

    Args:
        files: ordered by ``raw`` and distinct in it.
        background: gathered for these files.
        policy: what is common.
        categories: every category of the files.
    """
    family = families(files)
    tokens = sorted({f.subject for f in files if f.subject is not None})
    token_index = {token: index for index, token in enumerate(tokens)}
    subjects = np.array(
        [NONE if f.subject is None else token_index[f.subject] for f in files], dtype=np.uint32
    )
    groups = np.where(subjects != NONE, len(files) + subjects.astype(np.int64), family)
    _, groups = np.unique(groups, return_inverse=True)
    grams, shared = _counted(files, groups, background)
    raws = np.frombuffer(b"".join(f.raw for f in files), dtype=">u8").astype("<u8").reshape(-1, 2)
    known = len(files)
    arrays: dict[str, NDArray[Any]] = {
        "raw_keys": raws[:, 0].copy(),
        "raw_rests": raws[:, 1].copy(),
        "letters": np.array([f.letters for f in files], np.uint32),
        "sizes": np.array([f.masked_size for f in files], np.uint64),
        "flags": np.array([IN_BACKGROUND * background.holds(f) for f in files], np.uint8),
        "groups": groups.astype(np.uint32),
        "families": family,
        "subjects": subjects,
        "subject_tokens": np.array(tokens, np.uint64),
        "categories": _categories(files, categories),
        "signatures": np.array([f.signature for f in files], np.uint32).reshape(known, -1)
        if known
        else np.empty((0, PERMUTATIONS), np.uint32),
        "offsets": grams.offsets,
        "forward": (grams.values >> np.uint64(64 - LOW_BITS)).astype(np.uint32),
        **_weights(grams, known, _population(groups, background), policy),
        "background_peaks": np.zeros(known, np.float32),
        **_postings(grams, policy),
        **shared,
        **_texts(files),
        **_names(files),
    }
    return segment_of(arrays, where="new segment")


def population(segment: Segment, background: BackgroundTable) -> int:
    """Return what rarity is counted in: groups of known files and background documents."""
    return _population(segment.groups, background)


def _population(groups: NDArray[Any], background: BackgroundTable) -> int:
    return len(np.unique(groups)) + background.documents


def _categories(files: Sequence[KnownFile], categories: Sequence[str]) -> NDArray[Any]:
    place = {category: index for index, category in enumerate(categories)}
    return np.array(
        [NO_CATEGORY if f.category is None else place[f.category] for f in files], np.uint16
    )


def _counted(
    files: Sequence[KnownFile], groups: NDArray[np.int64], background: BackgroundTable
) -> tuple[_Grams, dict[str, NDArray[Any]]]:
    """Count each gram's groups and background documents; also the table of those shared."""
    lengths = np.array([len(f.values) for f in files], dtype=np.int64)
    values = np.concatenate([np.empty(0, np.uint64), *(f.values for f in files)])
    owners = np.repeat(np.arange(len(files)), lengths)
    distinct = background.values
    places = np.searchsorted(distinct, values)
    once = np.unique(places * (len(files) + 1) + groups[owners])
    in_groups = np.bincount(once // (len(files) + 1), minlength=len(distinct))
    table = (in_groups >= 2) | (background.counts >= 1)
    grams = _Grams(
        values=values,
        files=owners,
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        groups=in_groups[places],
        background=background.counts[places],
    )
    return grams, {
        "shared_values": distinct[table],
        "shared_groups": np.minimum(in_groups[table], _MANY).astype(np.uint16),
        "shared_background": np.minimum(background.counts[table], _MANY).astype(np.uint16),
    }


def _weights(
    grams: _Grams, files: int, population: int, policy: CommonPolicy
) -> dict[str, NDArray[Any]]:
    groups = np.minimum(grams.groups, _MANY)
    background = np.minimum(grams.background, _MANY)
    live = live_weights(groups, background, policy)
    rarity = rarities(groups, background, population)
    return {
        "weights_live": np.bincount(grams.files, live, minlength=files).astype(np.float32),
        "weights_all": np.bincount(grams.files, rarity, minlength=files).astype(np.float32),
    }


def live_weights(
    groups: NDArray[np.integer], background: NDArray[np.integer], policy: CommonPolicy
) -> NDArray[np.float64]:
    """Return what a hit on each gram counts: ``groups ** -1/2``, and 0 where it is common."""
    common = (groups > policy.groups_over) | (background >= policy.background_from)
    return np.where(common, 0.0, 1.0 / np.sqrt(np.maximum(groups, 1)))


def rarities(
    groups: NDArray[np.integer], background: NDArray[np.integer], population: int
) -> NDArray[np.float64]:
    """Return the rarity of each gram: ``log((population + 1) / (groups + background))``.

    Args:
        groups: groups of known files that hold it.
        background: background documents that hold it.
        population: groups and background documents in all.
    """
    holders = np.maximum(groups.astype(np.float64) + background, 1.0)
    return np.log((population + 1.0) / np.minimum(holders, population + 0.5))


def _postings(grams: _Grams, policy: CommonPolicy) -> dict[str, NDArray[Any]]:
    holders = grams.groups + grams.background
    is_live = live_weights(grams.groups, grams.background, policy) > 0
    # Live grams evenly, so that no passage goes without; then the rarest of the common.
    # The low bits choose: the high ones choose the bucket, which would fill unevenly.
    order = np.lexsort(
        (grams.values & np.uint64(0xFFFFFFFF), np.where(is_live, 0, holders), grams.files)
    )
    lengths = np.diff(grams.offsets)
    quota = np.maximum(POSTED_AT_LEAST, np.ceil(POSTED_SHARE * lengths)).astype(np.int64)
    nth = np.arange(len(order)) - grams.offsets[grams.files[order]]
    posted = order[nth < quota[grams.files[order]]] if len(order) else order
    values, owners = grams.values[posted], grams.files[posted]
    low, high = _BUCKET_BITS
    bits = min(max(len(posted).bit_length() - 1, low), high)
    by_value = np.lexsort((owners, values))
    values, owners = values[by_value], owners[by_value]
    buckets = (values >> np.uint64(64 - bits)).astype(np.int64)
    counts = np.bincount(buckets, minlength=1 << bits)
    lows = (values >> np.uint64(64 - bits - LOW_BITS)) & np.uint64(0xFFFFFFFF)
    return {
        "posting_offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
        "posting_lows": lows.astype(np.uint32),
        "posting_files": owners.astype(np.uint32),
    }


def _texts(files: Sequence[KnownFile]) -> dict[str, NDArray[Any]]:
    rows = sorted((f.text, index) for index, f in enumerate(files) if f.text is not None)
    digests = np.frombuffer(b"".join(text for text, _ in rows), dtype=">u8").astype("<u8")
    halves = digests.reshape(-1, 2)
    return {
        "text_keys": halves[:, 0].copy(),
        "text_rests": halves[:, 1].copy(),
        "text_files": np.array([index for _, index in rows], dtype=np.uint32),
    }


def _names(files: Sequence[KnownFile]) -> dict[str, NDArray[Any]]:
    rows: dict[NameKind, list[tuple[int, int]]] = {kind: [] for kind in NameKind}
    for index, file in enumerate(files):
        for kind, number in file.names:
            rows[kind].append((number, index))
    arrays: dict[str, NDArray[Any]] = {}
    for kind, pairs in rows.items():
        pairs.sort()
        arrays[f"{kind}_keys"] = np.array([number for number, _ in pairs], dtype=np.uint64)
        arrays[f"{kind}_files"] = np.array([index for _, index in pairs], dtype=np.uint32)
    return arrays
