"""Lists in columns: a mode, a date or a size comes first, the name last.

    drwxr-xr-x 2 user group    4096 Jan  1 12:00 name           ls, tar, zipinfo, FTP, find -ls
    01.02.2025  10:11         1.234 name                        dir, 7z, PowerShell, aws s3
         1234  2025-02-01 10:11   path                          unzip, unrar, rclone lsl
    1234    ./path                                              du -ab, find -printf '%s %p'

Blanks may have been run together on the way here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.trees.base import (
    LineFormat,
    exact,
    is_dotted,
    joined,
    names_file,
    shown,
    tidy,
)

_MODE = r"[-dlbcpsDCMnP](?:[-r][-w][-xsStTlL]){3}[.+@]?"
_DAY = r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
_HOUR = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:\s?[AaPp]\.?\s?[Mm]\b\.?)?"
_GROUPED = r"\d{1,3}(?:[.,'\u2019 \u00a0\u202f]\d{3})+(?=\s)|\d+"


class ModeLines(LineFormat):
    """Lines that begin with ``-rw-r--r--``, and what stands between them."""

    starts: ClassVar[re.Pattern[str]] = re.compile(
        rf"\s{{0,12}}(?:\d+\s+){{0,2}}{_MODE}\s|[^\s:][^\t]{{0,400}}:\Z"
    )
    _LINE = re.compile(rf"\s{{0,12}}(?:\d+\s+)?(?:[\d.,]+[KMG]?\s+)?({_MODE})\s+(.+)")
    _DATE = re.compile(
        r"(?<=\s)(?:\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: [+-]\d{4})?"
        r"|\d{2,4}-[A-Za-z]{3}-\d\d \d\d:\d\d|\d\d[/.-]\d\d[/.-]\d{2,4} \d\d:\d\d"
        r"|[^\W\d]{2,6}\.?\s{1,3}\d{1,2}\.?\s{1,3}(?:\d\d?:\d\d(?::\d\d)?|\d{4})"
        r"|\d{1,2}\.?\s{1,3}[^\W\d]{2,6}\.?\s{1,3}(?:\d\d?:\d\d(?::\d\d)?|\d{4})"
        r"|\d{1,2}月\s{1,3}\d{1,2}日?\s{1,3}(?:\d\d?:\d\d|\d{4}年?))\s"
    )
    _ZIP_HOSTS = frozenset({"unx", "fat", "ntf", "hpf", "mac", "osx", "b-", "bx"})
    _TOTAL = re.compile(r"\S{1,20} \d[\d.,]*[KMGT]?\s*")
    _ESCAPE = re.compile(r"((?:\\[0-7]{3})+)|\\(.)")

    def __init__(self) -> None:
        super().__init__()
        self._folder = ""

    def take(self, line: str) -> bool:
        if not line.strip():
            return True
        found = self._LINE.fullmatch(line)
        if found is None:
            return self._is_between(line)
        mode, rest = found[1], found[2]
        date = self._DATE.search(rest[:300])
        if date is None:
            return False
        if mode[0] in "-d":
            self._file(rest[: date.start()].split(), rest[date.end() :], is_folder=mode[0] == "d")
        return True

    def _is_between(self, line: str) -> bool:
        if line.endswith(":"):
            self._folder = tidy(self._unquoted(line[:-1]))
            return True
        return self._TOTAL.fullmatch(line[:60]) is not None

    def _file(self, facts: Sequence[str], name: str, *, is_folder: bool) -> None:
        name = self._unquoted(name)
        if name.strip() in {".", "..", "./", "../"}:
            return
        is_zipinfo = len(facts) > 2 and facts[1] in self._ZIP_HOSTS
        size = facts[2] if is_zipinfo else facts[-1] if facts else ""
        path = tidy(name)
        if "/" not in name.rstrip("/"):
            path = joined(self._folder, path)
        self.add(path, shown(size), is_directory=is_folder or name.endswith("/"))

    def _unquoted(self, name: str) -> str:
        name = name.strip()
        if len(name) > 2 and name[0] == name[-1] and name[0] in "'\"":
            name = name[1:-1]
        return self._ESCAPE.sub(_unescaped, name) if "\\" in name else name


def _unescaped(found: re.Match[str]) -> str:
    if not found[1]:
        return found[2]
    octets = bytes(int(digits, 8) & 255 for digits in found[1].split("\\") if digits)
    return octets.decode("utf-8", "replace")


class DatedLines(LineFormat):
    """Lines that begin with a date, or with Windows' attributes and a date."""

    _ATTRIBUTES = r"[-dl][-a][-r][-h][-s][-l]?"
    starts: ClassVar[re.Pattern[str]] = re.compile(
        rf"\s{{0,8}}(?:{_ATTRIBUTES}\s+)?{_DAY}[ ,T\t]|\s{{0,4}}(?:[^\W\d][\w .'\u2019]{{1,40}}:?\s+)?"
        r"(?:[A-Za-z]:\\|\\\\)|-{10,} -----? "
    )
    _HEADER = re.compile(
        r"\s{0,4}(?:[^\W\d][\w .'\u2019]{1,40}:?\s+)?((?:[A-Za-z]:\\|\\\\)[^\t<>|?*]*)"
    )
    _LINE = re.compile(
        rf"\s{{0,8}}(?:({_ATTRIBUTES})\s+)?{_DAY}[ ,T\t]\s{{0,6}}{_HOUR}\s+"
        rf"(?:(?P<marks>[D.][R.][H.][S.][A.]\S{{0,12}})\s+)?"
        rf"(?P<size><[A-Z]{{3,9}}>|{_GROUPED}|)\s*(?<=[\s>])(?P<rest>\S.*)"
    )
    _PACKED = re.compile(r"\d+\s+(?=\S)")
    _RULER = re.compile(r"[- ]{10,}")

    def __init__(self) -> None:
        super().__init__()
        self._folder = ""
        self._columns: list[int] = []
        """Where the columns of 7z start and end."""

    def take(self, line: str) -> bool:
        if not line.strip():
            return True
        found = self._LINE.fullmatch(line)
        if found is not None:
            return self._file(line, found)
        header = self._HEADER.fullmatch(line)
        if header is not None and not names_file(line):
            self._folder = tidy(header[1])
            return True
        if self._RULER.fullmatch(line):
            self._columns = [at for m in re.finditer(r"-+", line) for at in m.span()]
            return True
        # Sums below a folder and at the end, in any language.
        return line[:5].isspace() or (bool(self.found) and line.startswith(("Mode ", "Date ")))

    def _file(self, line: str, found: re.Match[str]) -> bool:
        marks, attributes, size, name = found["marks"], found[1], found["size"], found["rest"]
        is_folder = (
            size.startswith("<") or (attributes or "-")[0] == "d" or (marks or ".").startswith("D")
        )
        if marks is not None:
            size, name = self._packed(line, size, name)
        if name.strip() in {".", ".."} or size in {"<SYMLINK>", "<SYMLINKD>", "<JUNCTION>"}:
            return True
        if not size and not is_folder:
            # A folder of PowerShell has no length, and a line of a log none either.
            return False
        return self.add(
            joined(self._folder, tidy(name)),
            exact(size),
            is_directory=is_folder,
            is_strong=is_dotted(name.strip()),
        )

    def _packed(self, line: str, size: str, name: str) -> tuple[str, str]:
        """Return size and name of a line of 7z, which may give the packed size between."""
        if len(self._columns) == 10 and len(line) > self._columns[8]:
            start, end, _, last, at = self._columns[4:9]
            # The two blanks before the name are one where blanks were run together.
            if at - last == 2 and line[last:at].isspace():
                return line[start:end].strip(), line[at:]
        between = self._PACKED.match(name)
        return size, name[between.end() :] if between else name


