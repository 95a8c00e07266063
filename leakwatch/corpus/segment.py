"""A segment: the arrays that hold some known files, ready for mmap.

    files, in ascending order of their keyed raw digest; F of them
      raw_keys      u8[F]     first half of the digest      raw_rests  u8[F]  second half
      letters       u4[F]     length of the normalised text
      sizes         u8[F]     size in bytes, masked (``fingerprint/sizes.py``)
      flags         u1[F]     bit 0: also in the background
      groups        u4[F]     what document frequency is counted in: a subject, else a family
      families      u4[F]     first member of the file's family of near-duplicates
      subjects      u4[F]     index into subject_tokens (u8), or NONE
      categories    u2[F]     index into the manifest's categories, or NO_CATEGORY
      signatures    u4[F,64]  MinHash
      weights_live  f4[F]     sum over distinct grams that are not common of groups ** -1/2
      weights_all   f4[F]     sum over all distinct grams of their rarity
      background_peaks f4[F]  how complete the file is in the nearest background document
      background_compared u2[F] background documents it was compared with for that
    forward sketches: every kept gram of a file, common ones too
      offsets       i8[F+1]   file f has forward[offsets[f]:offsets[f+1]]
      forward       u4[]      top 32 bits of each distinct value, ascending within the file
    inverted index over some of each file's grams (``index.py`` of match/ reads it)
      posting_offsets u4[2**b+1]  by the top b bits of a gram
      posting_lows    u2[]    the bits below them, ascending within a bucket; u4[] where b < 16
      posting_files   u4[]
    grams of these files that two groups or more hold, or the background too
      shared_offsets u4[2**b+1]  by the top b bits of a gram
      shared_values u4[]      ascending     shared_groups u2[]  shared_background u2[]
    pictures, where they were asked for; I of them (``fingerprint/image.py``)
      image_files   u4[I]     the file each lies in
      image_hashes  u8[I,4]   image_quarters u8[I,16]   keyed
      image_flags   u1[I]     ``picture_families.py``: identifies nobody unless 0
    tables of (keyed number, file), ascending by number: text (with text_rests), size_crc,
    pieces_root, tail_size, name_size, name: ``X_keys`` u8[], ``X_files`` u4[]

A gram is the top 32 bits of its 64-bit keyed value throughout. Among 84 million grams a foreign
one meets some file's by chance in 1 of 50 cases, which no score is reached by.

All little-endian. A bundle may hold further arrays: readers ignore what they do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.errors import CorpusCorrupt
from leakwatch.fingerprint.image import QUARTERS, WORDS
from leakwatch.fingerprint.minhash import PERMUTATIONS
from leakwatch.fingerprint.names import NameKind

NONE = 0xFFFFFFFF
NO_CATEGORY = 0xFFFF
IN_BACKGROUND = 1
GRAM_BITS = 32
"""Bits kept of a value: the highest ones."""
_BUCKET_BITS = (6, 20)

U8 = NDArray[np.uint64]
U4 = NDArray[np.uint32]
U2 = NDArray[np.uint16]
U1 = NDArray[np.uint8]
F4 = NDArray[np.float32]
I8 = NDArray[np.int64]

_DTYPES = {"U8": "<u8", "U4": "<u4", "U2": "<u2", "U1": "|u1", "F4": "<f4", "I8": "<i8"}
_WIDTHS = {
    "signatures": PERMUTATIONS,
    "image_hashes": WORDS,
    "image_quarters": QUARTERS * WORDS,
}
"""Arrays of rows, and how long a row is."""
_PER_FILE = (
    "raw_keys", "raw_rests", "letters", "sizes", "flags", "groups", "families", "subjects",
    "categories", "signatures", "weights_live", "weights_all", "background_peaks",
    "background_compared",
)  # fmt: skip
_TWINS = (
    ("forward", "forward"),
    ("text_keys", "text_rests"),
    ("text_keys", "text_files"),
    ("posting_lows", "posting_files"),
    ("shared_values", "shared_groups"),
    ("shared_values", "shared_background"),
    ("image_files", "image_hashes"),
    ("image_files", "image_quarters"),
    ("image_files", "image_flags"),
    *((f"{kind}_keys", f"{kind}_files") for kind in NameKind),
)


@dataclass(frozen=True, repr=False, kw_only=True)
class Segment:
    """The arrays of one segment; the module docstring says what each holds."""

    raw_keys: U8
    raw_rests: U8
    letters: U4
    sizes: U8
    flags: U1
    groups: U4
    families: U4
    subjects: U4
    categories: U2
    signatures: U4
    weights_live: F4
    weights_all: F4
    background_peaks: F4
    background_compared: U2
    offsets: I8
    forward: U4
    subject_tokens: U8
    posting_offsets: U4
    posting_lows: U2 | U4
    posting_files: U4
    shared_offsets: U4
    shared_values: U4
    shared_groups: U2
    shared_background: U2
    image_files: U4
    image_hashes: U8
    image_quarters: U8
    image_flags: U1
    text_keys: U8
    text_rests: U8
    text_files: U4
    size_crc_keys: U8
    size_crc_files: U4
    pieces_root_keys: U8
    pieces_root_files: U4
    tail_size_keys: U8
    tail_size_files: U4
    name_size_keys: U8
    name_size_files: U4
    name_keys: U8
    name_files: U4

    def __len__(self) -> int:
        return len(self.raw_keys)

    def table(self, kind: NameKind) -> tuple[U8, U4]:
        """Return the table of one kind of listing digest: numbers and files."""
        return getattr(self, f"{kind}_keys"), getattr(self, f"{kind}_files")

    def raw(self, file: int) -> bytes:
        """Return the keyed raw digest of a file."""
        return int(self.raw_keys[file]).to_bytes(8, "big") + int(self.raw_rests[file]).to_bytes(
            8, "big"
        )

    def sketch(self, file: int) -> U4:
        """Return the forward sketch of a file: ascending, top 32 bits of each value."""
        return self.forward[self.offsets[file] : self.offsets[file + 1]]


def bucket_bits(entries: int) -> int:
    """Return by how many top bits a table of so many entries is looked up."""
    low, high = _BUCKET_BITS
    return min(max(entries.bit_length() - 1, low), high)


def bits_of(offsets: U4) -> int:
    """Return by how many top bits a table with these offsets is looked up."""
    return (len(offsets) - 1).bit_length() - 1


def lows_type(bits: int) -> str:
    """Return the type of what is left of a gram below its bucket."""
    return "<u2" if GRAM_BITS - bits <= 16 else "<u4"


def array_names() -> tuple[str, ...]:
    """Return the names of a segment's arrays, in order."""
    return tuple(f.name for f in fields(Segment))


