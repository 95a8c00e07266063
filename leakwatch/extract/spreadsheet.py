"""Workbooks by calamine: .xlsx, .xlsm, .xlsb and .xls, hidden sheets too.

Told row by row: dates as ISO 8601, whole numbers without a point. calamine lays
a sheet out as a full rectangle, so one cell in the last corner of an empty
sheet kills the process; ``sheet_markup`` reads it then.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import IO, cast

import python_calamine

from leakwatch.errors import Encrypted
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.cpu import cpu_at_most
from leakwatch.extract.office import side_text
from leakwatch.extract.package import Package
from leakwatch.extract.panics import as_errors
from leakwatch.extract.text_parts import TextParts
from leakwatch.extract.workbook_binary import box_texts, workbook_stream

SHEET_PARTS = re.compile(r"(?:.*/)?(?:worksheets/[^/]*|sharedstrings|workbook|calcchain)\.xml")
_HANGING_CPU_S = 30.0
_Cell = float | str | dt.date | dt.time | dt.timedelta


class Workbook:
    """Text of an Office package with sheets; then comments, drawings and charts."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        sheets = _sheets_text(stream, max_chars)
        stream.seek(0)
        package = Package(stream)
        rest, note = side_text(package, max_chars, without=SHEET_PARTS)
        text = "\n".join(part for part in (sheets.text(), rest) if part)
        return Extraction(text[:max_chars], sheets.note or note)


class WorkbookBinary:
    """Text of a workbook in a compound file."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        data, properties = workbook_stream(stream)
        boxes = "\n".join(box_texts(data))
        stream.seek(0)
        sheets = _sheets_text(stream, max_chars)
        text = "\n".join(part for part in (sheets.text(), boxes, properties) if part)
        return Extraction(text[:max_chars], sheets.note)


def _sheets_text(stream: ContentStream, max_chars: int) -> TextParts:
    """Read all sheets.

    Raises:
        Encrypted: the workbook has a password.
        CalamineError: it is damaged.
    """
    parts = TextParts(max_chars)
    with as_errors("calamine"), cpu_at_most(_HANGING_CPU_S):
        try:
            workbook = python_calamine.CalamineWorkbook.from_filelike(cast("IO[bytes]", stream))
        except python_calamine.PasswordError:
            raise Encrypted("the workbook has a password") from None
        for line in _lines(workbook):
            if not parts.add(line):
                break
    return parts


def _lines(workbook: python_calamine.CalamineWorkbook) -> Iterator[str]:
    for number, name in enumerate(workbook.sheet_names):
        yield name + "\n"
        try:
            sheet = workbook.get_sheet_by_index(number)
        except (python_calamine.CalamineError, python_calamine.WorksheetNotFound):
            # Charts and dialogues are sheets by name only.
            continue
        if sheet.start is None:
            continue
        for row in sheet.iter_rows():
            line = "\t".join([_shown(cell) for cell in row if cell not in {"", None}])
            if line:
                yield line + "\n"


def _shown(cell: _Cell) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)
