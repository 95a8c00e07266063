"""Pictures as bytes, to be kept with what was seen: 1,280 a picture.

    mark u2, then for each picture its 8 orientations: whole u8[4], quarters u8[16]

All little-endian, and keyed. The mark tells them from a sketch (``compact.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint.image import QUARTERS, WORDS, PictureHashes
from leakwatch.model.picture import ORIENTATIONS

_MARK = b"P\x01"
_ROW_WORDS = WORDS + QUARTERS * WORDS
_PICTURE_BYTES = 8 * ORIENTATIONS * _ROW_WORDS


def compact_pictures(pictures: Sequence[PictureHashes]) -> bytes:
    """Return the bytes that ``expand_pictures`` makes the pictures of again.

    Args:
        pictures: each in every orientation (``PictureHasher.turned``).
    """
    rows = [np.concatenate([p.whole, p.quarters], axis=1).astype("<u8") for p in pictures]
    return _MARK + b"".join(r.tobytes() for r in rows)


def holds_pictures(data: bytes) -> bool:
    """Tell pictures from a sketch."""
    return data.startswith(_MARK)


def expand_pictures(data: bytes) -> list[PictureHashes]:
    """Return the pictures that ``compact_pictures`` was given.

    Raises:
        FingerprintError: the bytes are no such thing.
    """
    body = data[len(_MARK) :]
    if not holds_pictures(data) or len(body) % _PICTURE_BYTES:
        raise FingerprintError("these are no kept pictures")
    rows = np.frombuffer(body, "<u8").astype(np.uint64).reshape(-1, ORIENTATIONS, _ROW_WORDS)
    return [PictureHashes(p[:, :WORDS], p[:, WORDS:]) for p in rows]
