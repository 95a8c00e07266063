"""Which kinds are containers, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leakwatch.unpack.container import Container, Document
from leakwatch.unpack.document_package import DocumentPackage
from leakwatch.unpack.gzip_stream import GzipStream
from leakwatch.unpack.ole_attachments import MessageAttachments, OleAttachments
from leakwatch.unpack.pdf_attachments import PdfAttachments
from leakwatch.unpack.zip_archive import ZipArchive

CONTAINERS: Mapping[str, Container] = MappingProxyType(
    {
        "zip": ZipArchive(),
        "gzip": GzipStream(),
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
    }
)
"""Kinds that are read themselves, and may have files attached."""

UNREAD_ARCHIVES = frozenset(
    {"bzip2", "xz", "zstd", "lz4", "compress", "7z", "rar", "tar", "cab"} - CONTAINERS.keys()
)
"""Archives of a kind that nobody here opens: reported as such, never passed over."""
