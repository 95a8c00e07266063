"""Word documents, presentations and drawings in Office packages (ECMA-376), each one text.

Parts are taken by what they are not: whatever is neither formatting nor a
picture is read, wherever it lies, the main part first.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.markup import decoded, pieces, plain
from leakwatch.extract.office_markup import OfficeText
from leakwatch.extract.package import Package, tidy_name

_MAIN = re.compile(
    r"(?:word/document\d*|ppt/slides/slide\d+|xl/worksheets/[^/]*|visio/pages/page\d+)\.xml"
)
_SIDE = re.compile(
    r"(?:word/(?:(?:foot|end)notes|comments|header|footer)|ppt/(?:notesslides|comments)/)"
)
FORMATTING = re.compile(
    r"(?:[^/]*/)*(?:theme/.*|tables?styles\.xml|styles(?:witheffects)?\.xml|settings\.xml|websettings\.xml"
    r"|fonttable\.xml|numbering\.xml|people\.xml|presprops\.xml|viewprops\.xml|app\.xml"
    r"|slidemasters/.*|slidelayouts/.*|notesmasters/.*|handoutmasters/.*|masters/.*"
    r"|diagrams/(?:colors|layout|quickstyle|drawing)\d*\.xml|charts/(?:style|colors)\d*\.xml"
    r"|\[content_types\]\.xml|core\.xml|custom\.xml|[^/]*props\d*\.xml)"
)
_PROPERTIES = re.compile(r"(?:.*/)?docprops/(?:core|custom)\.xml")
_TOLD_PROPERTIES = frozenset({"title", "subject", "description", "keywords", "category"})


class OfficePackage:
    """Text of a Word document, a presentation, or another package of its kind."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        package = Package(stream)
        return Extraction(*side_text(package, max_chars))


def side_text(
    package: Package, max_chars: int, *, without: re.Pattern[str] | None = None
) -> tuple[str, str | None]:
    """Return the text of a package's parts, and a note; ``without`` names parts to leave out."""

    def is_wanted(name: str) -> bool:
        if not name.endswith(".xml") or FORMATTING.fullmatch(name):
            return False
        return without is None or not without.fullmatch(name)

    office = OfficeText(max_chars)
    for info in sorted(package.parts(is_wanted), key=_rank):
        office.read(decoded(package.chunks(info)))
        if office.is_full:
            break
    properties = _properties(package)
    text = "\n".join(part for part in (office.text().strip("\n"), properties) if part)
    return text[:max_chars], office.note or package.note


def _rank(info: zipfile.ZipInfo) -> int:
    name = tidy_name(info.filename)
    if _MAIN.fullmatch(name):
        return 0
    return 1 if _SIDE.match(name) else 2


def _properties(package: Package) -> str:
    """Return the title, the subject and what the document's owner added."""
    lines: list[str] = []
    for info in package.parts(lambda name: bool(_PROPERTIES.fullmatch(name))):
        is_custom = tidy_name(info.filename).endswith("custom.xml")
        lines += _values(decoded(package.chunks(info)), is_custom=is_custom)
    return "\n".join(lines)


def _values(chunks: Iterable[str], *, is_custom: bool) -> list[str]:
    found = []
    for text, tag in pieces(chunks):
        name = tag.rpartition(":")[2]
        if tag.startswith("/") and text.strip() and (is_custom or name in _TOLD_PROPERTIES):
            found.append(plain(text))
    return found
