"""Known files, in order, and the background -> the arrays of one segment (``segment.py``).

Nothing here is of the size of all grams: they are taken by the chunk, and what
must be sorted goes through files (``partitions.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus import frequency
from leakwatch.corpus.arrays import ArrayFolder
from leakwatch.corpus.background import Background
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.columns import KINDS, Columns, Indices
from leakwatch.corpus.families import families, versions
from leakwatch.corpus.frequency import Frequencies
from leakwatch.corpus.partitions import Partitions
from leakwatch.corpus.picture_rows import picture_arrays
from leakwatch.corpus.segment import GRAM_BITS, IN_BACKGROUND, NONE, bucket_bits, lows_type

POSTED_AT_LEAST = 24
"""Grams of each file in the inverted index; files with fewer post all."""
POSTED_SHARE = 0.4
"""An excerpt of 17 grams (40 words) meets none of them once in 6,000 times."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """What a segment's arrays came to."""

    population: int
    """Groups of known files and background documents: what rarity is counted in."""
    in_background: int
    """Files of it that lie in the background too."""
    families: int
    """Families of near-duplicates among its files."""


def assemble(
    columns: Columns,
    background: Background,
    *,
    first: int,
    policy: CommonPolicy,
    out: ArrayFolder,
    work: Path,
) -> Assembled:
    """Write every array of a segment but ``forward``, ``offsets`` and ``background_peaks``.

    Args:
        columns: every known file; those of the segment last, in its order.
        background: documents that were not stolen.
        first: row of the segment's first file; rows before it are counted, not written.
        policy: what is common.
        out: where the arrays go.
        work: a folder for what is sorted in between.
    """
    family = families(columns.text, columns.signatures, columns.grams)
    groups = _groups(columns, versions(family, columns.text))
    population = len(np.unique(groups)) + background.documents
    shared = frequency.count(columns, groups, background, first=first, out=out, work=work)
    out.put("shared_offsets", _offsets(shared.tops, bucket_bits(len(shared.tops))))
    mine = columns.of(np.arange(first, len(columns))) if first else columns
    chosen = _Chosen(mine, out, work)
    live, every = np.zeros(len(mine), np.float32), np.zeros(len(mine), np.float32)
    for rows in mine.grams.chunks():
        chunk = _chunk(mine, rows, shared, policy)
        owners = chunk.files - rows[0]
        rarity = rarities(chunk.groups, chunk.background, population)
        live[rows] = np.bincount(owners, chunk.live, minlength=len(rows))
        every[rows] = np.bincount(owners, rarity, minlength=len(rows))
        chosen.add(chunk)
    chosen.write()
    flags = IN_BACKGROUND * background.holds(mine).astype(np.uint8)
    arrays: dict[str, NDArray[Any]] = {
        "flags": flags,
        "families": _local(family[first:]),
        "groups": np.unique(groups[first:], return_inverse=True)[1].astype(np.uint32),
        "weights_live": live,
        "weights_all": every,
        **_per_file(mine),
        **_texts(mine),
        **_names(mine),
        **picture_arrays(
            columns.pictures,
            groups,
            background.pictures,
            blank_quarter=background.blank_quarter,
            first=first,
        ),
    }
    for name, array in arrays.items():
        out.put(name, array)
    return Assembled(population, int(flags.sum()), len(np.unique(family[first:])))


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


