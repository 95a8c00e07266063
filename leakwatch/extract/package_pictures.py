"""Pictures in documents that are ZIP files: those shown in it, as pictures of the document."""

from __future__ import annotations

import io
import re

from leakwatch.errors import BudgetExceeded
from leakwatch.extract.base import ContentStream, Gallery, PictureLimits
from leakwatch.extract.image import PictureBudget, picture_frames
from leakwatch.extract.package import Package
from leakwatch.model.picture import Picture

_PICTURE = re.compile(r".*\.(?:jpe?g|jpe|png|gif|bmp|dib|tiff?|webp)")
_THUMBNAIL = re.compile(r"(?:docprops/|thumbnails/|.*/thumbnails/).*")
_MAX_FILES = 2_000
"""Pictures looked at in one document, icons too."""
_MAX_PICTURE_BYTES = 64 * 1024 * 1024


class PackagePictures:
    """Pictures of a document, in the order of their names, each once."""

    def read(self, stream: ContentStream, limits: PictureLimits) -> Gallery:
        package = Package(stream)
        budget = PictureBudget(limits)
        found: dict[bytes, Picture] = {}
        failed, note = 0, None
        for info in package.parts(_is_picture)[:_MAX_FILES]:
            if len(found) >= limits.max_pictures:
                note = f"pictures cut after {limits.max_pictures}"
                break
            if info.file_size > _MAX_PICTURE_BYTES:
                failed += 1
                continue
            data = io.BytesIO(b"".join(package.chunks(info))[: _MAX_PICTURE_BYTES + 1])
            try:
                for picture in filter(None, picture_frames(data, budget)):
                    found.setdefault(picture.hashes[0], picture)
            except BudgetExceeded as error:
                note = error.what
                if error.limit == "total_pixels":
                    break
            except Exception:  # noqa: BLE001  (hostile bytes raise anything)
                failed += 1
        if failed and not note:
            note = f"{failed} pictures could not be decoded"
        return Gallery(tuple(found.values())[: limits.max_pictures], note)


def _is_picture(name: str) -> bool:
    return bool(_PICTURE.fullmatch(name)) and not _THUMBNAIL.fullmatch(name)
