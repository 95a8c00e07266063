from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import error_classes
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.picture import HASH_BYTES, MAX_PICTURES, ORIENTATIONS, QUARTERS_BYTES
from leakwatch.sandbox.bad_frame import BadFrame
from leakwatch.sandbox.frames import (
    Frame,
    FrameSplitter,
    decode_artefact,
    encode,
    encode_artefact,
)
from tests.support.pictures import made_up

PACKED = base64.b64encode(bytes(ORIENTATIONS * (HASH_BYTES + QUARTERS_BYTES))).decode("ascii")
NAMES = st.text(max_size=30)
LINES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=100)


@st.composite
def listings(draw: st.DrawFn) -> Listing:
    sizes = st.none() | st.integers(0, 2**62)
    entries = draw(
        st.lists(
            st.builds(
                ListingEntry,
                path=NAMES,
                size_bytes=sizes,
                crc32=st.none() | st.integers(0, 2**32 - 1),
                pieces_root=st.sampled_from([None, "0b" * 32]),
                is_directory=st.booleans(),
                size_range=st.sampled_from([None, (3, 9)]),
            ),
            max_size=4,
        )
    )
    return Listing("torrent", tuple(entries), is_complete=draw(st.booleans()))


@st.composite
def artefacts(draw: st.DrawFn) -> Artefact:
    names = draw(st.lists(NAMES, max_size=4))
    is_whole = not names
    return Artefact(
        path=MemberPath(("whole", *names), tuple(draw(st.integers(0, 10**6)) for _ in names)),
        kind=draw(st.sampled_from(["zip", "text", "unknown"])),
        size_bytes=0 if is_whole else draw(st.integers(0, 2**62)),
        sha256="" if is_whole else draw(st.sampled_from(["", "0a" * 32])),
        crc32=0 if is_whole else draw(st.integers(0, 2**32 - 1)),
        text=draw(st.none() | st.text(st.characters(exclude_categories=["Cs"]))),
        error=draw(st.none() | st.sampled_from([cls.slug for cls in error_classes()])),
        detail=draw(st.none() | LINES),
        listing=draw(st.none() | listings()),
        is_container=draw(st.booleans()),
        pictures=tuple(made_up(seed) for seed in draw(st.lists(st.integers(0, 9), max_size=3))),
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(artefacts(), max_size=5), st.integers(1, 50))
def test_artefacts_come_back_as_they_were(sent: list[Artefact], step: int) -> None:
    """Every field survives, wherever the stream is cut into reads."""
    stream = b"".join(encode_artefact("done", artefact, 0) for artefact in sent)
    splitter = FrameSplitter(max_payload_bytes=10_000)
    frames = [
        f for at in range(0, len(stream), step) for f in splitter.feed(stream[at : at + step])
    ]
    assert [decode_artefact(frame, "whole") for frame in frames] == sent


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_noise_is_refused_or_waited_for(noise: bytes, is_framed: bool) -> None:
    """Bytes that are no frame raise one error, never another."""
    if is_framed:
        noise = len(noise).to_bytes(4, "little") + bytes(4) + noise
    try:
        for frame in FrameSplitter(max_payload_bytes=100).feed(noise):
            decode_artefact(frame, "whole")
    except BadFrame:
        pass


@pytest.mark.parametrize(
    "header",
    [
        {"k": "A B"},
        {"k": 1},
        {},
        {"k": "zip", "o": [1]},
        {"k": "zip", "o": [True], "n": ["x"]},
        {"k": "zip", "o": [-1], "n": ["x"]},
        {"k": "zip", "o": [1.0], "n": ["x"]},
        {"k": "zip", "o": [0] * 65, "n": ["x"] * 65},
        {"k": "zip", "s": -1},
        {"k": "zip", "s": "1"},
        {"k": "zip", "h": "0A" * 32},
        {"k": "zip", "h": "00"},
        {"k": "zip", "c": 2**32},
        {"k": "zip", "e": "no_such_slug"},
        {"k": "zip", "e": ["corrupt"]},
        {"k": "zip", "d": 5},
        {"k": "png", "p": {}},
        {"k": "png", "p": [[100, PACKED]] * (MAX_PICTURES + 1)},
        {"k": "png", "p": [[100]]},
        {"k": "png", "p": [[101, PACKED]]},
        {"k": "png", "p": [["1", PACKED]]},
        {"k": "png", "p": [[100, PACKED[:-4]]]},
        {"k": "png", "p": [[100, "*" + PACKED[1:]]]},
        {"k": "png", "p": [[100, 5]]},
    ],
)
def test_each_field_is_checked(header: dict[str, Any]) -> None:
    """A field of another type or out of range spoils the frame."""
    with pytest.raises(BadFrame):
        decode_artefact(Frame(header, b""), "whole")


def test_lengths_are_checked_before_anything_is_waited_for() -> None:
    """A frame that announces more than it may is refused at its first eight bytes."""
    for prefix in (b"\xff\xff\xff\xff\0\0\0\0", b"\2\0\0\0\xff\xff\xff\xff"):
        with pytest.raises(BadFrame):
            list(FrameSplitter(max_payload_bytes=100).feed(prefix))


def test_a_forged_detail_is_one_printable_line() -> None:
    """Details are shown to people: no escapes, no second line, no flood."""
    header = {"k": "zip", "e": "corrupt", "d": "\x1b]0;x\x07\n" + "y" * 500}
    detail = decode_artefact(Frame(header, b""), "whole").detail
    assert detail is not None
    assert detail.isprintable()
    assert len(detail) == 200


def test_neither_frame_nor_artefact_shows_content() -> None:
    """A traceback through the sandbox tells nothing."""
    frame = next(FrameSplitter(max_payload_bytes=99).feed(encode({"n": "Fictional"}, b"Fictional")))
    assert "Fictional" not in repr(frame)


def test_as_many_pictures_as_an_artefact_may_have_fit_a_frame() -> None:
    """A long scan comes through whole."""
    pictures = tuple(made_up(seed) for seed in range(MAX_PICTURES))
    sent = Artefact(MemberPath(("whole",), ()), "pdf", 0, "", 0, pictures=pictures)
    stream = encode_artefact("done", sent, 0)
    [frame] = FrameSplitter(max_payload_bytes=0).feed(stream)
    assert decode_artefact(frame, "whole") == sent
