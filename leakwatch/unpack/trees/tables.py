"""Lists that only their names of files betray: CSV, names with sizes, bare paths.

Here a line counts only if it ends, or a field of it, as names of files do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import unquote

from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.trees.base import LineFormat, is_dotted, names_file, shown

_PATH_WORDS = (
    "path file filename file_name filepath file_path fullname full_name name key object datei "
    "dateiname pfad fichier nom chemin archivo nombre ruta arquivo nome caminho файл имя путь"
)
_PATH_HEADS = frozenset(_PATH_WORDS.split())
_SIZE_WORDS = (
    "size bytes length filesize file_size size_bytes sizeinbytes größe groesse taille tamaño tamanho "
    "размер"
)
_SIZE_HEADS = frozenset(_SIZE_WORDS.split())
_SUM_HEADS = frozenset({"crc", "crc32", "crc-32", "crc_32"})
_DELIMITERS = "\t;|,"
_MAX_CELLS = 64
_BULLET = re.compile(r"\s*(?:[-*\u2022\u00b7>]|\d{1,4}[.)])\s+")


class Table(LineFormat):
    """Rows of as many cells, one of them a path; a size where a heading or a lone number says so."""

    _OBJECT = ("{", "[{", "  {", "    {", ",{")
    _CELL = re.compile(r'"((?:[^"]|"")*)"')
    _NUMBER = re.compile(r"-?\d+")

    def __init__(self) -> None:
        super().__init__()
        self._delimiter = ""
        self._width = 0
        self._path: int | None = None
        self._size: int | None = None
        self._sum: int | None = None
        self._is_headed = False

    @classmethod
    def may_begin(cls, line: str) -> bool:
        """Tell whether a line has two cells, and is no object of JSON."""
        has_cells = "," in line or "\t" in line or ";" in line or "|" in line
        return has_cells and not line.startswith(cls._OBJECT)

    def take(self, line: str) -> bool:
        if not line.strip():
            return True
        if not self._delimiter:
            return self._begin(line)
        if not line.strip("|-:+ "):
            return True
        cells = self._cells(line, self._delimiter)
        if len(cells) != self._width:
            return False
        if self._path is None and not self._guess(cells):
            return False
        return self._row(cells)

    def _begin(self, line: str) -> bool:
        for delimiter in _DELIMITERS:
            if delimiter not in line:
                continue
            cells = self._cells(line, delimiter)
            if not 2 <= len(cells) <= _MAX_CELLS:
                continue
            self._delimiter, self._width = delimiter, len(cells)
            if self._headings(cells):
                return True
            if self._guess(cells):
                return self._row(cells)
            self._delimiter = ""
        return False

    def _headings(self, cells: Sequence[str]) -> bool:
        heads = [cell.strip("%# ").casefold().replace(" ", "_") for cell in cells]
        if _PATH_HEADS.isdisjoint(heads):
            return False
        place = {
            kind: next((n for n, head in enumerate(heads) if head in names), None)
            for kind, names in (("path", _PATH_HEADS), ("size", _SIZE_HEADS), ("sum", _SUM_HEADS))
        }
        self._is_headed = True
        self._path, self._size, self._sum = place["path"], place["size"], place["sum"]
        return True

    def _guess(self, cells: Sequence[str]) -> bool:
        self._path = next((n for n, cell in enumerate(cells) if names_file(cell)), None)
        if self._path is None:
            return False
        numbers = [n for n, cell in enumerate(cells) if n != self._path and shown(cell) is not None]
        self._size = numbers[0] if len(numbers) == 1 else None
        return True

    def _row(self, cells: Sequence[str]) -> bool:
        path = cells[self._path] if self._path is not None else ""
        size = shown(cells[self._size]) if self._size is not None else None
        if not (self._is_headed or names_file(path) or (self.strong and size is not None)):
            return False
        crc = cells[self._sum] if self._sum is not None else ""
        is_crc = re.fullmatch(r"(?:0x)?[0-9A-Fa-f]{8}", crc) is not None
        return self.add(
            path,
            size,
            crc32=(int(crc, 16) or None) if is_crc else None,
            is_strong=names_file(path),
        )

    def _cells(self, line: str, delimiter: str) -> list[str]:
        if delimiter == "|":
            line = line.strip().strip("|")
        if '"' not in line:
            return [cell.strip() for cell in line.split(delimiter, _MAX_CELLS)]
        kept: list[str] = []

        def hide(found: re.Match[str]) -> str:
            kept.append(found[1].replace('""', '"'))
            return "\0"

        hidden = self._CELL.sub(hide, line.replace("\0", ""))
        quoted = iter(kept)
        cells = hidden.split(delimiter, _MAX_CELLS)
        return [re.sub("\0", lambda _: next(quoted), cell).strip() for cell in cells]


class NamedSizes(LineFormat):
    """``name.ext  1.2 MB``: what leak sites and messages say of files."""

    starts: ClassVar[re.Pattern[str]] = re.compile(
        r".{0,8190}\.\w{1,7}\W{1,16}\d[\d.,]*\s?[A-Za-z]{0,6}\W{0,3}\Z"
    )
    _TAIL = re.compile(
        r"[\s:|,;(\[\u2013\u2014=>-]{1,12}(\d[\d.,]*\s?(?:[KMGTP]i?B?|bytes|B)?)[)\]]?\s*\Z",
        re.IGNORECASE,
    )

    def take(self, line: str) -> bool:
        if not line.strip():
            return True
        tail = self._TAIL.search(line, max(0, len(line) - 48))
        name = line[: tail.start()] if tail else ""
        if tail is None or not names_file(name):
            return False
        return self.add(_without_bullet(name).strip("\"'`"), shown(tail[1]))


class NamedDates(LineFormat):
    """``name.ext  01-Jan-2025 12:00  1234``: what a web server's listing looks like as text."""

    _TAIL = re.compile(
        r"\s(?:\d{4}-\d\d-\d\d|\d{1,2}-\w{3}-\d{4}) \d\d:\d\d(?::\d\d)?\s{1,40}"
        r"(-|\d[\d.,]*\s?(?:[KMGTP]i?B?|B)?)\s*\Z",
        re.IGNORECASE,
    )

    @classmethod
    def may_begin(cls, line: str) -> bool:
        """Tell whether a clock's hour stands near the end of a line."""
        return ":" in line[-96:] and cls._TAIL.search(line, max(0, len(line) - 96)) is not None

    def take(self, line: str) -> bool:
        if not line.strip():
            return True
        tail = self._TAIL.search(line, max(0, len(line) - 96))
        if tail is None:
            return False
        name = line[: tail.start()].strip()
        is_folder = name.endswith("/")
        return self.add(name, shown(tail[1]), is_directory=is_folder, is_strong=is_dotted(name))


