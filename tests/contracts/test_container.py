"""What every container format must do, whatever it packs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import UnpackError
from leakwatch.unpack import libarchive
from leakwatch.unpack.container import Container
from leakwatch.unpack.formats import CONTAINERS
from tests.support.archives import ar_of, artefacts, cpio_of, lzip, tar_of, zip_of, zstandard

Pack = Callable[[bytes], bytes]
CONTENT = b"Fictional note of a fictional patient.\n" * 500


def _zip(content: bytes) -> bytes:
    return zip_of([("note.txt", content)])


def _tar(content: bytes) -> bytes:
    return tar_of([("note.txt", content)])


PACKERS: dict[str, Pack] = {
    "zip": _zip,
    "tar": _tar,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda content: lzma.compress(content, format=lzma.FORMAT_ALONE),
    "lzip": lzip,
    "zstd": zstandard,
}
if libarchive.version() is not None:
    PACKERS["cpio"] = lambda content: cpio_of([("note.txt", content)])
    PACKERS["ar"] = lambda content: ar_of([("note.txt", content)])
FORMATS: dict[str, tuple[Container, Pack]] = {
    kind: (CONTAINERS[kind], pack) for kind, pack in PACKERS.items()
}


@pytest.fixture(params=FORMATS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def container(kind: str) -> Container:
    return FORMATS[kind][0]


@pytest.fixture
def pack(kind: str) -> Pack:
    return FORMATS[kind][1]


def read_all(container: Container, packed: bytes) -> list[bytes]:
    return [b"".join(member.chunks()) for member in container.members(io.BytesIO(packed))]


def test_content_comes_out_as_it_went_in(container: Container, pack: Pack) -> None:
    """Every byte, in bounded chunks."""
    assert read_all(container, pack(CONTENT)) == [CONTENT]
    assert read_all(container, pack(b"")) == [b""]


def test_chunks_are_bounded(container: Container, pack: Pack) -> None:
    """However well it is packed, no chunk is larger than the budget can watch."""
    for member in container.members(io.BytesIO(pack(bytes(5_000_000)))):
        assert max(len(chunk) for chunk in member.chunks()) <= 64 * 1024


def test_claims_are_either_true_or_absent(container: Container, pack: Pack) -> None:
    """Of an honest file, size and checksum are the content's own where they are given."""
    (member,) = container.members(io.BytesIO(pack(CONTENT)))
    assert member.ordinal == 0
    assert member.size_bytes in {None, len(CONTENT)}
    assert member.crc32 in {None, zlib.crc32(CONTENT)}


def test_the_walk_tells_whole_and_member(kind: str, pack: Pack) -> None:
    """The member has its digests, its text and no error."""
    found = artefacts(pack(CONTENT))
    assert list(found) == ["0", ""]
    assert (found[""].kind, found[""].is_container, found[""].error) == (kind, True, None)
    assert found["0"].text == CONTENT.decode()
    assert found["0"].size_bytes == len(CONTENT)
    assert found["0"].crc32 == zlib.crc32(CONTENT)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_raises_our_errors_only(data: st.DataObject) -> None:
    """Whatever is cut or flipped, the walk ends with what it could read and a slug."""
    _, make = FORMATS[data.draw(st.sampled_from(sorted(FORMATS)))]
    packed = bytearray(make(CONTENT))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(packed)))
    found = artefacts(bytes(packed[:cut] if data.draw(st.booleans()) else packed))
    assert "" in found
    assert {a.error for a in found.values()} <= {
        None,
        "corrupt",
        "encrypted",
        "unsupported",
        "budget_exceeded",
    }


def test_what_is_cut_short_keeps_what_came_before(container: Container, pack: Pack) -> None:
    """Either the container or its member says so, with an error of ours."""
    packed = pack(CONTENT)
    with pytest.raises(UnpackError):
        read_all(container, packed[: len(packed) // 2])
