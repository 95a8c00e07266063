"""Archives behind a program that unpacks them, found by their own signatures."""

from __future__ import annotations

import zlib

from leakwatch.unpack.container import SeekableStream
from leakwatch.unpack.rar_entry import RAR5_MAGIC
from leakwatch.unpack.sevenzip_archive import SFX_BYTES, is_start
from leakwatch.unpack.sevenzip_header import MAGIC as SEVENZIP_MAGIC
from leakwatch.unpack.sevenzip_header import START_BYTES
from leakwatch.unpack.sniff import UNKNOWN
from leakwatch.unpack.zip_directory import read_at

PROGRAM_KINDS = frozenset({UNKNOWN, "exe", "elf"})
"""What an archive may hang at; every other kind is what it looks like."""
_RAR = b"Rar!\x1a\x07"
_PIECE_BYTES = 256 * 1024
_OVERLAP = 64


def appended_kind(stream: SeekableStream) -> str | None:
    """Return ``7z`` or ``rar`` if such an archive starts in a file's first MiB, behind its start.

    Its first header must be sound: the bare signature stands in every program
    that unpacks one.
    """
    try:
        for start in range(0, SFX_BYTES, _PIECE_BYTES):
            data = read_at(stream, start, _PIECE_BYTES + _OVERLAP)
            for magic, kind, is_sound in _KINDS:
                at = data.find(magic)
                while at >= 0:
                    if is_sound(data[at : at + _OVERLAP]):
                        return kind
                    at = data.find(magic, at + 1)
            if len(data) < _PIECE_BYTES:
                return None
        return None
    finally:
        stream.seek(0)


def _is_rar(data: bytes) -> bool:
    if data.startswith(RAR5_MAGIC):
        size = data[12] if len(data) > 12 else 0
        header = data[12 : 13 + size]
        return 0 < size < 0x80 and zlib.crc32(header) == int.from_bytes(data[8:12], "little")
    block = data[7:20]
    is_main = data[6:7] == b"\0" and len(block) == 13 and block[2] == 0x73
    return is_main and zlib.crc32(block[2:]) & 0xFFFF == int.from_bytes(block[:2], "little")


def _is_sevenzip(data: bytes) -> bool:
    return is_start(data[:START_BYTES])


_KINDS = ((SEVENZIP_MAGIC, "7z", _is_sevenzip), (_RAR, "rar", _is_rar))
