"""A document packed in a DICOM file: a PDF, a CDA, a model (PS3.3, A.45)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from leakwatch.extract.dicom import open_data_set
from leakwatch.unpack.container import CHUNK_BYTES, Member, SeekableStream

_MAX_BYTES = 256 * 1024 * 1024
_HEAD_BYTES = 4096
_CLASSES = b"1.2.840.10008.5.1.4.1.1.104."
"""What the identifiers of all classes of encapsulated documents begin with (PS3.4, B.5)."""
_DOCUMENT = 0x00420011


class DicomDocument:
    """The packed document is the one member; the words around it are the whole's text."""

    needs_seek = True

    def has_members(self, stream: SeekableStream, /) -> bool:
        """Tell by the class that the file names of itself: most are images."""
        stream.seek(0)
        return _CLASSES in stream.read(_HEAD_BYTES)

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
        """Yield the document, where there is one."""
        stream.seek(0)
        for element in open_data_set(stream.read(_MAX_BYTES)).elements():
            if element.tag == _DOCUMENT and not element.is_nested:
                yield Member(
                    name="document",
                    ordinal=0,
                    size_bytes=len(element.value),
                    crc32=None,
                    packed_bytes=None,
                    chunks=partial(_chunks, element.value),
                )
                return


def _chunks(value: memoryview) -> Iterator[bytes]:
    for start in range(0, len(value), CHUNK_BYTES):
        yield bytes(value[start : start + CHUNK_BYTES])
