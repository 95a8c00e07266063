"""Targets: documents; of compound files the file itself, and each stream alone."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator

from leakwatch.errors import Corrupt
from leakwatch.extract import sheet_records
from leakwatch.extract.base import Extractor
from leakwatch.extract.carved import text_runs
from leakwatch.extract.compressed_rtf import decompress
from leakwatch.extract.eml import MailText
from leakwatch.extract.formats import EXTRACTORS
from leakwatch.extract.markup import attributes, pieces
from leakwatch.extract.mime import walk_parts
from leakwatch.extract.mime_text import decoded_chunks, file_name, header_text
from leakwatch.extract.ole import CompoundFile
from leakwatch.extract.ole_objects import native_file
from leakwatch.extract.powerpoint_binary import slide_texts
from leakwatch.extract.property_text import strings
from leakwatch.extract.rtf import rich_text
from leakwatch.extract.sheet_markup import WorkbookMarkup
from leakwatch.extract.stripped import StrippedMarkup
from leakwatch.extract.word_binary import word_text
from leakwatch.extract.workbook_binary import box_texts, cell_texts
from leakwatch.unpack.ole_attachments import MessageAttachments, OleAttachments
from tests.fuzz.archives import mails
from tests.fuzz.target import Target, drained
from tests.support.archives import zip_of
from tests.support.office import compound, doc, msg, ppt

_CUT = 1024
"""Where input for two streams is parted."""


def rtfs() -> Iterator[bytes]:
    yield (
        rb"{\rtf1\ansi\ansicpg1252\uc1{\fonttbl{\f0 Arial;}}{\*\generator x;}\pard Caf\'e9 \u8364?\par "
        rb"{\field{\*\fldinst HYPERLINK x}{\fldrslt y}}\bin4 abcd{\pict\pngblip 89504e47}\'8}"
    )


def packed_rtfs() -> Iterator[bytes]:
    body = b"\x00{\\rtf1 a" + b"\x01\x0c\xf0" + b"bcdefg"
    yield struct.pack("<2L4sL", len(body) + 12, 40, b"LZFu", 0) + body
    yield struct.pack("<2L4sL", 20, 8, b"MELA", 0) + b"{\\rtf1 }"


def words() -> Iterator[bytes]:
    for is_wide in (True, False):
        text = "Seen again".encode("utf-16-le" if is_wide else "cp1252")
        main = bytearray(_CUT)
        place = 600 if is_wide else 1200 | 0x40000000
        plc = struct.pack("<2L2xL2x", 0, 10, place)
        struct.pack_into("<H", main, 0, 0xA5EC)
        struct.pack_into("<2L", main, 418, 4, 5 + len(plc))
        main[600 : 600 + len(text)] = text
        yield bytes(main) + bytes(4) + b"\x02" + struct.pack("<L", len(plc)) + plc
    old = bytearray(_CUT)
    struct.pack_into("<H", old, 0, 0xA5DC)
    struct.pack_into("<2L", old, 24, 100, 120)
    yield bytes(old)


def _atom(kind: int, body: bytes, version: int = 0) -> bytes:
    return struct.pack("<2HL", version, kind, len(body)) + body


def slides() -> Iterator[bytes]:
    text = _atom(4000, "Seen".encode("utf-16-le")) + _atom(4008, b"again") + _atom(4026, b"a\0")
    yield _atom(1000, _atom(1016, text, 15) + _atom(1006, text, 15), 15)


def workbooks() -> Iterator[bytes]:
    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<2H", kind, len(body)) + body

    shared = struct.pack("<2L", 1, 2) + b"\x04\0\0Seen" + b"\x05\0\x0d\x01\0\x02\0\0\0a\0g\0"
    cells = [
        record(0x809, struct.pack("<2H", 0x600, 5)),
        record(0xFC, shared),
        record(0x3C, b"\x01a\0i\0n\0" + bytes(6)),
        record(0xFD, bytes(6) + struct.pack("<L", 0)),
        record(0x203, bytes(6) + struct.pack("<d", 1.5)),
        record(0xBD, bytes(4) + struct.pack("<HL", 0, 0x4059000A) * 2 + bytes(2)),
        record(0x06, bytes(6) + struct.pack("<d", 2) + bytes(4)),
        record(0x207, b"\x02\0\0ab"),
        record(0x1B6, bytes(10) + b"\x03\0" + bytes(6)),
        record(0x3C, b"\0box"),
    ]
    yield b"".join(cells)
    yield record(0x009, bytes(4)) + record(0x204, bytes(6) + b"\x02\0ab")


def properties() -> Iterator[bytes]:
    items = [
        (1, struct.pack("<2L", 2, 1252)),
        (2, struct.pack("<2L", 30, 5) + b"Knee\0"),
        (6, struct.pack("<2L", 31, 3) + "ab\0".encode("utf-16-le")),
    ]
    table, body = b"", b""
    for number, value in items:
        table += struct.pack("<2L", number, 8 + 8 * len(items) + len(body))
        body += value
    section = struct.pack("<2L", 8 + len(table) + len(body), len(items)) + table + body
    yield bytes(24) + struct.pack("<L", 1) + bytes(16) + struct.pack("<L", 48) + section


def natives() -> Iterator[bytes]:
    path = b"c:\\a.txt\0"
    yield (
        bytes(6)
        + b"a.txt\0"
        + path
        + bytes(4)
        + struct.pack("<L", len(path))
        + path
        + struct.pack("<L", 4)
        + b"note"
    )


_W = b'<?xml version="1.0"?><w:document xmlns:w="w"><w:body><w:p><w:r><w:t xml:space="preserve">Seen </w:t><w:tab/></w:r><w:del><w:delText>x</w:delText></w:del></w:p></w:body></w:document>'
_CELLS = b'<worksheet><sheetData><row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>y</t></is></c></row></sheetData></worksheet>'
_SHARED = b"<sst><si><t>Seen &amp; again</t></si><si><r><t>a</t></r><rPh><t>b</t></rPh></si></sst>"


def packages() -> Iterator[bytes]:
    yield zip_of(
        [
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.xml", _W),
            ("word/footnotes.xml", _W),
        ],
        method=0,
    )
    yield zip_of(
        [("xl/sharedStrings.xml", _SHARED), ("xl/worksheets/sheet1.xml", _CELLS)], method=0
    )
    odt = b'<office:text><text:p text:style-name="a">Seen<text:s text:c="3"/>again</text:p></office:text>'
    yield zip_of(
        [("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", odt)], method=0
    )
    yield zip_of(
        [("mimetype", b"application/epub+zip"), ("a.xhtml", b"<html><p>Seen</p></html>")], method=0
    )


def xmls() -> Iterator[bytes]:
    yield b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a x="1">&b;<![CDATA[<d>]]><!-- e --></a>'
    yield '<?xml version="1.0" encoding="utf-16"?><a>\xe9</a>'.encode("utf-16")


def compounds() -> Iterator[bytes]:
    yield compound({("one",): b"1" * 600, ("folder", "two"): b"2" * 40})
    yield doc("Seen again", "and again")
    yield ppt("Seen", "again")
    streams = msg({"0037": "Seen", "1000": "again"}, {"a.txt": b"note"})
    yield compound(streams)


def binary_sheets() -> Iterator[bytes]:
    text = struct.pack("<L", 4) + "Seen".encode("utf-16-le")
    yield b"\x13" + bytes([1 + len(text)]) + b"\0" + text
    yield b"\x06" + bytes([8 + len(text)]) + bytes(8) + text + b"\x07\x0c" + bytes(12)


def _compound(data: bytes) -> None:
    try:
        file = CompoundFile(io.BytesIO(data))
    except Corrupt:
        return
    for entry in file.entries.values():
        drained(file.chunks(entry))


def _attached(data: bytes) -> None:
    for attachments in (MessageAttachments(), OleAttachments()):
        for member in attachments.members(io.BytesIO(data)):
            drained(member.chunks())


def _binary_sheet(data: bytes) -> None:
    shared = list(sheet_records.shared_strings(data))
    drained(sheet_records.cell_texts(data, shared))


def _text(extractor: Extractor) -> Callable[[bytes], object]:
    return lambda data: extractor.extract(io.BytesIO(data), max_chars=1_000_000)


def _mime(data: bytes) -> None:
    for part in walk_parts(data):
        file_name(part)
        drained(decoded_chunks(data, part))
    header_text(data[:4096].decode("latin-1"))


def _markup(data: bytes) -> None:
    for _, tag in pieces([data.decode("utf-8", "replace")]):
        drained(attributes(tag))


TARGETS = (
    Target("compound_file", _compound, compounds),
    Target("message", _text(EXTRACTORS["msg"]), compounds),
    Target("ole_attachments", _attached, compounds),
    Target("text_runs", lambda data: drained(text_runs(data)), compounds),
    Target("binary_sheet", _binary_sheet, binary_sheets),
    Target("rtf", lambda data: rich_text(data, max_chars=1_000_000), rtfs),
    Target("compressed_rtf", lambda data: decompress(data, max_bytes=1_000_000), packed_rtfs),
    Target("word", lambda data: drained(word_text(data[:_CUT], data[_CUT:])), words),
    Target("slides", lambda data: drained(slide_texts(data)), slides),
    Target(
        "workbook", lambda data: (drained(cell_texts(data)), drained(box_texts(data))), workbooks
    ),
    Target("properties", lambda data: drained(strings(data, 0)), properties),
    Target("native_file", native_file, natives),
    Target("mime", _mime, mails),
    Target("mail_text", _text(MailText(StrippedMarkup())), mails),
    Target("markup", _markup, xmls),
    Target("xml", _text(EXTRACTORS["xml"]), xmls),
    Target("docx", _text(EXTRACTORS["docx"]), packages),
    Target("odf", _text(EXTRACTORS["odf"]), packages),
    Target("epub", _text(EXTRACTORS["epub"]), packages),
    Target("sheet_markup", _text(WorkbookMarkup()), packages),
)
