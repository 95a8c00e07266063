"""Who opens content: as what it is, as an archive that hangs at its end, as a document."""

from __future__ import annotations

from leakwatch.unpack.blobs import BLOB_KINDS, TextWithBlobs, has_blobs
from leakwatch.unpack.budget import BudgetLimits
from leakwatch.unpack.container import Container, Document, SeekableStream
from leakwatch.unpack.document_package import DocumentPackage
from leakwatch.unpack.formats import CONTAINERS, DOCUMENTS
from leakwatch.unpack.long_text import LONG_KINDS, LongText
from leakwatch.unpack.refine import COMPOUND_KINDS, PACKAGE_KINDS, is_package
from leakwatch.unpack.self_extractor import PROGRAM_KINDS, appended_kind
from leakwatch.unpack.zip_directory import has_directory

_PACKAGE_PARTS = DocumentPackage(with_text=True)


def forward_opener(kind: str) -> Container | None:
    """Return who opens content of a kind as it comes, without holding it."""
    container = CONTAINERS.get(kind)
    return None if container is None or container.needs_seek else container


def long_text_opener(kind: str, size_bytes: int, limits: BudgetLimits) -> Container | None:
    """Return who cuts a text too long to be held."""
    is_long = kind in LONG_KINDS and size_bytes > 2 * limits.text_part_bytes
    return LongText(kind, limits.text_part_bytes) if is_long else None


def opener(kind: str, stream: SeekableStream) -> Container | None:
    """Return who opens content that can be read anywhere; leaves the stream anywhere.

    A document with files attached comes before what hangs at its end: one of
    those may be a ZIP file.
    """
    if kind in CONTAINERS:
        return CONTAINERS[kind]
    document = DOCUMENTS.get(kind)
    if document is not None and _has_members(document, stream):
        return document
    if kind not in PACKAGE_KINDS and has_directory(stream):
        if not is_package(stream):
            return CONTAINERS["zip"]
        # Office keeps a document's theme as a package in the old formats too: the
        # same in all letters from one template.
        return None if kind in COMPOUND_KINDS else _PACKAGE_PARTS
    appended = appended_kind(stream) if kind in PROGRAM_KINDS else None
    if appended is not None:
        return CONTAINERS[appended]
    return TextWithBlobs() if kind in BLOB_KINDS and has_blobs(stream) else None


def opened_kind(kind: str, container: Container) -> str:
    """Name an archive that starts with something else (a self-extractor) for what it is."""
    if kind not in PROGRAM_KINDS:
        return kind
    return next((name for name, one in CONTAINERS.items() if one is container), kind)


def _has_members(document: Document, stream: SeekableStream) -> bool:
    try:
        return document.has_members(stream)
    except Exception:  # noqa: BLE001  (hostile bytes raise anything; the text says what is wrong)
        return False
