"""What a DICOM file shows: each frame is a picture.

A frame's size is judged by what the header claims before a pixel is read, and
by its own header where it is a JPEG or JPEG 2000 file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from leakwatch.errors import BudgetExceeded, ExtractError
from leakwatch.extract.base import ContentStream, Gallery, PictureLimits
from leakwatch.extract.dicom import PIXEL_DATA, Element, open_data_set
from leakwatch.extract.dicom_pixels import Form, form_of, shown, shown_file
from leakwatch.extract.image import MIN_SIDE_PX, PictureBudget, hash_picture, opened
from leakwatch.model.picture import Picture

_MAX_BYTES = 256 * 1024 * 1024
"""Read of a file; frames behind that are left out."""
_FILES = ("JPEG", "JPEG2000")
_RLE = "1.2.840.10008.1.2.5"
_FRAME_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")


@dataclass(frozen=True, slots=True)
class _Frame:
    """One frame, not yet decoded."""

    data: memoryview = field(repr=False)
    is_rle: bool = False
    is_file: bool = False
    """A picture file in itself."""


class DicomPictures:
    """Frames of a file, each once."""

    def read(self, stream: ContentStream, limits: PictureLimits) -> Gallery:
        data_set = open_data_set(stream.read(_MAX_BYTES))
        header: dict[int, Element] = {}
        for element in data_set.elements():
            if not element.is_nested:
                header[element.tag] = element
                if element.tag == PIXEL_DATA:
                    break
        pixels = header.get(PIXEL_DATA)
        if pixels is None:
            return Gallery(())
        form = form_of(header, is_big_endian=data_set.is_big_endian)
        return _gallery(_frames(pixels, form, data_set.syntax), form, limits)


def _gallery(frames: Iterator[_Frame], form: Form, limits: PictureLimits) -> Gallery:
    budget = PictureBudget(limits)
    found: dict[bytes, Picture] = {}
    failed, note = 0, None
    for number, frame in enumerate(frames):
        if number >= limits.max_pages or len(found) >= limits.max_pictures:
            note = f"pictures of the first {number} frames only"
            break
        try:
            picture = _picture(frame, form, budget)
        except BudgetExceeded as error:
            if not found:
                raise
            note = error.what
            break
        except Exception:  # noqa: BLE001  (hostile bytes raise anything)
            failed += 1
        else:
            if picture is not None:
                found.setdefault(picture.hashes[0], picture)
    if failed and not found:
        raise ExtractError("the pixels are written in a way that is not read here")
    if failed and not note:
        note = f"{failed} frames could not be decoded"
    return Gallery(tuple(found.values()), note)


def _frames(pixels: Element, form: Form, syntax: str) -> Iterator[_Frame]:
    if pixels.fragments is None:
        size = form.frame_bytes
        for start in range(0, form.frames * size, size or 1):
            data = pixels.value[start : start + size]
            if not data:
                return
            yield _Frame(data)
        return
    fragments = pixels.fragments[1:]
    if syntax == _RLE:
        yield from (_Frame(fragment, is_rle=True) for fragment in fragments)
        return
    parts: list[memoryview] = []
    for fragment in fragments:
        # A frame may lie in several fragments; only its first begins like a picture.
        if parts and form.frames > 1 and bytes(fragment[:4]).startswith(_FRAME_STARTS):
            yield _Frame(_joined(parts), is_file=True)
            parts = []
        parts.append(fragment)
    if parts:
        yield _Frame(_joined(parts), is_file=True)


def _joined(parts: list[memoryview]) -> memoryview:
    return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))


def _picture(frame: _Frame, form: Form, budget: PictureBudget) -> Picture | None:
    """Return the hashes of a frame, None for one too small to show anybody."""
    if frame.is_file:
        with opened(io.BytesIO(frame.data), _FILES) as image:
            if min(image.size) < MIN_SIDE_PX:
                return None
            budget.enter(image.size)
            return hash_picture(shown_file(image, frame.data, form))
    if min(form.rows, form.columns) < MIN_SIDE_PX:
        return None
    budget.enter((form.columns, form.rows))
    return hash_picture(shown(frame.data, form, is_rle=frame.is_rle))