def drawn(tops: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return a number for each gram by whose order some are chosen.

    Not the gram itself: the lowest grams of every file would lie in the same
    buckets. Shift and multiply spread them (the finaliser of MurmurHash3).
    """
    mixed = (tops ^ (tops >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    spread: NDArray[np.uint32] = mixed ^ (mixed >> np.uint32(16))
    return spread


def _groups(columns: Columns, family: NDArray[np.uint32]) -> Indices:
    """Return what document frequency is counted in: a row's subject, else its family of versions."""
    labelled = columns.subjects != 0
    _, subjects = np.unique(columns.subjects, return_inverse=True)
    groups = np.where(labelled, len(columns) + subjects, family.astype(np.int64))
    _, numbered = np.unique(groups, return_inverse=True)
    return numbered.astype(np.int64)


def _local(labels: NDArray[Any]) -> NDArray[np.uint32]:
    """Return labels as the segment's own: the first file that has the same one."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return first[inverse].astype(np.uint32)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The grams of some files, with what is known of each."""

    files: Indices
    tops: NDArray[np.uint32]
    groups: Indices
    background: Indices
    live: NDArray[np.float64]


def _chunk(columns: Columns, rows: Indices, shared: Frequencies, policy: CommonPolicy) -> _Chunk:
    tops = columns.grams.take(rows)
    groups, background = shared.of(tops)
    files = np.repeat(rows, columns.grams.counts[rows])
    return _Chunk(files, tops, groups, background, live_weights(groups, background, policy))


class _Chosen:
    """The postings: of each file's grams those that bring it into question."""

    def __init__(self, columns: Columns, out: ArrayFolder, work: Path) -> None:
        self._counts = columns.grams.counts
        wanted = np.maximum(POSTED_AT_LEAST, np.ceil(POSTED_SHARE * self._counts))
        self._quota = np.minimum(wanted.astype(np.int64), self._counts)
        self._total = int(self._quota.sum())
        self._out = out
        self._parts = Partitions(work / "postings", expected=self._total)

    def add(self, chunk: _Chunk) -> None:
        """Choose among the grams of some files.

        Live grams evenly, so that no passage goes without; then the rarest of the common.
        """
        holders = chunk.groups + chunk.background
        rank = np.where(chunk.live > 0, 0, holders).astype(np.uint64)
        order = np.argsort(rank << np.uint64(32) | drawn(chunk.tops))
        order = order[_by_file(chunk.files[order])]
        files = chunk.files[order]
        begins = np.append(True, files[1:] != files[:-1])[: len(files)]
        firsts = np.maximum.accumulate(np.where(begins, np.arange(len(files)), 0))
        posted = order[np.arange(len(files)) - firsts < self._quota[files]]
        tops, owners = chunk.tops[posted].astype(np.uint64), chunk.files[posted]
        self._parts.add(tops << np.uint64(32) | owners.astype(np.uint64))

    def write(self) -> None:
        """Write the inverted index."""
        bits = bucket_bits(self._total)
        mask = np.uint32((1 << (GRAM_BITS - bits)) - 1)
        sizes = np.zeros(1 << bits, np.int64)
        with (
            self._out.stream("posting_lows", lows_type(bits)) as lows,
            self._out.stream("posting_files", "<u4") as files,
        ):
            for keys in self._parts.ascending():
                tops = (keys >> np.uint64(32)).astype(np.uint32)
                lows.append(tops & mask)
                files.append(keys.astype(np.uint32))
                sizes += np.bincount(tops >> np.uint32(GRAM_BITS - bits), minlength=len(sizes))
        self._out.put("posting_offsets", np.append(0, np.cumsum(sizes)).astype(np.uint32))


def _by_file(files: Indices) -> Indices:
    """Return the stable order by file; of few enough, small numbers are sorted by radix."""
    local = files - files.min() if len(files) else files
    small = local.astype(np.uint16) if local.max(initial=0) < 1 << 16 else local
    return np.argsort(small, kind="stable")


def _offsets(tops: NDArray[np.uint32], bits: int) -> NDArray[np.uint32]:
    """Return where in ascending grams each bucket of their top bits begins, and the end."""
    borders = np.arange(1 << bits, dtype=np.uint64) << np.uint64(GRAM_BITS - bits)
    starts = np.searchsorted(tops, borders.astype(np.uint32))
    return np.append(starts, len(tops)).astype(np.uint32)


def _per_file(columns: Columns) -> dict[str, NDArray[Any]]:
    labelled = columns.subjects != 0
    tokens = np.unique(columns.subjects[labelled])
    places = np.searchsorted(tokens, columns.subjects)
    return {
        "raw_keys": columns.raw[:, 0],
        "raw_rests": columns.raw[:, 1],
        "letters": columns.letters.astype(np.uint32),
        "sizes": columns.sizes,
        "subjects": np.where(labelled, places, NONE).astype(np.uint32),
        "subject_tokens": tokens.astype(np.uint64),
        "categories": columns.categories,
        "signatures": columns.signatures,
    }


def _texts(columns: Columns) -> dict[str, NDArray[Any]]:
    files = np.flatnonzero(columns.text.any(axis=1))
    text = columns.text[files]
    order = np.lexsort((files, text[:, 1], text[:, 0]))
    return {
        "text_keys": text[order, 0],
        "text_rests": text[order, 1],
        "text_files": files[order].astype(np.uint32),
    }


def _names(columns: Columns) -> dict[str, NDArray[Any]]:
    return {name: array for table in _tables(columns) for name, array in table}


def _tables(columns: Columns) -> Iterator[list[tuple[str, NDArray[Any]]]]:
    names = columns.names
    for number, kind in enumerate(KINDS):
        of = names.kinds == number
        rows = np.stack([names.numbers[of], names.rows[of].astype(np.uint64)], axis=1)
        rows = np.unique(rows, axis=0)
        yield [
            (f"{kind}_keys", rows[:, 0].astype(np.uint64)),
            (f"{kind}_files", rows[:, 1].astype(np.uint32)),
        ]
