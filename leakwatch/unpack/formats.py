"""Which kinds are containers, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leakwatch.unpack.container import Container, Document
from leakwatch.unpack.dicom_document import DicomDocument
from leakwatch.unpack.document_package import DocumentPackage
from leakwatch.unpack.gzip_stream import GZIP, ZLIB
from leakwatch.unpack.libarchive_reader import LibarchiveReader
from leakwatch.unpack.mail import Mailbox, MailMessage
from leakwatch.unpack.ole_attachments import MessageAttachments, OleAttachments
from leakwatch.unpack.packed_streams import BZIP2, COMPRESS, LZ4, LZIP, LZMA_ALONE, XZ, ZSTD
from leakwatch.unpack.pdf_attachments import PdfAttachments
from leakwatch.unpack.rar_archive import RarArchive
from leakwatch.unpack.sevenzip_archive import SevenZipArchive
from leakwatch.unpack.tar_archive import TarArchive
from leakwatch.unpack.tnef import TnefMessage
from leakwatch.unpack.zip_archive import ZipArchive

CONTAINERS: Mapping[str, Container] = MappingProxyType(
    {
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
        "rar": RarArchive(),
        "7z": SevenZipArchive(),
        "zip": ZipArchive(),
    }
)

_PACKAGE = DocumentPackage()
_OLE = OleAttachments()

DOCUMENTS: Mapping[str, Document] = MappingProxyType(
    {
        "docx": _PACKAGE,
        "xlsx": _PACKAGE,
        "pptx": _PACKAGE,
        "opc": _PACKAGE,
        "odf": _PACKAGE,
        "xps": _PACKAGE,
        "epub": DocumentPackage(is_book=True),
        "doc": _OLE,
        "xls": _OLE,
        "ppt": _OLE,
        "ole": _OLE,
        "msg": MessageAttachments(),
        "pdf": PdfAttachments(),
        "dicom": DicomDocument(),
    }
)
"""Kinds that are read themselves, and may have files attached."""

UNREAD_ARCHIVES = frozenset(
    {"arj", "ace", "grzip", "lrzip", "lzop", "stuffit", "udf", "wim", "zoo"} - CONTAINERS.keys()
)
"""Archives of a kind that nobody here opens: reported as such, never passed over."""
