from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.unpack import libarchive
from leakwatch.unpack.budget import BudgetLimits
from leakwatch.unpack.formats import CONTAINERS
from leakwatch.unpack.sniff import sniff
from tests.support.archives import artefacts, lzip, tar_of, zip_of, zstandard

NOTE = b"Fictional note of a fictional patient.\n" * 50
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzip": lzip,
    "zstd": zstandard,
}
SKIPPED = b"\x50\x2a\x4d\x18" + struct.pack("<L", 5) + b"abcde"


def lzma_alone(content: bytes) -> bytes:
    return lzma.compress(content, format=lzma.FORMAT_ALONE)


def lz4(content: bytes) -> bytes:
    """Return an LZ4 frame of one stored block, without checksums but the header's (0x82 by XXH32)."""
    frame = b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<L", len(content) | 1 << 31)
    return frame + content + bytes(4)


@pytest.mark.parametrize("kind", [*PACKERS, "lzma", "zlib"])
def test_every_kind_is_told_and_opened(kind: str) -> None:
    """A stream's start says what it is, and its text comes out."""
    pack = {**PACKERS, "lzma": lzma_alone, "zlib": zlib.compress}[kind]
    found = artefacts(pack(NOTE))
    assert (found[""].kind, found[""].error) == (kind, None)
    assert (found["0"].path.names[-1], found["0"].text) == ("content", NOTE.decode())


@pytest.mark.skipif(libarchive.version() is None, reason="libarchive is not here")
def test_lz4_is_opened() -> None:
    """Behind a frame to be skipped as well."""
    for packed in (lz4(NOTE), SKIPPED + lz4(NOTE)):
        found = artefacts(packed)
        assert (found[""].kind, found["0"].text) == ("lz4", NOTE.decode())


@pytest.mark.parametrize("kind", PACKERS)
@settings(max_examples=20, deadline=None)
@given(pieces=st.lists(st.binary(max_size=2000), min_size=1, max_size=4))
def test_pieces_are_joined(kind: str, pieces: list[bytes]) -> None:
    """Streams one behind the other are one file."""
    packed = b"".join(PACKERS[kind](piece) for piece in pieces)
    (content,) = [b"".join(m.chunks()) for m in CONTAINERS[kind].members(io.BytesIO(packed))]
    assert content == b"".join(pieces)


@pytest.mark.parametrize("kind", PACKERS)
def test_what_follows_is_said(kind: str) -> None:
    """Bytes behind the end are none of the file's and hide nothing of it."""
    found = artefacts(PACKERS[kind](NOTE) + b"something else")
    assert (found["0"].text, found["0"].error) == (NOTE.decode(), None)
    assert found[""].error == "corrupt"


@pytest.mark.parametrize("kind", PACKERS)
def test_every_cut_gives_what_came(kind: str) -> None:
    """No cut raises, and none goes unsaid."""
    packed = PACKERS[kind](NOTE)
    whole = NOTE.decode()
    for cut in range(8, len(packed)):
        found = artefacts(packed[:cut])
        text = found["0"].text if "0" in found else None
        assert whole.startswith(text or "")
        assert found[""].kind != kind or found["0"].error == "corrupt"


def test_skipped_frames_are_skipped() -> None:
    """Zstandard lets anything stand between its frames."""
    found = artefacts(SKIPPED + zstandard(NOTE) + SKIPPED + zstandard(NOTE))
    assert found["0"].text == NOTE.decode() * 2


def _wide_xz() -> bytes:
    return lzma.compress(NOTE, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}])


@pytest.mark.parametrize(
    "packed",
    [zstandard(NOTE, window_log=30), _wide_xz(), b"LZIP\x01\x1d" + lzip(NOTE)[6:]],
    ids=["zstd", "xz", "lzip"],
)
def test_windows_are_bounded(packed: bytes) -> None:
    """A stream that wants a gigabyte to look back on is refused, its neighbour is read."""
    found = artefacts(zip_of([("wide", packed), ("note.txt", NOTE)]))
    assert (found["0.0"].error, found["0.0"].detail) == (
        "budget_exceeded",
        "the stream wants too large a window",
    )
    assert found["1"].text == NOTE.decode()


def test_a_wrong_lzip_checksum_keeps_the_text() -> None:
    """The text came out before the checksum was seen; the digest is the text's own."""
    packed = bytearray(lzip(NOTE))
    packed[-18] ^= 1
    found = artefacts(bytes(packed))["0"]
    assert (found.text, found.error) == (NOTE.decode(), "corrupt")


def test_bombs_end_at_the_limit() -> None:
    """A stream that states no size is cut, in bounded memory."""
    limits = BudgetLimits(max_member_bytes=4 << 20, max_held_bytes=1 << 20, text_part_bytes=1 << 18)
    for pack in (bz2.compress, lzma.compress, zstandard):
        found = artefacts(pack(bytes(20 << 20)), limits=limits)
        assert found["0"].error == "budget_exceeded"


def test_a_stream_of_archives_has_no_limit_of_its_own() -> None:
    """An archive that is read as it comes may be longer than any of its members."""
    limits = BudgetLimits(max_member_bytes=100_000)
    inner = zip_of([(f"{n}.txt", NOTE) for n in range(100)], method=0)
    assert artefacts(gzip.compress(inner), limits=limits)["0"].error == "budget_exceeded"
    packed = gzip.compress(tar_of([(f"{n}.txt", NOTE) for n in range(100)]))
    found = artefacts(packed, limits=limits)
    assert (found["0"].error, found["0.99"].text) == (None, NOTE.decode())


@pytest.mark.parametrize("text", ["x^2 is a square", "xÚ", "BZh9 is bzip2", "LRZI", "-lh5-", "]"])
def test_words_are_no_signatures(text: str) -> None:
    """A text that starts like a packed stream is a text."""
    assert sniff(text.encode("latin-1") * 20) == "text"
