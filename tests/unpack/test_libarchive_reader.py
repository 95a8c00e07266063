from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import Corrupt, UnpackError, Unsupported
from leakwatch.unpack import libarchive
from leakwatch.unpack.libarchive_reader import LibarchiveReader
from tests.support.archives import ar_of, artefacts, cpio_of, zip_of
from tests.support.disk_images import cab_of, iso_of

NOTE = b"Fictional note of a fictional patient.\n" * 100
FILES = [("A.TXT", NOTE), ("B.TXT", b""), ("C.TXT", b"the last")]
CPIO = LibarchiveReader(("cpio",))
MAKERS = {"cpio": cpio_of, "ar": ar_of, "iso": iso_of, "cab": cab_of}

needs_library = pytest.mark.skipif(libarchive.version() is None, reason="libarchive is not here")


def contents(reader: LibarchiveReader, stream: io.BytesIO) -> list[bytes]:
    return [b"".join(member.chunks()) for member in reader.members(stream)]


@needs_library
@pytest.mark.parametrize("kind", MAKERS)
def test_every_format_is_opened(kind: str) -> None:
    """Names, sizes and bytes come out; the whole is named for what it is."""
    found = artefacts(MAKERS[kind](FILES))
    assert found.pop("").kind == kind
    members = {a.path.names[-1].upper(): (a.size_bytes, a.error) for a in found.values()}
    assert members == {name: (len(content), None) for name, content in FILES}
    assert NOTE.decode() in {a.text for a in found.values()}


@needs_library
def test_a_member_is_read_before_the_next() -> None:
    """What was passed over is not given as somebody else's."""
    first, second, *_ = CPIO.members(io.BytesIO(cpio_of(FILES)))
    with pytest.raises(Corrupt, match="passed over"):
        list(first.chunks())
    assert second.name == "B.TXT"


@needs_library
def test_unread_members_cost_nothing() -> None:
    """The archive goes on behind a member that nobody opened."""
    names = [member.name for member in CPIO.members(io.BytesIO(cpio_of(FILES)))]
    assert names == ["A.TXT", "B.TXT", "C.TXT"]


@needs_library
@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damage_raises_our_errors_only(kind: str, data: st.DataObject) -> None:
    """However it is cut and flipped, nothing but our own errors comes out of C."""
    packed = bytearray(MAKERS[kind](FILES))
    for _ in range(data.draw(st.integers(1, 6))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    reader = LibarchiveReader(("iso9660" if kind == "iso" else kind,))
    try:
        for member in reader.members(io.BytesIO(packed[: data.draw(st.integers(0, len(packed)))])):
            for chunk in member.chunks():
                assert len(chunk) <= 64 * 1024
    except UnpackError:
        pass


@needs_library
def test_every_cut_is_survived() -> None:
    """What came before the cut is told, whatever was cut."""
    packed = cpio_of(FILES)
    for cut in range(0, len(packed), 37):
        found = artefacts(packed[:cut])
        assert {a.error for a in found.values()} <= {None, "corrupt"}


@needs_library
def test_what_the_stream_raises_is_kept() -> None:
    """An error of the input passes through C and out again as itself."""

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 1000:
                raise Unsupported("the input gave out")
            return super().read(min(size or 0, 500))

    with pytest.raises(Unsupported, match="gave out"):
        contents(CPIO, Failing(cpio_of(FILES)))


@needs_library
def test_archives_may_be_read_within_each_other() -> None:
    """Two that are open at once do not mix up their input."""
    inner = cpio_of([("inner.txt", b"from the inside")])
    found = artefacts(cpio_of([("in.cpio", inner), ("after.txt", b"after")]))
    assert [found[o].text for o in ("0.0", "1")] == ["from the inside", "after"]


@needs_library
def test_passwords_are_tried() -> None:
    """A format that takes passwords gets all of them."""
    reader = LibarchiveReader(("zip",), needs_seek=True)
    packed = io.BytesIO(zip_of([("a.txt", NOTE)]))
    [member] = reader.members(packed, ("one", "two"))
    assert member.name == "a.txt"


@needs_library
def test_programs_are_not_run_for_a_filter() -> None:
    """A packing that the library would start a program for is refused."""
    with pytest.raises(Unsupported):
        list(LibarchiveReader(("raw",), ("lrzip",)).members(io.BytesIO(b"LRZI" + bytes(100))))


@needs_library
def test_what_is_not_packed_is_not_content() -> None:
    """A stream that only starts like a packed one is not given as it stands."""
    with pytest.raises(Corrupt):
        contents(LibarchiveReader(("raw",), ("lz4",)), io.BytesIO(b"\x04\x22" * 50))


def test_a_machine_without_the_library_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The member is unread with a reason, and its neighbours are read."""
    monkeypatch.setattr(libarchive, "_LIBRARY", None)
    found = artefacts(zip_of([("old.cpio", cpio_of(FILES)), ("note.txt", NOTE)]))
    assert found["0"].error == "unsupported"
    assert "libarchive" in (found["0"].detail or "")
    assert found["1"].text == NOTE.decode()


@needs_library
def test_sources_are_forgotten() -> None:
    """An archive that was left half-way leaves nothing behind."""

    def first() -> Iterator[str]:
        for member in CPIO.members(io.BytesIO(cpio_of(FILES))):
            yield member.name
            return

    before = set(libarchive.Source._open)
    assert list(first()) == ["A.TXT"]
    assert set(libarchive.Source._open) == before
    assert isinstance(libarchive.library(), ctypes.CDLL)