class SizedLines(LineFormat):
    """Lines that begin with a size: of a date after it, or of a path at once."""

    starts: ClassVar[re.Pattern[str]] = re.compile(r"\s{0,20}(?:[-.A-Z]{7}\s+|\*?-[-rwx]{9}\s+)?\d")
    _WITH_DATE = re.compile(
        r"\s{0,20}(?:[-.A-Z]{7}\s+|\*?-[-rwx]{9}\s+)?(?P<size>\d+)\s+"
        r"(?:(?:[A-Z][A-Za-z0-9:]{2,9}\s+)?\d+\s+(?P<ratio>-?\d{1,3}%|-->|<--|<->)\s+)?"
        rf"{_DAY}[ ,T]\s{{0,4}}{_HOUR}\s+(?P<rest>\S.*)"
    )
    _CRC = re.compile(r"([0-9A-Fa-f]{8})\s+(\S.*)")
    _PLAIN = re.compile(
        r"\s{0,20}(?P<size>\d+(?:[.,]\d+)*\s?(?:[KMGTP]i?B?|bytes|B)?)[\t ]\s*(?P<rest>\S.*)"
    )
    _BETWEEN = re.compile(r"\s*-{3,}[- ]*|\s*Archive: .*|\s*Length\s.*|\s*\d+\s+(?:\d+ )?[a-z]+\s*")

    def __init__(self) -> None:
        super().__init__()
        self._is_tabbed = False

    def take(self, line: str) -> bool:
        if not line.strip():
            return True
        dated = self._WITH_DATE.fullmatch(line)
        if dated is not None:
            name, crc32 = dated["rest"], None
            if dated["ratio"] and (summed := self._CRC.fullmatch(name)):
                name, crc32 = summed[2], int(summed[1], 16) or None
            is_folder = name.endswith("/")
            is_good = is_dotted(name)
            return self.add(
                name, exact(dated["size"]), crc32=crc32, is_directory=is_folder, is_strong=is_good
            )
        plain = self._PLAIN.fullmatch(line)
        if plain is not None:
            return self._path(plain["size"], plain["rest"], is_tabbed="\t" in line)
        return bool(self.found) and self._BETWEEN.fullmatch(line) is not None

    def _path(self, size: str, path: str, *, is_tabbed: bool) -> bool:
        is_rooted = path.startswith(("./", "/", ".\\")) or path[1:3] == ":\\"
        if not (is_rooted or is_tabbed or names_file(path)):
            # Folders of du, and files without ending, among others.
            return bool(self.strong) and self.add(path, shown(size), is_strong=False)
        self._is_tabbed |= is_tabbed
        return self.add(path, shown(size), is_strong=is_dotted(path))

    def entries(self) -> Sequence[ListingEntry]:
        """Return the files; what ``du -a`` and ``du -ah`` say is room on a disk, not size."""
        above = {entry.path.rpartition("/")[0] for entry in self.found}
        sizes = [entry.size_bytes for entry in self.found]
        are_blocks = self._is_tabbed and all(s is None or s % 4 == 0 for s in sizes)
        return [
            replace(
                _on_disk(entry) if are_blocks else entry,
                is_directory=entry.is_directory or entry.path in above,
            )
            for entry in self.found
        ]


def _on_disk(entry: ListingEntry) -> ListingEntry:
    """Return an entry with what size a file has that takes so many blocks of 4 KiB."""
    if entry.size_bytes is not None:
        high = entry.size_bytes * 1024
        return replace(entry, size_bytes=None, size_range=(max(0, high - 4096), high))
    if entry.size_range is not None:
        low, high = entry.size_range
        return replace(entry, size_range=(max(0, low - 4096), high))
    return entry