class PathLines(LineFormat):
    """A path a line and nothing else: ``find``, ``dir /s /b``, lists of links."""

    starts: ClassVar[re.Pattern[str]] = re.compile(r"\s{0,12}\S")
    _LINK = re.compile(r"https?://[^/\s]{1,300}/(\S+)", re.IGNORECASE)

    def take(self, line: str) -> bool:
        plain = line.strip()
        if not plain:
            return True
        link = self._LINK.fullmatch(plain)
        if link is not None:
            path = unquote(link[1].partition("?")[0].partition("#")[0])
            return names_file(path) and self.add(path, None)
        is_rooted = plain.startswith(("./", "/", "\\\\")) or plain[1:3] == ":\\"
        plain = _without_bullet(plain).strip("\"'`,")
        if names_file(plain) and (is_rooted or len(plain) <= 300):
            return self.add(plain, None)
        return is_rooted and bool(self.found) and self.add(plain, None, is_strong=is_dotted(plain))

    def entries(self) -> Sequence[ListingEntry]:
        """Return the files; a path that others lie below is a folder."""
        above = {entry.path.rpartition("/")[0] for entry in self.found}
        return [entry for entry in self.found if entry.path not in above]


def _without_bullet(name: str) -> str:
    bullet = _BULLET.match(name)
    return name[bullet.end() :] if bullet else name
