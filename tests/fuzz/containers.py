"""Targets in the rarer containers of ``leakwatch.unpack``, and in mail."""

from __future__ import annotations

import base64
import binascii
import bz2
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from email.message import EmailMessage

from leakwatch.errors import LeakwatchError
from leakwatch.extract.eml import MailText
from leakwatch.extract.mime import walk_parts
from leakwatch.extract.mime_text import decoded_chunks, file_name, header_text, to_text
from leakwatch.extract.stripped import StrippedMarkup
from leakwatch.unpack import libarchive
from leakwatch.unpack.blobs import find_blobs
from leakwatch.unpack.formats import CONTAINERS
from leakwatch.unpack.long_text import LongText
from leakwatch.unpack.tar_header import parse_header, parse_more_stretches, parse_pax
from tests.fuzz.target import Target, drained, unpacked
from tests.support.archives import ar_of, cpio_of, lzip, tar_of, zstandard
from tests.support.disk_images import cab_of, iso_of

_NOTE = b"The patient was seen again today. " * 8
_FILES = [("a/note.txt", _NOTE), ("b", b"")]


def tars() -> Iterator[bytes]:
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT):
        yield tar_of(_FILES, form=form)[:3072]
        yield tar_of([("n" * 90 + "/" + "m" * 90, _NOTE)], form=form)[:4096]


def mails() -> Iterator[bytes]:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "caf\xe9", "a@clinic.example", "b@clinic.example"
    mail.set_content("caf\xe9 as attached")
    mail.add_alternative("<p>caf\xe9", subtype="html")
    mail.add_attachment(_NOTE, maintype="application", subtype="x-note", filename="caf\xe9.bin")
    yield mail.as_bytes()
    outer = EmailMessage()
    outer["From"], outer["To"], outer["Date"] = "a@clinic.example", "b@clinic.example", "x"
    outer.set_content("inside")
    outer.add_attachment(mail)
    yield outer.as_bytes()


def texts() -> Iterator[bytes]:
    book = b"%PDF-1.4\n" + _NOTE
    yield b"<img src=data:x;base64," + base64.b64encode(book) + b">"
    yield (
        b'{"data": "'
        + base64.encodebytes(book).replace(b"\n", b"\\n").replace(b"/", b"\\/")
        + b'"}'
    )
    yield b"(0x" + book.hex().encode() + b",'x')"
    lines = b"".join(binascii.b2a_uu(book[at : at + 45]) for at in range(0, len(book), 45))
    yield b"begin 644 a.pdf\n" + lines + b"`\nend\n"
    yield b"".join(b"caf=C3=A9 =\n" for _ in range(30))


def _streams() -> dict[str, Callable[[], Iterable[bytes]]]:
    return {
        "zlib": lambda: (zlib.compress(_NOTE),),
        "bzip2": lambda: (bz2.compress(_NOTE),),
        "xz": lambda: (lzma.compress(_NOTE),),
        "lzma": lambda: (lzma.compress(_NOTE, format=lzma.FORMAT_ALONE),),
        "lzip": lambda: (lzip(_NOTE),),
        "zstd": lambda: (zstandard(_NOTE),),
        "tar": tars,
        "eml": mails,
        "mbox": lambda: (b"From a Mon Jan 1 00:00:00 2024\n" + mail + b"\n" for mail in mails()),
        "tnef": lambda: (b"\x78\x9f\x3e\x22\1\0\1\x0c\x80\2\0\3\0\0\0abc\0\0",),
    }


def _libraries() -> dict[str, Callable[[], Iterable[bytes]]]:
    if libarchive.version() is None:
        return {}
    return {
        "cpio": lambda: (cpio_of(_FILES),),
        "ar": lambda: (ar_of(_FILES),),
        "cab": lambda: (cab_of(_FILES),),
        "iso": lambda: (iso_of(_FILES),),
        "lz4": lambda: (b"\x04\x22\x4d\x18\x60\x40\x82\x04\0\0\x80note\0\0\0\0",),
        "compress": lambda: (b"\x1f\x9d\x90aD\x88\x01",),
    }


def _container(kind: str, seeds: Callable[[], Iterable[bytes]]) -> Target:
    return Target(kind, lambda data: unpacked(CONTAINERS[kind], io.BytesIO(data)), seeds)


def _mail(data: bytes) -> int:
    total = 0
    for part in walk_parts(data):
        file_name(part)
        to_text(header_text(part.header("subject")).encode("utf-8", "replace"), part.charset)
        try:
            total += sum(map(len, decoded_chunks(data, part)))
        except LeakwatchError:
            continue
    return total


def _mail_text(data: bytes) -> str:
    return MailText(StrippedMarkup()).extract(io.BytesIO(data), max_chars=100_000).text


def _tar_header(data: bytes) -> None:
    parse_header(data[:512])
    parse_more_stretches(data[:512])
    parse_pax(data)


TARGETS = (
    *(_container(kind, seeds) for kind, seeds in {**_streams(), **_libraries()}.items()),
    Target("mime", _mail, mails),
    Target("mail_text", _mail_text, mails),
    Target("tar_header", _tar_header, tars),
    Target("blobs", lambda data: [drained(blob.chunks()) for blob in find_blobs(data)], texts),
    Target("long_text", lambda d: unpacked(LongText("text", 64), io.BytesIO(d)), texts),
)
