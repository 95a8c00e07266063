"""Segments of known files and background documents that a test has at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leakwatch.corpus.arrange import merged, with_forward
from leakwatch.corpus.arrays import ArrayFolder
from leakwatch.corpus.assemble import assemble
from leakwatch.corpus.background import Background, Documents, Strangers, write_background
from leakwatch.corpus.bundle import segment_in
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.columns import KINDS, Columns, Grams, Names
from leakwatch.corpus.digests import as_digests, once
from leakwatch.corpus.known import KnownFile, RawText
from leakwatch.corpus.segment import NO_CATEGORY, Segment, saturated
from leakwatch.fingerprint.image import PictureHashes
from leakwatch.fingerprint.minhash import PERMUTATIONS
from leakwatch.fingerprint.sketch import Sketch


@dataclass(frozen=True)
class Made:
    """A segment with all it was made of."""

    segment: Segment
    population: int
    columns: Columns
    background: Background
    documents: Documents


def made(
    files: Sequence[KnownFile],
    background: Sequence[tuple[RawText, Sketch]] = (),
    *,
    policy: CommonPolicy,
) -> Made:
    """Return the segment of some files, copies merged, without peaks."""
    with tempfile.TemporaryDirectory() as home:
        work, out = Path(home), ArrayFolder(Path(home) / "segment")
        raw = as_digests(b"".join(digests.raw for digests, _ in background))
        rows = once(raw)
        text = as_digests(b"".join(d.text or bytes(16) for d, _ in background))
        documents = documents_of([background[n][1] for n in rows.tolist()])
        kept = write_background(
            Strangers(
                raw[rows],
                text[rows],
                documents,
                names=np.empty(0, np.uint64),
                pictures=PictureHashes.joined([]),
            ),
            blank_quarter=np.empty(0, np.uint64),
            keep_from=policy.background_from,
            out=ArrayFolder(work / "background-arrays"),
            work=work,
        )
        columns = with_forward(merged(columns_of(files)), out)
        done = assemble(columns, kept, first=0, policy=policy, out=out, work=work)
        peaks = np.zeros(len(columns), np.float32)
        segment = segment_in(
            out.path,
            background_peaks=peaks,
            background_compared=saturated(np.zeros(len(columns), np.int64)),
        )
        return Made(segment, done.population, columns, kept, documents)


def columns_of(files: Sequence[KnownFile]) -> Columns:
    """Return known files as columns, in the order given."""
    tops = [np.unique(f.values >> np.uint64(32)).astype(np.uint32) for f in files]
    counts = np.array([len(t) for t in tops], np.int64)
    categories = sorted({f.category for f in files if f.category is not None})
    names = [(row, kind, number) for row, f in enumerate(files) for kind, number in f.names]
    return Columns(
        raw=as_digests(b"".join(f.raw for f in files)),
        text=as_digests(b"".join(f.text or bytes(16) for f in files)),
        letters=np.array([f.letters for f in files], np.uint32),
        sizes=np.array([f.masked_size for f in files], np.uint64),
        subjects=np.array([f.subject or 0 for f in files], np.uint64),
        categories=np.array(
            [NO_CATEGORY if f.category is None else categories.index(f.category) for f in files],
            np.uint16,
        ),
        category_names=tuple(categories),
        signatures=np.array([f.signature for f in files], np.uint32).reshape(-1, PERMUTATIONS),
        grams=Grams(
            (np.concatenate([np.empty(0, np.uint32), *tops]),),
            np.zeros(len(files), np.uint16),
            np.cumsum(counts) - counts,
            counts,
        ),
        names=Names(
            np.array([KINDS.index(kind) for _, kind, _ in names], np.uint8),
            np.array([number for _, _, number in names], np.uint64),
            np.array([row for row, _, _ in names], np.int64),
        ),
        peaks=np.zeros(len(files), np.float32),
        compared=np.zeros(len(files), np.uint16),
    )


def documents_of(sketches: Sequence[Sketch]) -> Documents:
    """Return sketches as documents of the background, in the order given."""
    counts = np.array([len(s.values) for s in sketches], np.int64)
    tops = [(s.values >> np.uint64(32)).astype(np.uint32) for s in sketches]
    positions = [s.positions.astype(np.uint32) for s in sketches]
    return Documents(
        np.array([s.letters for s in sketches], np.uint32),
        np.cumsum(counts) - counts,
        counts,
        np.concatenate([np.empty(0, np.uint32), *tops]),
        np.concatenate([np.empty(0, np.uint32), *positions]),
    )
