"""DICOM files written by hand, element by element: no library writes what is wrong on purpose."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
RLE, JPEG, JPEG_2000 = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
_LONG = frozenset(["OB", "OW", "SQ", "UN", "UT", "UC"])
UNDEFINED = 0xFFFFFFFF


def element(
    tag: int, vr: str, value: bytes, syntax: str = EXPLICIT, size: int | None = None
) -> bytes:
    """Return one element as a syntax writes it; ``size`` overrules the true length."""
    mark = ">" if syntax == BIG_ENDIAN else "<"
    value += b" " * (len(value) % 2) if vr not in {"OB", "UI"} else b"\0" * (len(value) % 2)
    size = len(value) if size is None else size
    head = struct.pack(f"{mark}2H", tag >> 16, tag & 0xFFFF)
    if syntax == IMPLICIT:
        return head + struct.pack("<L", size) + value
    if vr in _LONG:
        return head + vr.encode() + struct.pack(f"{mark}HL", 0, size) + value
    return head + vr.encode() + struct.pack(f"{mark}H", size) + value


def short(number: int, syntax: str = EXPLICIT) -> bytes:
    return struct.pack(">H" if syntax == BIG_ENDIAN else "<H", number)


def sequence(tag: int, items: Sequence[bytes], *, is_measured: bool = True) -> bytes:
    """Return a sequence of items, with lengths or with delimiters."""
    if is_measured:
        body = b"".join(struct.pack("<2HL", 0xFFFE, 0xE000, len(item)) + item for item in items)
        return element(tag, "SQ", body)
    end = struct.pack("<2HL", 0xFFFE, 0xE00D, 0)
    body = b"".join(
        struct.pack("<2HL", 0xFFFE, 0xE000, UNDEFINED) + item + end for item in items
    ) + struct.pack("<2HL", 0xFFFE, 0xE0DD, 0)
    return element(tag, "SQ", body, size=UNDEFINED)


def file_of(
    body: bytes, syntax: str = EXPLICIT, sop_class: str = "1.2.840.10008.5.1.4.1.1.7"
) -> bytes:
    """Return a file: preamble, its own header, the data set."""
    meta = element(0x00020002, "UI", sop_class.encode()) + element(
        0x00020010, "UI", syntax.encode()
    )
    meta = element(0x00020000, "UL", struct.pack("<L", len(meta))) + meta
    if syntax == DEFLATED:
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = packer.compress(body) + packer.flush()
    return bytes(128) + b"DICM" + meta + body


def header(syntax: str = EXPLICIT, *, description: str = "Follow-up after a fall") -> bytes:
    """Return who and what a made-up file is about."""
    return b"".join(
        element(tag, vr, value.encode("latin-1"), syntax)
        for tag, vr, value in (
            (0x00080005, "CS", "ISO_IR 100"),
            (0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"),
            (0x00080020, "DA", "20260102"),
            (0x00080080, "LO", "Kowhai Health Centre"),
            (0x00081030, "LO", description),
            (0x00100010, "PN", "Invented^J\xe9r\xf4me"),
            (0x00100020, "LO", "KHC-0042"),
            (0x00181020, "LO", "software 9.1"),
        )
    )


def pixels(
    data: bytes,
    size: tuple[int, int],
    *,
    syntax: str = EXPLICIT,
    samples: int = 1,
    bits: int = 8,
    photometric: str = "MONOCHROME2",
    frames: int = 1,
    window: tuple[float, float] | None = None,
) -> bytes:
    """Return the elements of an image; ``size`` is (columns, rows)."""
    numbers = {
        0x00280002: samples,
        0x00280010: size[1],
        0x00280011: size[0],
        0x00280100: bits,
        0x00280101: bits,
    }
    words = {0x00280004: ("CS", photometric), 0x00280008: ("IS", str(frames))}
    if window is not None:
        words |= {0x00281050: ("DS", str(window[0])), 0x00281051: ("DS", str(window[1]))}
    parts = {
        tag: element(tag, "US", short(number, syntax), syntax) for tag, number in numbers.items()
    }
    parts |= {tag: element(tag, vr, word.encode(), syntax) for tag, (vr, word) in words.items()}
    body = b"".join(parts[tag] for tag in sorted(parts))
    return body + element(0x7FE00010, "OW" if bits > 8 else "OB", data, syntax)


def fragments(parts: Sequence[bytes]) -> bytes:
    """Return pixel data in fragments, as compressed pixels are kept."""
    padded = [b"", *(part + b"\0" * (len(part) % 2) for part in parts)]
    body = b"".join(struct.pack("<2HL", 0xFFFE, 0xE000, len(part)) + part for part in padded)
    body += struct.pack("<2HL", 0xFFFE, 0xE0DD, 0)
    return element(0x7FE00010, "OB", body, size=UNDEFINED)


def image(syntax: str = EXPLICIT) -> bytes:
    """Return a small grey image."""
    data = bytes((x * y) % 256 for y in range(64) for x in range(80))
    return file_of(header(syntax) + pixels(data, (80, 64), syntax=syntax), syntax)


def document(content: bytes) -> bytes:
    """Return a document in a DICOM file."""
    body = header() + element(0x00420010, "ST", b"Letter") + element(0x00420011, "OB", content)
    return file_of(body, sop_class=ENCAPSULATED_PDF)
