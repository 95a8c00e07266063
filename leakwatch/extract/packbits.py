"""PackBits run lengths, as DICOM writes them (PS3.5, annex G.3). Pure."""

from __future__ import annotations


def unpack(data: bytes | memoryview, size: int) -> bytes:
    """Return at most ``size`` bytes; fewer where the data give out.

    Time and memory follow ``size``, not what the data claim.
    """
    out = bytearray()
    at, end = 0, len(data)
    while at < end and len(out) < size:
        head = data[at]
        if head < 128:
            out += data[at + 1 : at + 2 + head]
            at += 2 + head
        elif head > 128:
            out += bytes(data[at + 1 : at + 2]) * (257 - head)
            at += 2
        else:
            at += 1
    return bytes(out[:size])