def segment_of(arrays: Mapping[str, NDArray[Any]], *, where: str) -> Segment:
    """Return the segment after checking that its arrays fit one another.

    Raises:
        CorpusCorrupt: an array is missing, or has a wrong type or length.
    """
    for f in fields(Segment):
        array = arrays.get(f.name)
        if array is None:
            raise CorpusCorrupt(f"{where}: {f.name}.npy is missing")
        wanted = 2 if f.name in _WIDTHS else 1
        types = [np.dtype(_DTYPES[name]) for name in str(f.type).split(" | ")]
        if array.dtype not in types or array.ndim != wanted:
            raise CorpusCorrupt(f"{where}: {f.name}.npy has another type than expected")
    segment = Segment(**{name: arrays[name] for name in array_names()})
    _check_lengths(segment, where)
    return segment


def _check_lengths(segment: Segment, where: str) -> None:
    size = {name: len(getattr(segment, name)) for name in array_names()}
    tables = (("posting_offsets", "posting_lows"), ("shared_offsets", "shared_values"))
    fits = (
        all(size[name] == len(segment) for name in _PER_FILE)
        and all(getattr(segment, name).shape[1] == width for name, width in _WIDTHS.items())
        and all(size[one] == size[other] for one, other in _TWINS)
        and size["offsets"] == len(segment) + 1
        and int(segment.offsets[-1]) == size["forward"]
        and all(
            size[offsets] > 1
            and (size[offsets] - 1) & (size[offsets] - 2) == 0
            and int(getattr(segment, offsets)[-1]) == size[entries]
            for offsets, entries in tables
        )
        and segment.posting_lows.dtype == np.dtype(lows_type(bits_of(segment.posting_offsets)))
    )
    if not fits:
        raise CorpusCorrupt(f"{where}: its arrays do not fit one another")


def saturated(counts: NDArray[np.integer]) -> U2:
    """Return counts as they are stored: at most 65,535."""
    stored: U2 = np.minimum(counts, 0xFFFF).astype(np.uint16)
    return stored
