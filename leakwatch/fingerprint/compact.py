"""A sketch as few bytes, to be kept with what was seen: about 0.43 a letter.

    version u1, packed u1, letters u8, grams u4, far u4     little-endian
    tops    u4[grams]    top 32 bits of each value, in order of position
    steps   u1[grams]    from the gram before it; 255 where it is farther
    far     u4[far]      the steps that are farther

The low half of a value is not kept: a corpus compares by the top half. Where
grams repeat, all behind the head is deflated; random numbers do not shrink.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint.grams import K
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.model.fingerprint import FingerprintParams

LETTERS_KEPT = 64_000_000
"""Letters of one text whose grams are kept (27 MB); what lies behind them is left out,
and ``is_cut`` says so. The largest page or linked file fetched by default is as long."""
_VERSION = 1
_HEAD = struct.Struct("<BBQII")
_FAR = 255
_REPEATING = 0.9
"""Share of different grams below which deflating is tried."""


def compact(sketch: Sketch) -> bytes:
    """Return the bytes that ``expand`` makes the sketch of again."""
    kept = int(np.searchsorted(sketch.positions, LETTERS_KEPT - K, "right"))
    tops = (sketch.values[:kept] >> np.uint64(32)).astype("<u4")
    steps = np.diff(sketch.positions[:kept], prepend=np.int64(0))
    far = steps[steps >= _FAR].astype("<u4")
    near = np.minimum(steps, _FAR).astype(np.uint8)
    body = tops.tobytes() + near.tobytes() + far.tobytes()
    is_repeating = len(np.unique(tops)) < _REPEATING * kept
    if is_repeating:
        body = zlib.compress(body, 6)
    return _HEAD.pack(_VERSION, is_repeating, sketch.letters, kept, len(far)) + body


def expand(data: bytes, params: FingerprintParams) -> Sketch:
    """Return the sketch, the low half of its values zero.

    Args:
        data: as ``compact`` returned it.
        params: what it was made under; the caller has compared them.

    Raises:
        FingerprintError: the bytes are not a sketch of this version.
    """
    letters, kept, body = _opened(data)
    tops = np.frombuffer(body, "<u4", kept)
    steps = np.frombuffer(body, np.uint8, kept, 4 * kept).astype(np.int64)
    steps[steps == _FAR] = np.frombuffer(body, "<u4", offset=5 * kept)
    values = tops.astype(np.uint64) << np.uint64(32)
    return Sketch(params, letters, values, np.cumsum(steps))


def is_cut(data: bytes) -> bool:
    """Tell whether the text was longer than is kept of one."""
    return int(_HEAD.unpack_from(data)[2]) > LETTERS_KEPT


def _opened(data: bytes) -> tuple[int, int, bytes]:
    """Return letters, grams, and the body inflated; checked against the head."""
    try:
        version, packed, letters, kept, far = _HEAD.unpack_from(data)
        size = 5 * kept + 4 * far
        body = data[_HEAD.size :]
        if packed:
            # No further than the head says: a damaged row must not fill the memory.
            inflater = zlib.decompressobj()
            body = inflater.decompress(body, size + 1)
            version = version if inflater.eof else 0
    except (struct.error, zlib.error):
        raise FingerprintError("a stored sketch is damaged") from None
    if version != _VERSION or len(body) != size:
        raise FingerprintError("a stored sketch is damaged, or of another version")
    steps = np.frombuffer(body, np.uint8, kept, 4 * kept)
    if np.count_nonzero(steps == _FAR) != far:
        raise FingerprintError("a stored sketch is damaged")
    return letters, kept, body
