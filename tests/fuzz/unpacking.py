"""Targets in ``leakwatch.unpack``."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator

from leakwatch.extract.formats import TextExtraction
from leakwatch.unpack.budget import Budget, BudgetLimits
from leakwatch.unpack.dicom_document import DicomDocument
from leakwatch.unpack.gzip_stream import GZIP
from leakwatch.unpack.sniff import sniff
from leakwatch.unpack.walk import Walker
from leakwatch.unpack.zip_archive import ZipArchive
from leakwatch.unpack.zip_directory import decode_name, read_directory
from leakwatch.unpack.zip_salvage import salvage
from tests.fuzz.target import Target, drained, unpacked
from tests.support.archives import nested_zip, zip_of
from tests.support.dicom import document, image

_NOTE = b"The patient was seen again today. "
_LIMITS = BudgetLimits(
    max_members=2_000, max_total_bytes=32 * 1024 * 1024, max_held_bytes=8 * 1024 * 1024
)


def zips() -> Iterator[bytes]:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield zip_of(
            [("a/note.txt", _NOTE * 5), ("b\N{LATIN SMALL LETTER E WITH ACUTE}", b"")],
            method=method,
        )
    yield nested_zip(2, _NOTE)
    yield b"MZ" + bytes(100) + zip_of([("x", _NOTE)])
    yield zip_of([("x", _NOTE)])[:-22]


def gzips() -> Iterator[bytes]:
    yield gzip.compress(_NOTE, mtime=0)
    named = io.BytesIO()
    with gzip.GzipFile("note.txt", "wb", fileobj=named, mtime=0) as file:
        file.write(_NOTE * 3)
    yield named.getvalue() * 2 + bytes(8)


def heads() -> Iterator[bytes]:
    yield from zips()
    yield from gzips()
    yield from (image(), document(b"%PDF-1.4\n"), image()[132:])
    yield from (b"P6\n# c\n2 2\n255\n" + bytes(12), b"MSH|^~\\&|A|B\rOBX|1|TX|||x\r")
    yield from (
        b"<html><p>x",
        b'{"a": "<p>"}',
        "caf\xe9".encode("utf-16-le"),
        b"\0\0\0\x18ftypheic",
    )


def _walk(data: bytes) -> int:
    walker = Walker(Budget(_LIMITS), TextExtraction(max_chars=1_000_000), passwords=("secret",))
    return drained(walker.walk(io.BytesIO(data), "x"))


TARGETS = (
    Target("sniff", sniff, heads),
    Target("walk", _walk, heads, expected=()),
    Target("zip_directory", lambda data: drained(read_directory(io.BytesIO(data))), zips),
    Target("zip_salvage", lambda data: drained(salvage(io.BytesIO(data))), zips),
    Target("zip_archive", lambda data: unpacked(ZipArchive(), io.BytesIO(data)), zips),
    Target("zip_name", lambda data: decode_name(data[2:], int.from_bytes(data[:2])), zips),
    Target("gzip", lambda data: unpacked(GZIP, io.BytesIO(data)), gzips),
    Target(
        "dicom_document",
        lambda data: unpacked(DicomDocument(), io.BytesIO(data)),
        lambda: (document(b"%PDF-1.4\n"), document(b"<ClinicalDocument/>")),
    ),
)
