"""Files attached to a PDF (ISO 32000-1, 7.11.4), by pdfium."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import pypdfium2

from leakwatch.errors import Corrupt
from leakwatch.extract.pdf import open_pdf
from leakwatch.unpack.container import CHUNK_BYTES, Member, SeekableStream

_MARKS = (b"/EmbeddedFile", b"/Filespec")
_MAX_FILES = 1_000
_SCAN_BYTES = 1024 * 1024


class PdfAttachments:
    """Gives what is attached to a document as a whole."""

    needs_seek = True

    def has_members(self, stream: SeekableStream) -> bool:
        """Tell whether the word for it stands anywhere: an attached file is never packed away."""
        stream.seek(0)
        before = b""
        while data := stream.read(_SCAN_BYTES):
            if any(mark in before + data for mark in _MARKS):
                return True
            before = data[-16:]
        return False

    def members(self, stream: SeekableStream, passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield the attachments.

        Raises:
            Encrypted: the document has a password that is not known.
            Corrupt: it is damaged.
        """
        try:
            document = open_pdf(stream, passwords)
        except pypdfium2.PdfiumError:
            raise Corrupt("the document is damaged") from None
        try:
            for ordinal in range(min(document.count_attachments(), _MAX_FILES)):
                found = document.get_attachment(ordinal)
                yield Member(
                    name=found.get_name() or "attachment",
                    ordinal=ordinal,
                    size_bytes=None,
                    crc32=None,
                    packed_bytes=None,
                    chunks=partial(_content, found),
                )
        finally:
            document.close()


def _content(found: pypdfium2.PdfAttachment) -> Iterator[bytes]:
    try:
        data = memoryview(found.get_data())
    except pypdfium2.PdfiumError:
        raise Corrupt("the attachment is damaged") from None
    for start in range(0, len(data), CHUNK_BYTES):
        yield bytes(data[start : start + CHUNK_BYTES])
