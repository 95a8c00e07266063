"""Made-up files of the kinds that a clinic keeps, each around a text that is given.

Written with the standard library, so that what reads them is not what made
them. Ordinary ones: a few pages, a few kilobytes; what is broken or malicious
is made elsewhere.
"""

from __future__ import annotations

import io
import textwrap
import zipfile
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape

from tests.support.pdf import with_pages
from tests.support.pictures import letter, saved

_LINES_A_PAGE, _COLUMNS = 48, 88
_DOCX_XML = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XLSX_XML = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES_XML = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS_XML = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE_XML = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def text_file(text: str) -> bytes:
    return text.encode()


def html_file(text: str) -> bytes:
    paragraphs = "".join(f"<p>{escape(line)}</p>\n" for line in text.splitlines())
    style = "<style>body { font-family: sans-serif }</style>"
    head = f"<head><title>Record</title>{style}</head>"
    return f"<!DOCTYPE html>\n<html>{head}<body>\n{paragraphs}</body></html>".encode()


def pdf_file(text: str) -> bytes:
    """Return a PDF of as many pages as the text fills, packed as programs pack them."""
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, _COLUMNS) or [""]]
    pages = [lines[at : at + _LINES_A_PAGE] for at in range(0, len(lines), _LINES_A_PAGE)]
    return with_pages(pages or [[]])


def docx_file(text: str) -> bytes:
    paragraphs = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>'
        for line in text.splitlines()
    )
    document = f'<w:document xmlns:w="{_DOCX_XML}"><w:body>{paragraphs}</w:body></w:document>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _office({"word/document.xml": (document, kind)}, main="word/document.xml")


def xlsx_file(text: str) -> bytes:
    rows = "".join(
        f'<row r="{at}"><c r="A{at}" t="inlineStr"><is><t>{escape(line)}</t></is></c>'
        f'<c r="B{at}"><v>{at * 7 % 101}</v></c></row>'
        for at, line in enumerate(text.splitlines(), 1)
    )
    sheet = f'<worksheet xmlns="{_XLSX_XML}"><sheetData>{rows}</sheetData></worksheet>'
    workbook = (
        f'<workbook xmlns="{_XLSX_XML}" xmlns:r="{_OFFICE_XML}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    relations = _relations(f"{_OFFICE_XML}/worksheet", "worksheets/sheet1.xml")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "xl/workbook.xml": (workbook, f"{kind}.sheet.main+xml"),
        "xl/worksheets/sheet1.xml": (sheet, f"{kind}.worksheet+xml"),
    }
    more = {"xl/_rels/workbook.xml.rels": relations}
    return _office(parts, main="xl/workbook.xml", more=more)


def rtf_file(text: str) -> bytes:
    body = "".join(_rtf_line(line) for line in text.splitlines())
    return (r"{\rtf1\ansi\deff0{\fonttbl{\f0 Helvetica;}}\fs22 " + body + "}").encode("ascii")


def eml_file(text: str) -> bytes:
    head = (
        "From: Front Desk <desk@clinic.example>\r\nTo: Records <records@clinic.example>\r\n"
        "Subject: Record\r\nDate: Tue, 03 Mar 2020 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return (head + text.replace("\n", "\r\n")).encode()


def jpg_file(text: str) -> bytes:
    """Return a picture of a letter; which one, the text says."""
    return saved(letter(zlib.crc32(text.encode())), "JPEG", quality=70)


def zip_file(text: str) -> bytes:
    """Return an archive of three of the others."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name in ("txt", "pdf", "docx"):
            made.writestr(f"record.{name}", MAKERS[name](f"{text}\n{name}"))
    return packed.getvalue()


MAKERS: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        "txt": text_file,
        "html": html_file,
        "pdf": pdf_file,
        "docx": docx_file,
        "xlsx": xlsx_file,
        "rtf": rtf_file,
        "eml": eml_file,
        "jpg": jpg_file,
        "zip": zip_file,
    }
)
"""Extension -> what makes such a file around a text."""


def _office(
    parts: Mapping[str, tuple[str, str]], *, main: str, more: Mapping[str, str] | None = None
) -> bytes:
    """Pack an Office document (ECMA-376 part 2): its parts with their types, and what is more."""
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, (_, kind) in parts.items()
    )
    kind = "application/vnd.openxmlformats-package.relationships+xml"
    relations = f'<Default Extension="rels" ContentType="{kind}"/>'
    files: dict[str, str] = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES_XML}">{relations}{types}</Types>',
        "_rels/.rels": _relations(f"{_OFFICE_XML}/officeDocument", main),
        **{name: content for name, (content, _) in parts.items()},
        **(more or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>\n{content}')
    return packed.getvalue()


def _relations(kind: str, target: str) -> str:
    relation = f'<Relationship Id="rId1" Type="{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_RELATIONS_XML}">{relation}</Relationships>'


def _rtf_line(line: str) -> str:
    plain = line.replace("\\", r"\\").replace("{", r"\{").replace("}", r"\}")
    return "".join(c if c.isascii() else rf"\u{ord(c)}?" for c in plain) + "\\par\n"
