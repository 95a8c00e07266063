"""What a child says: a stream of frames, bounded and validated.

Layout, numbers little-endian:

    0  4  header bytes, n
    4  4  payload bytes, m
    8  n  header: a JSON object
    -  m  payload: UTF-8 text or JSON
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from leakwatch.errors import error_classes
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.model.picture import (
    HASH_BYTES,
    MAX_PICTURES,
    ORIENTATIONS,
    QUARTERS_BYTES,
    Picture,
)
from leakwatch.sandbox.bad_frame import BadFrame
from leakwatch.sandbox.listing_frames import decode_listing, encode_listing

_PREFIX = struct.Struct("<2L")
MAX_HEADER_BYTES = 512 * 1024
_MAX_NESTING = 64
_MAX_DETAIL_CHARS = 200
_KIND = re.compile(r"[a-z0-9_-]{1,32}")
_SHA256 = re.compile(r"(?:[0-9a-f]{64})?")
_NOT_PRINTABLE = re.compile(r"[^ -~]")
_FROM_JSON = json.JSONDecoder().decode
_TO_JSON = json.JSONEncoder(separators=(",", ":")).encode
_SLUGS = frozenset(cls.slug for cls in error_classes())


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came; nothing in it is believed yet."""

    header: Mapping[str, Any] = field(repr=False)
    payload: bytes = field(repr=False)

    @property
    def type(self) -> object:
        return self.header.get("t")


def encode(header: Mapping[str, Any], payload: bytes = b"") -> bytes:
    raw = _TO_JSON(header).encode("ascii")
    return _PREFIX.pack(len(raw), len(payload)) + raw + payload


def encode_artefact(type_: str, artefact: Artefact, index: int) -> bytes:
    """Encode an artefact without the name of the whole, which the parent knows."""
    header: dict[str, Any] = {"t": type_, "k": artefact.kind}
    if index:
        header["i"] = index
    if artefact.path.ordinals:
        header |= {
            "n": artefact.path.names[1:],
            "o": artefact.path.ordinals,
            "s": artefact.size_bytes,
            "h": artefact.sha256,
            "c": artefact.crc32,
        }
    if artefact.error or artefact.detail:
        header |= {"e": artefact.error, "d": artefact.detail}
    if artefact.is_container:
        header["a"] = 1
    if artefact.pictures:
        header["p"] = [[p.quality, _packed(p)] for p in artefact.pictures]
    payload = b""
    if artefact.text is not None:
        header["x"] = 1
        payload = artefact.text.encode("utf-8", "replace")
    if artefact.listing is not None:
        listing = encode_listing(artefact.listing)
        header["l"] = len(listing)
        payload += listing
    return encode(header, payload)


def decode_artefact(frame: Frame, name: str) -> Artefact:
    """Return the artefact of a frame, every field checked.

    Raises:
        BadFrame: a field is missing, of another type or out of range.
    """
    header = frame.header
    text, listing = _parts(frame)
    error, detail = header.get("e"), header.get("d")
    if error is not None and not (isinstance(error, str) and error in _SLUGS):
        raise BadFrame("unknown error slug")
    return Artefact(
        path=_path(header, name),
        kind=_matching(_KIND, header.get("k")),
        size_bytes=_number(header.get("s", 0), 2**63),
        sha256=_matching(_SHA256, header.get("h", "")),
        crc32=_number(header.get("c", 0), 2**32),
        text=str(text, "utf-8", "replace") if header.get("x") == 1 else None,
        error=error,
        detail=None if detail is None else clean_line(detail),
        is_container=header.get("a") == 1,
        pictures=_pictures(header.get("p", [])),
        listing=decode_listing(listing) if listing else None,
    )


def _parts(frame: Frame) -> tuple[bytes, bytes]:
    """Return the text and the listing of a payload."""
    size = _number(frame.header.get("l", 0), len(frame.payload) + 1)
    cut = len(frame.payload) - size
    return frame.payload[:cut], frame.payload[cut:]


def _pictures(value: object) -> tuple[Picture, ...]:
    if not isinstance(value, list) or len(value) > MAX_PICTURES:
        raise BadFrame("no list of pictures, or too long a one")
    return tuple(_picture(item) for item in value)


def _picture(value: object) -> Picture:
    if not isinstance(value, list) or len(value) != 2:
        raise BadFrame("a picture has another form")
    try:
        raw = base64.b64decode(value[1], validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise BadFrame("a picture is no base64") from None
    if len(raw) != ORIENTATIONS * (HASH_BYTES + QUARTERS_BYTES):
        raise BadFrame("a picture has another length")
    cut = ORIENTATIONS * HASH_BYTES
    return Picture(
        hashes=_cut(raw[:cut], HASH_BYTES),
        quarters=_cut(raw[cut:], QUARTERS_BYTES),
        quality=_number(value[0], 101),
    )


def _packed(picture: Picture) -> str:
    return base64.b64encode(b"".join((*picture.hashes, *picture.quarters))).decode("ascii")


def _cut(raw: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(raw[start : start + size] for start in range(0, len(raw), size))


def _path(header: Mapping[str, Any], name: str) -> MemberPath:
    if "o" not in header:
        return MemberPath((name,), ())
    names, ordinals = _list_of(header.get("n"), str), _list_of(header["o"], int)
    if len(names) != len(ordinals) or any(n < 0 for n in ordinals):
        raise BadFrame("names and ordinals do not fit")
    return MemberPath((name, *names), tuple(ordinals))


def clean_line(text: object) -> str:
    """Return a child's message as one short line of printable ASCII.

    Raises:
        BadFrame: it is no text.
    """
    if not isinstance(text, str):
        raise BadFrame("a message is no text")
    return _NOT_PRINTABLE.sub("?", text[:_MAX_DETAIL_CHARS])


class FrameSplitter:
    """Cuts a stream of bytes into frames; holds at most one unfinished frame."""

    def __init__(self, *, max_payload_bytes: int) -> None:
        self._max_payload_bytes = max_payload_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are complete with these bytes.

        Raises:
            BadFrame: a length over its limit, or a header that is no JSON object.
        """
        self._buffer += data
        at = 0
        while len(self._buffer) - at >= _PREFIX.size:
            header_bytes, payload_bytes = _PREFIX.unpack_from(self._buffer, at)
            if header_bytes > MAX_HEADER_BYTES or payload_bytes > self._max_payload_bytes:
                raise BadFrame("a frame is over its limit")
            start = at + _PREFIX.size
            end = start + header_bytes + payload_bytes
            if end > len(self._buffer):
                break
            header = _json_object(bytes(self._buffer[start : start + header_bytes]))
            yield Frame(header, bytes(self._buffer[start + header_bytes : end]))
            at = end
        del self._buffer[:at]


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        value = _FROM_JSON(raw.decode("ascii"))
    except (ValueError, RecursionError):
        raise BadFrame("a header is no JSON") from None
    if not isinstance(value, dict):
        raise BadFrame("a header is no object")
    return value


def _list_of(value: object, kind: type) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MAX_NESTING:
        raise BadFrame("no list, or too long a one")
    if any(type(item) is not kind for item in value):
        raise BadFrame("a list holds something else")
    return value


def _number(value: object, end: int) -> int:
    if type(value) is not int or not 0 <= value < end:
        raise BadFrame("a number is out of range")
    return value


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadFrame("a text has another form")
    return value
