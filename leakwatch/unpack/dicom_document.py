"""A document packed in a DICOM file: a PDF, a CDA, a model (PS3.3, A.45)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from leakwatch.extract.dicom import open_data_set
from leakwatch.unpack.container import CHUNK_BYTES, Member, SeekableStream

_MAX_BYTES = 256 * 1024 * 1024
_DOCUMENT = 0x00420011


class DicomDocument:
    """The packed document is the one member; the words around it are the whole's text."""

    needs_seek = True

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
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
