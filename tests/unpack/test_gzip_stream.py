from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.unpack.gzip_stream import GZIP
from tests.support.archives import artefacts


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=5), st.integers(0, 700))
def test_pieces_are_joined(pieces: list[bytes], padding: int) -> None:
    """Concatenated streams are one file, with or without zero padding behind."""
    packed = b"".join(gzip.compress(piece) for piece in pieces) + bytes(padding)
    (member,) = GZIP.members(io.BytesIO(packed))
    assert b"".join(member.chunks()) == b"".join(pieces)


def test_padding_between_pieces_is_stepped_over() -> None:
    """Tapes pad every piece."""
    packed = gzip.compress(b"one ") + bytes(100_000) + gzip.compress(b"two")
    assert artefacts(packed)["0"].text == "one two"


def test_what_follows_the_stream_is_reported() -> None:
    """Bytes behind the last piece are not gzip's, and are said to be unread."""
    found = artefacts(gzip.compress(b"note") + b"something else")
    assert (found["0"].text, found["0"].error) == ("note", None)
    assert found[""].error == "corrupt"


@pytest.mark.parametrize("name", ["notes.sql", "Größe.sql"])
def test_the_stored_name_is_told(name: str) -> None:
    """The name before packing, in UTF-8 or Latin-1."""
    packed = io.BytesIO()
    with gzip.GzipFile("x", "wb", fileobj=packed) as file:
        file.write(b"x")
    for encoding in ("utf-8", "latin-1"):
        raw = packed.getvalue().replace(b"x\0", name.encode(encoding) + b"\0", 1)
        (member,) = GZIP.members(io.BytesIO(raw))
        assert member.name == name


def test_a_bad_checksum_keeps_the_text() -> None:
    """The text came out before the checksum was seen."""
    packed = bytearray(gzip.compress(b"a note that came out"))
    packed[-6] ^= 1
    found = artefacts(bytes(packed))["0"]
    assert (found.error, found.sha256) == ("corrupt", "")
