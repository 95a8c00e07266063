"""Which kinds are containers, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leakwatch.unpack.container import Container
from leakwatch.unpack.gzip_stream import GZIP
from leakwatch.unpack.libarchive_reader import LibarchiveReader
from leakwatch.unpack.mail import Mailbox, MailMessage
from leakwatch.unpack.packed_streams import BZIP2, COMPRESS, LZ4, LZIP, LZMA_ALONE, XZ, ZSTD
from leakwatch.unpack.rar_archive import RarArchive
from leakwatch.unpack.sevenzip_archive import SevenZipArchive
from leakwatch.unpack.tar_archive import TarArchive
from leakwatch.unpack.zip_archive import ZipArchive

_ZIP = ZipArchive()

CONTAINERS: Mapping[str, Container] = MappingProxyType(
    {
        "zip": _ZIP,
        "gzip": GZIP,
        "bzip2": BZIP2,
        "xz": XZ,
        "lzma": LZMA_ALONE,
        "lzip": LZIP,
        "zstd": ZSTD,
        "lz4": LZ4,
        "compress": COMPRESS,
        "tar": TarArchive(),
        "eml": MailMessage(),
        "mbox": Mailbox(),
        "iso": LibarchiveReader(("iso9660",)),
        "cab": LibarchiveReader(("cab",)),
        "cpio": LibarchiveReader(("cpio",)),
        "ar": LibarchiveReader(("ar",)),
        "lha": LibarchiveReader(("lha",)),
        "xar": LibarchiveReader(("xar",)),
        "warc": LibarchiveReader(("warc",)),
        "rpm": LibarchiveReader(("cpio",), ("rpm", "gzip", "bzip2", "xz", "lzma", "zstd")),
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
    {"7z", "rar", "arj", "ace", "lrzip", "lzop", "stuffit", "udf", "wim", "zoo"} - CONTAINERS.keys()
)
"""Archives of a kind that nobody here opens: reported as such, never passed over."""
