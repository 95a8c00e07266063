"""Cells of an .xlsx straight from its parts (ECMA-376, part 1, 18.3): the second way.

Slower than calamine, but its memory grows with the text and not with the area
of a sheet, and a damaged part is read to where it breaks. Numbers stand as they
are stored: dates as days.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from leakwatch.extract import sheet_records
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.markup import attributes, decoded, local_name, pieces, plain
from leakwatch.extract.office import side_text
from leakwatch.extract.package import Package
from leakwatch.extract.spreadsheet import SHEET_PARTS
from leakwatch.extract.text_parts import TextParts

_SHEET = re.compile(r".*worksheets/[^/]*\.xml")
_BINARY_SHEET = re.compile(r".*worksheets/sheet\d+\.bin")
_MAX_STRINGS = 5_000_000


class WorkbookMarkup:
    """Text of an Office package with sheets, without a parser of them."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        package = Package(stream)
        parts = TextParts(max_chars)
        shared: list[str] = []
        for info in package.parts(lambda name: name.endswith("sharedstrings.xml")):
            shared += strings(decoded(package.chunks(info)))
        for info in package.parts(lambda name: bool(_SHEET.fullmatch(name))):
            for cell in cells(decoded(package.chunks(info)), shared):
                if not parts.add(cell):
                    break
        if parts.is_empty:
            # The sheets are lost; their words are not.
            parts.add("\n".join(shared))
        for cell in _binary_cells(package):
            if not parts.add(cell + "\t"):
                break
        rest, note = side_text(package, max_chars, without=SHEET_PARTS)
        text = "\n".join(part for part in (parts.text(), rest) if part)
        return Extraction(text[:max_chars], parts.note or note)


def _binary_cells(package: Package) -> Iterator[str]:
    """Yield the cells of an .xlsb, whose parts are no XML."""
    shared: list[str] = []
    for info in package.parts(lambda name: name.endswith("sharedstrings.bin")):
        shared += sheet_records.shared_strings(b"".join(package.chunks(info)))
    for info in package.parts(lambda name: bool(_BINARY_SHEET.fullmatch(name))):
        yield from sheet_records.cell_texts(b"".join(package.chunks(info)), shared)


def strings(chunks: Iterable[str]) -> Iterator[str]:
    """Yield the shared strings in order; the readings over Asian words are left out."""
    told = 0
    current: list[str] = []
    inside = is_reading = False
    for text, tag in pieces(chunks):
        if inside and text and not is_reading:
            current.append(plain(text))
        name, is_end, is_empty = local_name(tag), tag.startswith("/"), tag.endswith("/")
        inside = name == "t" and not is_end and not is_empty
        if name == "rPh":
            is_reading = not is_end and not is_empty
        if name == "si" and (is_end or is_empty):
            yield "".join(current)
            current.clear()
            told += 1
            if told >= _MAX_STRINGS:
                return


def cells(chunks: Iterable[str], shared: list[str]) -> Iterator[str]:
    """Yield each cell's text with what stands behind it, a tab or the end of a row."""
    kind = inside = ""
    for text, tag in pieces(chunks):
        if inside and text:
            yield _cell(text, kind if inside == "v" else "", shared) + "\t"
        name, is_end, is_empty = local_name(tag), tag.startswith("/"), tag.endswith("/")
        inside = name if name in {"v", "t"} and not is_end and not is_empty else ""
        if name == "c" and not is_end:
            kind = next((value for key, value in attributes(tag) if key == "t"), "")
        elif name == "row" and is_end:
            yield "\n"


def _cell(text: str, kind: str, shared: list[str]) -> str:
    if kind != "s":
        return plain(text)
    try:
        return shared[int(text)]
    except (ValueError, IndexError):
        return ""
