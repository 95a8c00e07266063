"""Targets: archives, packed streams, mail, and files written into text.

Headers under a checksum are given one that is right: else no damage would be read.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import py7zr
import rars

from leakwatch.sources.wire.passwords import passwords_in
from leakwatch.unpack.blobs import TextWithBlobs
from leakwatch.unpack.container import Container
from leakwatch.unpack.formats import CONTAINERS
from leakwatch.unpack.long_text import LongText
from leakwatch.unpack.refine import refine
from leakwatch.unpack.self_extractor import appended_kind
from leakwatch.unpack.sevenzip_header import read_header
from leakwatch.unpack.sniff import sniff
from leakwatch.unpack.tar_header import parse_header, parse_pax
from leakwatch.unpack.zip_archive import ZipArchive
from tests.fuzz.target import Target, unpacked
from tests.support.archives import zip_of

_NOTE = b"The patient was seen again today. "
_PASSWORDS = ("secret", "wrong")
_RAR5_AT, _RAR4_AT, _SEVENZIP_AT = 8, 7, 32
_BLOCK = 512

Run = Callable[[bytes], object]


def tars() -> Iterator[bytes]:
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=form) as archive:
            for name in ("a/note.txt", "long" * 20 + "\xe9"):
                member = tarfile.TarInfo(name)
                member.size = len(_NOTE)
                member.mtime = 1.5 if form == tarfile.PAX_FORMAT else 1
                archive.addfile(member, io.BytesIO(_NOTE))
        yield file.getvalue()


def rar_files() -> Iterator[bytes]:
    for form in ("rar50", "rar29"):
        for is_stored in (True, False):
            archive = rars.RarBuilder(format=form, store=is_stored)
            archive.add_bytes(_NOTE * 4, "a/note.txt")
            archive.add_bytes(b"", "\xe9.txt")
            yield bytes(archive.to_bytes())


def sevenzips() -> Iterator[bytes]:
    for coder in (py7zr.FILTER_COPY, py7zr.FILTER_LZMA2, py7zr.FILTER_DEFLATE):
        for is_packed in (True, False):
            file = io.BytesIO()
            with py7zr.SevenZipFile(file, "w", filters=[{"id": coder}]) as archive:
                archive.set_encoded_header_mode(is_packed)
                archive.writestr(_NOTE * 4, "a/note.txt")
            yield file.getvalue()


def sevenzip_headers() -> Iterator[bytes]:
    for data in sevenzips():
        offset, size = struct.unpack_from("<2Q", data, 12)
        yield data[_SEVENZIP_AT + offset : _SEVENZIP_AT + offset + size]


def mails() -> Iterator[bytes]:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "R\xe9sultat", "a@clinic.example"
    mail.set_content("Bonjour \xe0 tous")
    mail.add_attachment(_NOTE, maintype="text", subtype="plain", filename="n\xf6te.txt")
    mail.add_attachment(b"\0\xff" * 40, maintype="application", subtype="octet-stream")
    inner = EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("forwarded")
    mail.add_attachment(inner)
    yield mail.as_bytes()
    yield mail.as_bytes().replace(b"\n", b"\r\n")


def mailboxes() -> Iterator[bytes]:
    for mail in mails():
        yield (b"From a@clinic.example Thu Jan  1 00:00:00 2026\n" + mail + b"\n\n>From x\n\n") * 2


def tnefs() -> Iterator[bytes]:
    parts = (
        (0x0002800C, 1, b"body"),
        (0x00069002, 2, bytes(14)),
        (0x00018010, 2, b"a.txt\0"),
        (0x0006800F, 2, _NOTE),
    )
    yield struct.pack("<LH", 0x223E9F78, 1) + b"".join(
        struct.pack("<B2L", level, attribute, len(data))
        + data
        + struct.pack("<H", sum(data) & 0xFFFF)
        for attribute, level, data in parts
    )


def blobs() -> Iterator[bytes]:
    packed = zlib.compress(bytes(range(256)) * 3)
    lines = [packed[at : at + 45] for at in range(0, len(packed), 45)]
    yield b"see below\n" + base64.encodebytes(packed * 2) + b"end"
    yield b'{"file": "' + base64.b64encode(packed * 2).replace(b"/", b"\\/") + b'"}'
    yield b"x'" + binascii.hexlify(packed) + b"'"
    yield b"begin 644 a.bin\n" + b"".join(map(binascii.b2a_uu, lines)) + b"`\nend\n"
    yield "d\xe9j\xe0 vu ".encode() * 3 + b"=C3=A9t=C3=A9=\n" * 8


def streams() -> Iterator[bytes]:
    yield bz2.compress(_NOTE) * 2
    for form in (lzma.FORMAT_XZ, lzma.FORMAT_ALONE):
        yield lzma.compress(_NOTE, form)
    yield zlib.compress(_NOTE)
    body = lzma.compress(
        _NOTE,
        lzma.FORMAT_RAW,
        filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 4096, "lc": 3, "lp": 0, "pb": 2}],
    )
    end = struct.pack("<LQQ", zlib.crc32(_NOTE), len(_NOTE), 6 + len(body) + 20)
    yield b"LZIP\x01\x0c" + body + end
    yield bytes.fromhex("28b52ffd2022110100") + _NOTE + bytes(4)
    yield (
        bytes.fromhex("04224d186440a7")
        + struct.pack("<L", 0x80000000 | len(_NOTE))
        + _NOTE
        + bytes(4)
    )


def posts() -> Iterator[bytes]:
    yield b'Password: hunter2\npass - "in quotes" / pw=abc, archive password is **x y**'
    yield "\u043f\u0430\u0440\u043e\u043b\u044c: \u0442\u0430\u0439\u043d\u0430".encode()


def with_rar_sums(data: bytes) -> bytes:
    """Give the headers of a RAR file the checksums that they should have."""
    out = bytearray(data)
    is_new = data.startswith(b"Rar!\x1a\x07\x01\0")
    at = _RAR5_AT if is_new else _RAR4_AT
    for _ in range(100):
        if at + 7 > len(out):
            break
        if is_new:
            size, end = _vint(out, at + 4)
            start, end = at + 4, end + size
            out[at : at + 4] = struct.pack("<L", zlib.crc32(out[start:end]))
            at = _behind_rar5(out, at + 4, end)
        else:
            kind, flags, size = struct.unpack_from("<BHH", out, at + 2)
            end = at + max(size, 7)
            out[at : at + 2] = struct.pack("<H", zlib.crc32(out[at + 2 : end]) & 0xFFFF)
            has_data = flags & 0x8000 or kind == 0x74
            at = end + (int.from_bytes(out[at + 7 : at + 11], "little") if has_data else 0)
    return bytes(out)


def _behind_rar5(out: bytearray, at: int, end: int) -> int:
    """Return where the block behind one starts."""
    _, at = _vint(out, at)
    _, at = _vint(out, at)
    flags, at = _vint(out, at)
    if flags & 1:
        _, at = _vint(out, at)
    return end + (_vint(out, at)[0] if flags & 2 else 0)


def _vint(out: bytearray, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(out[at : at + 10]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at + shift + 1
    return 0, at + 10


def with_sevenzip_sums(data: bytes) -> bytes:
    """Give the headers of a 7z file the checksums that they should have."""
    out = bytearray(data.ljust(_SEVENZIP_AT, b"\0"))
    offset, size = struct.unpack_from("<2Q", out, 12)
    start = _SEVENZIP_AT + offset
    out[28:32] = struct.pack("<L", zlib.crc32(out[start : start + size]) if size < 1 << 30 else 0)
    out[8:12] = struct.pack("<L", zlib.crc32(out[12:32]))
    return bytes(out)


def with_tar_sums(data: bytes) -> bytes:
    """Give every block that may be a header of tar the checksum it should have."""
    out = bytearray(data)
    for at in range(0, len(out) - _BLOCK + 1, _BLOCK):
        if out[at + 257 : at + 262] == b"ustar":
            out[at + 148 : at + 156] = b" " * 8
            out[at + 148 : at + 156] = b"%06o\0 " % sum(out[at : at + _BLOCK])
    return bytes(out)


def _of(container: Container, repaired: Callable[[bytes], bytes] = bytes) -> Run:
    return lambda data: unpacked(container, io.BytesIO(repaired(data)), _PASSWORDS)


def _any_stream(data: bytes) -> None:
    container = CONTAINERS.get(sniff(data))
    if container is not None and not container.needs_seek:
        unpacked(container, io.BytesIO(data))


def _tar_header(data: bytes) -> None:
    parse_header(data[:_BLOCK])
    parse_pax(data[_BLOCK:])


TARGETS = (
    Target("tar", _of(CONTAINERS["tar"], with_tar_sums), tars),
    Target("tar_header", _tar_header, tars),
    Target("rar", _of(CONTAINERS["rar"], with_rar_sums), rar_files),
    Target("sevenzip", _of(CONTAINERS["7z"], with_sevenzip_sums), sevenzips),
    Target("sevenzip_header", read_header, sevenzip_headers),
    Target("zip_locked", _of(ZipArchive()), lambda: (zip_of([("a", _NOTE)]),)),
    Target("streams", _any_stream, streams),
    Target("eml", _of(CONTAINERS["eml"]), mails),
    Target("mbox", _of(CONTAINERS["mbox"]), mailboxes),
    Target("tnef", _of(CONTAINERS["tnef"]), tnefs),
    Target("blobs", _of(TextWithBlobs()), blobs),
    Target("long_text", _of(LongText("text", 1024)), blobs),
    Target(
        "refine",
        lambda data: refine(sniff(data), io.BytesIO(data)),
        lambda: (zip_of([("word/document.xml", _NOTE)]),),
    ),
    Target(
        "self_extractor",
        lambda data: appended_kind(io.BytesIO(data)),
        lambda: (b"MZ" + bytes(600) + next(rar_files()),),
    ),
    Target("passwords", lambda data: passwords_in(data.decode("utf-8", "replace")), posts),
)
