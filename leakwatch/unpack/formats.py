"""Which kinds are containers, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leakwatch.unpack.container import Container
from leakwatch.unpack.gzip_stream import GZIP, ZLIB
from leakwatch.unpack.libarchive_reader import LibarchiveReader
from leakwatch.unpack.mail import Mailbox, MailMessage
from leakwatch.unpack.packed_streams import BZIP2, COMPRESS, LZ4, LZIP, LZMA_ALONE, XZ, ZSTD
from leakwatch.unpack.tar_archive import TarArchive
from leakwatch.unpack.tnef import TnefMessage
from leakwatch.unpack.zip_archive import ZipArchive

_ZIP = ZipArchive()

CONTAINERS: Mapping[str, Container] = MappingProxyType(
    {
        "zip": _ZIP,
        "gzip": GZIP,
        "zlib": ZLIB,
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
        "tnef": TnefMessage(),
        "iso": LibarchiveReader(("iso9660",)),
        "cab": LibarchiveReader(("cab",)),
        "cpio": LibarchiveReader(("cpio",)),
        "ar": LibarchiveReader(("ar",)),
        "lha": LibarchiveReader(("lha",)),
        "xar": LibarchiveReader(("xar",)),
        "warc": LibarchiveReader(("warc",)),
        "rpm": LibarchiveReader(("cpio",), ("rpm", "gzip", "bzip2", "xz", "lzma", "zstd")),
        # Office documents are ZIP files; their text lies in XML members.
        "docx": _ZIP,
        "xlsx": _ZIP,
        "pptx": _ZIP,
        "odf": _ZIP,
        "epub": _ZIP,
    }
)

UNREAD_ARCHIVES = frozenset(
    {"7z", "rar", "arj", "ace", "grzip", "lrzip", "lzop", "stuffit", "udf", "wim", "zoo"}
    - CONTAINERS.keys()
)
"""Archives of a kind that nobody here opens: reported as such, never passed over."""
