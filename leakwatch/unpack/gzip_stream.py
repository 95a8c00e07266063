"""gzip (RFC 1952), one file in one piece or several, and the bare zlib stream (RFC 1950)."""

from __future__ import annotations

import zlib
from functools import partial

from leakwatch.errors import Corrupt, UnpackError
from leakwatch.unpack.container import MAX_NAME_CHARS
from leakwatch.unpack.inflating import Inflate
from leakwatch.unpack.pieces import UNNAMED, PackedStream

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_HEADER_BYTES = 10
_FLAG_EXTRA, _FLAG_NAME = 4, 8


def _reason(error: Exception) -> UnpackError | None:
    return Corrupt("the deflated stream is damaged") if isinstance(error, zlib.error) else None


def _stored_name(head: bytes) -> str:
    """Return the FNAME field (Latin-1 by RFC 1952, UTF-8 in practice)."""
    if len(head) < _HEADER_BYTES or not head[3] & _FLAG_NAME:
        return UNNAMED
    start = _HEADER_BYTES
    if head[3] & _FLAG_EXTRA:
        start += 2 + int.from_bytes(head[start : start + 2], "little")
    raw = head[start : start + MAX_NAME_CHARS].partition(b"\0")[0]
    try:
        return raw.decode("utf-8") or UNNAMED
    except UnicodeDecodeError:
        return raw.decode("latin-1")


GZIP = PackedStream("gzip", (b"\x1f\x8b",), partial(Inflate, _GZIP_WINDOW), _reason, _stored_name)
ZLIB = PackedStream("zlib", (b"\x78",), partial(Inflate, zlib.MAX_WBITS), _reason)
