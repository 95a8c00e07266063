"""Which kinds hold pictures, and who looks at them. Loads Pillow and pdfium."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leakwatch.extract.base import ContentStream, Gallery, PictureLimits, PictureReader
from leakwatch.extract.dicom_pictures import DicomPictures
from leakwatch.extract.image import PictureFile
from leakwatch.extract.package_pictures import PackagePictures
from leakwatch.extract.pdf_pictures import PdfPictures
from leakwatch.model.coverage import PICTURE_KINDS

_PACKAGE_KINDS = ("docx", "xlsx", "pptx", "odf", "epub", "xps", "opc")
_READERS: Mapping[str, PictureReader] = MappingProxyType(
    {
        # Nobody here decodes HEIC.
        **dict.fromkeys(PICTURE_KINDS - {"heic"}, PictureFile()),
        **dict.fromkeys(_PACKAGE_KINDS, PackagePictures()),
        "pdf": PdfPictures(),
        "dicom": DicomPictures(),
    }
)


class PictureExtraction:
    """All readers of pictures behind one call."""

    def __init__(self, limits: PictureLimits) -> None:
        self._limits = limits

    def has_pictures(self, kind: str) -> bool:
        return kind in _READERS

    def __call__(self, kind: str, stream: ContentStream) -> Gallery:
        """Return the pictures in content of a kind that has some; raises anything."""
        return _READERS[kind].read(stream, self._limits)
