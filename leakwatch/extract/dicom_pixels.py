"""Pixels of a DICOM frame as a screen shows them (PS3.3, C.7.6.3; PS3.5, 8).

Grey values of 12 or 16 bits are shown through the window that the file names,
as a viewer would show them; where it names none, from the darkest to the lightest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leakwatch.errors import ExtractError
from leakwatch.extract.dicom import Element
from leakwatch.extract.packbits import unpack

_SAMPLES, _PHOTOMETRIC, _PLANAR, _FRAMES = 0x00280002, 0x00280004, 0x00280006, 0x00280008
_ROWS, _COLUMNS, _ALLOCATED = 0x00280010, 0x00280011, 0x00280100
_SIGNED, _CENTRE, _WIDTH, _INTERCEPT, _SLOPE = (
    0x00280103,
    0x00281050,
    0x00281051,
    0x00281052,
    0x00281053,
)
_J2K_START, _J2K_DEPTH_AT = b"\xff\x4f\xff\x51", 42
_MOST = 1e9

Numbers = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Form:
    """How the pixels of a file are to be read."""

    rows: int
    columns: int
    samples: int
    bits: int
    """Allocated to each sample: 1, 8, 16 or 32."""
    is_signed: bool
    is_planar: bool
    is_big_endian: bool
    photometric: str
    frames: int
    window: tuple[float, float] | None
    """Lowest and highest value shown, as stored."""

    @property
    def frame_bytes(self) -> int:
        return (self.rows * self.columns * self.samples * self.bits + 7) // 8


def form_of(header: Mapping[int, Element], *, is_big_endian: bool) -> Form:
    """Return the form that a data set's own elements tell; total."""

    def number(tag: int, default: int) -> int:
        raw = _raw(header, tag)[:2]
        return int.from_bytes(raw, "big" if is_big_endian else "little") if raw else default

    return Form(
        rows=number(_ROWS, 0),
        columns=number(_COLUMNS, 0),
        samples=number(_SAMPLES, 1),
        bits=number(_ALLOCATED, 8),
        is_signed=number(_SIGNED, 0) == 1,
        is_planar=number(_PLANAR, 0) == 1,
        is_big_endian=is_big_endian,
        photometric=_raw(header, _PHOTOMETRIC).decode("latin-1").strip("\0 "),
        frames=max(1, int(_decimal(header, _FRAMES) or 1)),
        window=_window(header),
    )


def _raw(header: Mapping[int, Element], tag: int) -> bytes:
    element = header.get(tag)
    return b"" if element is None else bytes(element.value[:64])


def _decimal(header: Mapping[int, Element], tag: int) -> float | None:
    """Return the first of a decimal string's values, or None."""
    try:
        value = float(_raw(header, tag).partition(b"\\")[0].strip(b"\0 "))
    except ValueError:
        return None
    return value if abs(value) < _MOST else None


def _window(header: Mapping[int, Element]) -> tuple[float, float] | None:
    """Return the ends of the window in stored values (PS3.3, C.11.2.1.2)."""
    centre, width = _decimal(header, _CENTRE), _decimal(header, _WIDTH)
    if centre is None or width is None or width < 1:
        return None
    slope = _decimal(header, _SLOPE) or 1.0
    middle = (centre - (_decimal(header, _INTERCEPT) or 0.0)) / slope
    half = abs(width / slope) / 2
    return middle - half, middle + half


def shown_file(image: Image.Image, data: memoryview, form: Form) -> Image.Image:
    """Return an opened frame as a screen shows it; decodes it."""
    if image.mode[0] == "I":
        return _grey(_stored(np.asarray(image), bytes(data[: _J2K_DEPTH_AT + 1]), form), form)
    if form.photometric == "MONOCHROME1":
        return _grey(np.asarray(image.convert("L")), form)
    return image


