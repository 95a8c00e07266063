"""The background: documents that were not stolen, and so what identifies nobody.

Blank forms belong in it: without them a blank form matches the only filled-in
copy that is known. A bundle keeps of it, below ``background/``,

    tops u4[] ascending, counts u2[]   grams, and how many documents hold each; from
                                       2,000 documents on only those in two or more
    raw_keys u8[], text_keys u8[]      ascending: halves of the documents' keyed digests
    names u8[]                         ascending: keyed numbers of their base names
    sample_letters u4[n], sample_text_keys u8[n], sample_offsets i8[n+1],
    sample_tops u4[], sample_positions u4[]
                                       at most 4,000 documents whole, for calibration: those
                                       of the first raw_keys

    image_hashes u8[n,4], image_quarters u8[n,16]   their pictures, keyed, each once
    image_blank u8[]                   four words that a blank quarter is kept as, where
                                       pictures were asked for; else empty

so that files can be added later without the documents themselves. The sample
is those of the lowest keyed digest: chance, but the same chance every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.arrays import ArrayFolder
from leakwatch.corpus.columns import Columns, Indices, expand, ranges
from leakwatch.corpus.partitions import Partitions, distinct
from leakwatch.corpus.segment import I8, U2, U4, U8
from leakwatch.errors import CorpusCorrupt
from leakwatch.fingerprint.image import QUARTERS, WORDS, PictureHashes, Words
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.model.fingerprint import FingerprintParams

SAMPLE_DOCUMENTS = 4000
TYPES = {
    "tops": "<u4", "counts": "<u2", "raw_keys": "<u8", "text_keys": "<u8",
    "names": "<u8",
    "sample_letters": "<u4", "sample_offsets": "<i8", "sample_tops": "<u4",
    "sample_positions": "<u4", "sample_text_keys": "<u8",
    "image_hashes": "<u8", "image_quarters": "<u8", "image_blank": "<u8",
}  # fmt: skip
_WIDTHS = {"image_hashes": WORDS, "image_quarters": QUARTERS * WORDS}
_MANY = 0xFFFF


@dataclass(frozen=True)
class Documents:
    """Sketches of documents, grams in order of position."""

    letters: U4
    starts: I8
    counts: I8
    tops: U4 = field(repr=False)
    positions: U4 = field(repr=False)

    def __len__(self) -> int:
        return len(self.letters)

    def sketch(self, document: int, params: FingerprintParams) -> Sketch:
        """Return one as a sketch; its values keep their highest 32 bits alone."""
        start = int(self.starts[document])
        part = slice(start, start + int(self.counts[document]))
        return Sketch(
            params,
            int(self.letters[document]),
            self.tops[part].astype(np.uint64) << np.uint64(32),
            self.positions[part].astype(np.int64),
        )

    def distinct(self, document: int) -> U4:
        """Return the grams of one, ascending, each once."""
        start = int(self.starts[document])
        return np.unique(self.tops[start : start + int(self.counts[document])])

    def of(self, documents: Indices) -> Documents:
        """Return some of them, where they are."""
        return Documents(
            self.letters[documents],
            self.starts[documents],
            self.counts[documents],
            self.tops,
            self.positions,
        )

    def packed(self) -> Documents:
        """Return them with their grams in arrays of their own."""
        places = expand(self.starts, self.counts)
        ends = np.cumsum(self.counts)
        return Documents(
            self.letters, ends - self.counts, self.counts, self.tops[places], self.positions[places]
        )


@dataclass(frozen=True)
class Background:
    """What a bundle keeps of the documents that were not stolen."""

    documents: int
    tops: U4 = field(repr=False)
    counts: U2 = field(repr=False)
    raw_keys: U8 = field(repr=False)
    text_keys: U8 = field(repr=False)
    names: U8 = field(repr=False)
    sample: Documents = field(repr=False)
    sample_text_keys: U8 = field(repr=False)
    """Of each document of the sample; nought where there is none."""
    pictures: PictureHashes
    blank_quarter: Words = field(repr=False)
    """What a blank quarter is kept as; empty where pictures were not asked for."""

    @property
    def is_whole(self) -> bool:
        """Tell whether the sample is all of it."""
        return len(self.sample) == self.documents

    def counted(self, tops: NDArray[np.uint32]) -> Indices:
        """Return how many documents hold each gram; ascending grams are faster."""
        counts = np.zeros(len(tops), np.int64)
        if len(self.tops) and len(tops):
            places = np.minimum(np.searchsorted(self.tops, tops), len(self.tops) - 1)
            found = self.tops[places] == tops
            counts[found] = self.counts[places[found]]
        return counts

    def holds(self, columns: Columns) -> NDArray[np.bool_]:
        """Tell for each file whether the same bytes or the same text lie in it."""
        has_text = columns.text.any(axis=1)
        same_text = has_text & np.isin(columns.text[:, 0], self.text_keys)
        return np.isin(columns.raw[:, 0], self.raw_keys) | same_text


def background_of(arrays: Mapping[str, NDArray[Any]], documents: int, *, where: str) -> Background:
    """Return the background after checking that its arrays fit one another.

    Raises:
        CorpusCorrupt: an array is missing, or has a wrong type or length.
    """
    for name, dtype in TYPES.items():
        array = arrays.get(name)
        if array is None:
            raise CorpusCorrupt(f"{where}: {name}.npy is missing")
        if array.dtype != np.dtype(dtype) or array.shape[1:] != _shape(name):
            raise CorpusCorrupt(f"{where}: {name}.npy has another type than expected")
    offsets = arrays["sample_offsets"]
    fits = (
        len(arrays["tops"]) == len(arrays["counts"])
        and len(offsets) == len(arrays["sample_letters"]) + 1
        and int(offsets[-1]) == len(arrays["sample_tops"]) == len(arrays["sample_positions"])
        and len(arrays["sample_text_keys"]) == len(arrays["sample_letters"])
        and len(arrays["sample_letters"]) <= documents == len(arrays["raw_keys"])
        and len(arrays["image_hashes"]) == len(arrays["image_quarters"])
        and len(arrays["image_blank"]) in {0, WORDS}
    )
    if not fits:
        raise CorpusCorrupt(f"{where}: its arrays do not fit one another")
    return Background(
        documents=documents,
        tops=arrays["tops"],
        counts=arrays["counts"],
        raw_keys=arrays["raw_keys"],
        text_keys=arrays["text_keys"],
        names=arrays["names"],
        sample=Documents(
            arrays["sample_letters"],
            offsets[:-1],
            np.diff(offsets),
            arrays["sample_tops"],
            arrays["sample_positions"],
        ),
        sample_text_keys=arrays["sample_text_keys"],
        pictures=PictureHashes(arrays["image_hashes"], arrays["image_quarters"]),
        blank_quarter=arrays["image_blank"],
    )


def _shape(name: str) -> tuple[int, ...]:
    return (_WIDTHS[name],) if name in _WIDTHS else ()


@dataclass(frozen=True, slots=True)
class Strangers:
    """Documents that were not stolen, as they were read: each once, by raw digest."""

    raw: NDArray[np.uint64] = field(repr=False)
    """u8[n,2]"""
    text: NDArray[np.uint64] = field(repr=False)
    """u8[n,2]; nought where there is none."""
    documents: Documents
    names: NDArray[np.uint64] = field(repr=False)
    """Numbers of their base names, ascending, each once."""
    pictures: PictureHashes


def write_background(
    strangers: Strangers,
    *,
    blank_quarter: Words,
    keep_from: int,
    out: ArrayFolder,
    work: Path,
) -> Background:
    """Write the arrays of a background; return it opened.

    Args:
        strangers: what was read.
        blank_quarter: what a blank quarter is kept as; empty where pictures were not asked for.
        keep_from: documents that a gram must be in to be kept.
        out: where the arrays go.
        work: a folder for what is sorted in between.
    """
    raw, text, documents = strangers.raw, strangers.text, strangers.documents
    parts = Partitions(work / "background", expected=int(documents.counts.sum()))
    for start, after in ranges(documents.counts):
        rows = np.arange(start, after)
        chunk = documents.of(rows)
        tops = documents.tops[expand(chunk.starts, chunk.counts)].astype(np.uint64)
        parts.add(tops << np.uint64(32) | np.repeat(rows, chunk.counts).astype(np.uint64))
    with out.stream("tops", "<u4") as tops_out, out.stream("counts", "<u2") as counts_out:
        for keys in parts.ascending():
            held, counts = distinct(keys)
            kept = counts >= keep_from
            tops_out.append(held[kept])
            counts_out.append(np.minimum(counts[kept], _MANY))
    out.put("raw_keys", raw[:, 0])
    out.put("text_keys", np.unique(text[text.any(axis=1), 0]))
    out.put("names", strangers.names)
    sample = documents.of(np.arange(min(len(documents), SAMPLE_DOCUMENTS))).packed()
    out.put("sample_text_keys", text[: len(sample), 0])
    out.put("sample_letters", sample.letters.astype("<u4"))
    out.put("sample_offsets", np.append(sample.starts, sample.counts.sum()).astype("<i8"))
    out.put("sample_tops", sample.tops)
    out.put("sample_positions", sample.positions)
    pictures = strangers.pictures.once()
    out.put("image_hashes", pictures.whole)
    out.put("image_quarters", pictures.quarters)
    out.put("image_blank", blank_quarter)
    arrays = {name: out.get(name) for name in TYPES}
    return background_of(arrays, len(documents), where="new background")
