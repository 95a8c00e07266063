"""What a format of lines offers, and what all of them share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from leakwatch.model.listing import ListingEntry
from leakwatch.model.shown_size import size_range
from leakwatch.unpack.container import MAX_NAME_CHARS

MAX_LINE = 2 * MAX_NAME_CHARS
"""Letters of a line; a longer one is of no format."""

_EXTENSIONS = (
    "7z accdb ai asc avi avif bak bat bin bmp bz2 cab cda cdr cer cfg conf crt csv dat db dbf dcm dcmx "
    "dicom dll dmp doc docm docx dot dotx dump dwg dxf edf eml emlx emz eps epub exe gif gpg gz heic heif "
    "hl7 htm html ics idx img ini iso jfif jpe jpeg jpg json jsonl kdbx key lnk log lz4 m4a mbox md mdb mdf "
    "mht mov mp3 mp4 mpg mpp msg msi nii nrg numbers odg odp ods odt old one ost p12 p7m pages parquet pbix "
    "pdf pem pfx pgp php png ppt pptm pptx ps ps1 psd pst pub py qbw rar rpt rtf sav sh sql sqlite sqlite3 "
    "svg tar tgz tif tiff tmp torrent ts txt url vcf vhd vhdx vmdk vsd vsdx wav webm webp wma wmv wpd "
    "wps wri xls xlsb xlsm xlsx xlt xml xps xsl xz yaml yml z zip zipx zst zstd"
)
_KNOWN = frozenset(_EXTENSIONS.split())
"""Endings that names of files have."""
_PART = re.compile(r"[rz]?\d\d\d?")
"""And those of parts of archives."""
_NO_STEM = re.compile(r"[\s./\\]")
_FIGURE = re.compile(r"(?:\A|[^\w.])[-+]?\d[\d.,]*\Z")
"""What stands before the ending of ``1.02`` or ``Sodium 4.125``, which name no file."""
_DOTTED = re.compile(r"\.[A-Za-z]\w{0,4}\Z", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:[.,'\u2019 \u00a0\u2009\u202f]\d{3})+")
_SHOWN = re.compile(r"(\d+(?:[.,]\d{1,3})?) ?([KMGTP]i?B?|B|bytes?|octets)?", re.IGNORECASE)
_DRIVE = re.compile(r"(?:[A-Za-z]:|\\\\\?)?[\\/]+|\.[\\/]")
_TOTAL = re.compile(r"(?:\d+\s+)?\d+ [^\W\d]+(?:\(s\))?(?:, \d+ [^\W\d]+)?|total")
"""What stands in place of a name below a list: ``6 files``, ``1234  5 files, 1 folders``."""
_LARGEST_BYTES = 1 << 62


class LineFormat(ABC):
    """One format, over one run of lines; a fresh object for each run."""

    starts: ClassVar[re.Pattern[str]]
    """Matches what a run may begin with, at the start of its line; cheap."""

    def __init__(self) -> None:
        self.found: list[ListingEntry] = []
        self.strong = 0
        """Entries so far that look like nothing else."""

    @classmethod
    def may_begin(cls, line: str) -> bool:
        """Tell whether a run may begin with a line; asked of every line of a text."""
        return cls.starts.match(line) is not None

    @property
    def taken(self) -> int:
        """Return how many entries there are so far."""
        return len(self.found)

    @abstractmethod
    def take(self, line: str) -> bool:
        """Take a line, without its end; False if it is none of this format."""

    def settle(self) -> None:  # noqa: B027 - most keep nothing back
        """Take note that no more lines come: ``strong`` and ``taken`` are final then."""

    def entries(self) -> Sequence[ListingEntry]:
        """Return the files of the run, once it is settled."""
        return self.found

    def add(
        self,
        path: str,
        sizes: tuple[int, int] | None,
        *,
        crc32: int | None = None,
        is_directory: bool = False,
        is_strong: bool = True,
    ) -> bool:
        """Keep one entry; False if its path is none. Sums and ``.`` are passed over."""
        path = tidy(path)
        if not path:
            return False
        if path in {".", ".."} or _TOTAL.fullmatch(path[:80]):
            return True
        low, high = sizes if sizes is not None and not is_directory else (None, None)
        is_exact = low == high
        self.found.append(
            ListingEntry(
                path=path,
                size_bytes=low if is_exact else None,
                crc32=crc32,
                is_directory=is_directory,
                size_range=None if is_exact or low is None or high is None else (low, high),
            )
        )
        self.strong += is_strong and not is_directory
        return True


def tidy(path: str) -> str:
    """Return a path as listings have it: relative, with ``/``, no end of ``/``."""
    path = path.strip(" \t\r\u00a0\"'`").replace("\\", "/").replace("\0", "")
    while (drive := _DRIVE.match(path)) and drive.end():
        path = path[drive.end() :]
    return path.rstrip("/")[-MAX_NAME_CHARS:]


def joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def names_file(path: str) -> bool:
    """Tell whether a path ends as names of files do."""
    # Asked of most lines and cells of a text: a pattern of all endings takes ten times as long.
    stem, dot, ending = path[-12:].rstrip("\"'/* ").rpartition(".")
    if not dot or not stem or _NO_STEM.match(stem[-1]):
        return False
    if ending.lower() in _KNOWN:
        return True
    if _PART.fullmatch(ending.lower()) is None:
        return False
    return not ending.isdigit() or _FIGURE.search(path[-48:].rpartition(".")[0]) is None


def is_dotted(path: str) -> bool:
    """Tell whether a path has some extension, a known one or not."""
    return _DOTTED.search(path[-8:]) is not None or names_file(path)


def exact(digits: str) -> tuple[int, int] | None:
    """Return a size in bytes, its thousands set apart or not; twice, as a range."""
    plain = digits.strip()
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"\D", "", plain)
    if not (plain.isdigit() and plain.isascii() and len(plain) < 20):
        return None
    size = int(plain)
    return (size, size) if size < _LARGEST_BYTES else None


def shown(size: str) -> tuple[int, int] | None:
    """Return the least and greatest size that ``1.2K``, ``34 MB`` or ``1234`` stands for."""
    size = size.strip()
    if (found := exact(size)) is not None:
        return found
    said = _SHOWN.fullmatch(size)
    sizes = size_range(said[1], said[2] or "") if said else None
    return sizes if sizes is not None and sizes[1] < _LARGEST_BYTES else None