def _stored(values: Numbers, head: bytes, form: Form) -> Numbers:
    """Undo what Pillow does to deep JPEG 2000 greys: 16 bits, and none below 0.

    Source: ISO/IEC 15444-1, A.5.1 (Ssiz); values are shifted up to 16 bits.
    """
    if not head.startswith(_J2K_START) or len(head) <= _J2K_DEPTH_AT:
        return values
    depth, is_signed = (head[_J2K_DEPTH_AT] & 0x7F) + 1, head[_J2K_DEPTH_AT] & 0x80
    numbers = values.astype(np.int32) >> max(0, 16 - depth)
    half = 1 << (depth - 1)
    if is_signed:
        numbers -= half
    elif form.is_signed:
        numbers = (numbers ^ half) - half
    return numbers


def shown(data: memoryview, form: Form, *, is_rle: bool) -> Image.Image:
    """Return a frame of plain samples as a screen shows it; of one cut short, what there is.

    Raises:
        ExtractError: neither grey nor colour, or of an unknown depth.
    """
    if form.samples not in {1, 3} or form.bits not in {1, 8, 16, 32}:
        raise ExtractError("pixels of a form that is not read")
    values = _from_rle(data, form) if is_rle else _plain(data, form)
    if form.samples == 1:
        return _grey(values.reshape(form.rows, form.columns), form)
    colours = _as_bytes(values, None)
    if form.photometric.startswith("YBR"):
        size = (form.columns, form.rows)
        return Image.frombytes("YCbCr", size, colours.tobytes()).convert("RGB")
    return Image.fromarray(colours)


def _plain(data: memoryview, form: Form) -> Numbers:
    if len(data) < form.frame_bytes:
        data = memoryview(bytes(data).ljust(form.frame_bytes, b"\0"))
    if form.bits == 1:
        ones = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        return ones[: form.rows * form.columns * form.samples] * np.uint8(255)
    order = ">" if form.is_big_endian else "<"
    values = np.frombuffer(data[: form.frame_bytes], f"{order}{_type(form)}")
    if form.is_planar and form.samples > 1:
        return values.reshape(form.samples, form.rows, form.columns).transpose(1, 2, 0)
    return values.reshape(form.rows, form.columns, form.samples)


def _type(form: Form) -> str:
    return f"{'i' if form.is_signed else 'u'}{form.bits // 8}"


def _from_rle(data: memoryview, form: Form) -> Numbers:
    """Decode run lengths: a segment for each byte of each sample (PS3.5, annex G)."""
    offsets = np.frombuffer(bytes(data[:64]).ljust(64, b"\0"), "<u4")
    width, size = form.bits // 8, form.rows * form.columns
    if width == 0 or offsets[0] != form.samples * width:
        raise ExtractError("run lengths of another form")
    planes = np.zeros((form.samples, width, size), np.uint8)
    for number, offset in enumerate(offsets[1 : 1 + form.samples * width]):
        segment = unpack(data[int(offset) :], size)
        # The highest byte comes first.
        planes[number // width, number % width, : len(segment)] = np.frombuffer(segment, np.uint8)
    values = np.ascontiguousarray(planes.transpose(2, 0, 1)).view(f">{_type(form)}")
    return values.reshape(form.rows, form.columns, form.samples)


def _grey(values: Numbers, form: Form) -> Image.Image:
    grey = _as_bytes(values, None if form.bits == 1 else form.window)
    return Image.fromarray(np.invert(grey) if form.photometric == "MONOCHROME1" else grey)


def _as_bytes(values: Numbers, window: tuple[float, float] | None) -> NDArray[np.uint8]:
    if values.dtype == np.uint8 and window is None:
        return np.ascontiguousarray(values, np.uint8)
    numbers = values.astype(np.float32)
    low, high = window or (float(numbers.min()), float(numbers.max()))
    # In place: each copy of 80 million pixels is a third of what a child may have.
    numbers -= np.float32(low)
    numbers *= np.float32(255.0 / max(high - low, 1e-9))
    np.clip(numbers, 0, 255, out=numbers)
    return numbers.astype(np.uint8)
