"""Targets outside the child: what one that was taken over may say; and names, and stored lines."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator

from leakwatch.errors import LeakwatchError
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.lines import Line, LineKeeper, _packed, _unpacked
from leakwatch.fingerprint.names import NameFacts, NameHasher, NameKind
from leakwatch.fingerprint.normalise import letters
from leakwatch.match.readings import readings
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.sandbox.bad_frame import BadFrame
from leakwatch.sandbox.frames import FrameSplitter, decode_artefact, encode, encode_artefact
from leakwatch.sandbox.listing_frames import decode_listing, encode_listing
from tests.fuzz.target import Target, drained
from tests.support.pictures import made_up

_KEY = FingerprintKey(bytes(32))
_NAMES = NameHasher(_KEY)
_LINES = LineKeeper(_KEY)
_LISTING = Listing("zip", (ListingEntry("a/b.pdf", 12, 34), ListingEntry("c", size_range=(1, 9))))


def said() -> Iterator[bytes]:
    path = MemberPath(("x", "a/b.txt"), (3,))
    whole = Artefact(path, "text", 4, "0" * 64, 1, text="text", listing=_LISTING)
    shown = Artefact(path, "png", 4, "", 1, error="corrupt", detail="cut", pictures=(made_up(1),))
    yield encode_artefact("open", whole, 0) + encode_artefact("done", whole, 2)
    yield encode_artefact("done", shown, 0) + encode({"t": "rest"}) + encode({"t": "end"})


def _frames(data: bytes) -> None:
    for frame in FrameSplitter(max_payload_bytes=1_000_000).feed(data):
        # What is understood is said the same way again.
        with contextlib.suppress(BadFrame):
            artefact = decode_artefact(frame, "x")
            again = next(
                iter(
                    FrameSplitter(max_payload_bytes=10**8).feed(
                        encode_artefact("done", artefact, 0)
                    )
                )
            )
            # What a child says of the whole's bytes is not believed, so not passed on.
            if artefact.path.ordinals and decode_artefact(again, "x") != artefact:
                raise AssertionError("a frame changes on its way")


def _listing(data: bytes) -> None:
    listing = decode_listing(data)
    if decode_listing(encode_listing(listing)) != listing:
        raise AssertionError("a listing changes on its way")


def _names(data: bytes) -> object:
    size, crc32 = int.from_bytes(data[:8], "little", signed=True), int.from_bytes(data[8:13])
    path = data[13:].decode("utf-8", "surrogateescape")
    return _NAMES.digests(NameFacts(path, size, crc32, path[-64:]))


def lines() -> Iterator[bytes]:
    words = {_LINES.token(word): 8.5 for word in ("letter", "scan")}
    line = Line(numbers={NameKind.NAME: 1}, words=words, folder_words={}, size_range=(1, 5))
    yield _packed(line) * 2


TARGETS = (
    Target("frames", _frames, said, expected=(BadFrame,)),
    Target("listing_frame", _listing, lambda: (encode_listing(_LISTING),), expected=(BadFrame,)),
    Target(
        "names", _names, lambda: (bytes(13) + b"a/Letter to J\xc3\xa9r\xf4me.pdf",), expected=()
    ),
    Target(
        "lines",
        _unpacked,
        lines,
        # Those that ``LineKeeper.open`` maps.
        expected=(LeakwatchError, ValueError, IndexError, struct.error),
    ),
    Target(
        "letters",
        lambda data: letters(data.decode("utf-8", "surrogateescape")),
        lambda: (b"J\xc3\xa9 1",),
    ),
    Target(
        "readings",
        lambda data: drained(readings(data.decode("utf-8", "replace"))),
        lambda: (b'{"a": "x\\n\\u00e9 <b>y</b> &amp; z"}',),
    ),
)
