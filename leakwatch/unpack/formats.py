"""Which kinds are containers, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leakwatch.unpack.container import Container
from leakwatch.unpack.gzip_stream import GzipStream
from leakwatch.unpack.rar_archive import RarArchive
from leakwatch.unpack.sevenzip_archive import SevenZipArchive
from leakwatch.unpack.zip_archive import ZipArchive

_ZIP = ZipArchive()

CONTAINERS: Mapping[str, Container] = MappingProxyType(
    {
        "zip": _ZIP,
        "gzip": GzipStream(),
        "rar": RarArchive(),
        "7z": SevenZipArchive(),
        # Office documents are ZIP files; their text lies in XML members.
        "docx": _ZIP,
        "xlsx": _ZIP,
        "pptx": _ZIP,
        "odf": _ZIP,
        "epub": _ZIP,
    }
)

UNREAD_ARCHIVES = frozenset(
    {"bzip2", "xz", "zstd", "lz4", "compress", "7z", "rar", "tar", "cab"} - CONTAINERS.keys()
)
"""Archives of a kind that nobody here opens: reported as such, never passed over."""
