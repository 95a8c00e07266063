"""A stream's bytes in one piece, for parsers that take nothing else."""

from __future__ import annotations

from leakwatch.errors import BudgetExceeded
from leakwatch.extract.base import ContentStream

MAX_WHOLE_BYTES = 256 * 1024 * 1024


def read_whole(stream: ContentStream) -> bytes:
    """Return what follows in a stream.

    Raises:
        BudgetExceeded: it is over ``MAX_WHOLE_BYTES``.
    """
    start = stream.tell()
    size = stream.seek(0, 2) - start
    stream.seek(start)
    if size > MAX_WHOLE_BYTES:
        what = f"{size} bytes are over the limit of {MAX_WHOLE_BYTES} that is read in one piece"
        raise BudgetExceeded(what, limit="whole_bytes")
    return stream.read(size)
