"""Volumes as one stream, and volumes among the members of a container."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from leakwatch.unpack.budget import BudgetLimits
from leakwatch.unpack.events import Resume
from leakwatch.unpack.volumes import JoinedStream, missing_of
from tests.support.archives import artefacts, zip_of

NOTES = [(f"{n}.txt", f"note number {n}".encode() * 40) for n in range(6)]


def pieces_of(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def named(stem: str, pieces: Sequence[bytes]) -> list[tuple[str, bytes]]:
    return [(f"{stem}.{n:03}", piece) for n, piece in enumerate(pieces, start=1)]


@given(st.lists(st.binary(max_size=20), max_size=6), st.data())
def test_a_joined_stream_reads_like_its_volumes_in_one(
    volumes: list[bytes], data: st.DataObject
) -> None:
    """At any place, any length, over any ends."""
    whole, joined = b"".join(volumes), JoinedStream([io.BytesIO(v) for v in volumes])
    plain = io.BytesIO(whole)
    for _ in range(5):
        at, size = data.draw(st.integers(0, 130)), data.draw(st.integers(0, 130))
        joined.seek(at)
        plain.seek(at)
        assert joined.read(size) == plain.read(size)
    assert joined.seek(0, 2) == len(whole)


def test_a_missing_volume_is_told_by_its_number() -> None:
    """And filled where pieces have one length."""
    joined = JoinedStream([io.BytesIO(b"abc"), None, io.BytesIO(b"x")], fill=True)
    assert joined.read() == b"abc\0\0\0x"
    assert missing_of(joined) == "of 3 volumes these are missing: 2"


def test_volumes_in_an_archive_are_joined() -> None:
    """Each is told by its digest; what is in them lies behind all members, once."""
    inner = zip_of(NOTES, method=zipfile.ZIP_STORED)
    outer = zip_of([("first", b"1"), *named("in.zip", pieces_of(inner, 500)), ("last", b"2")])
    found = artefacts(outer)
    volumes = len(pieces_of(inner, 500))
    assert found["0"].text == "1"
    assert found[f"{volumes + 1}"].text == "2"
    assert all(found[f"{n}"].sha256 and not found[f"{n}"].error for n in range(1, volumes + 1))
    joined = found[f"{volumes + 2}"]
    assert (joined.path.names[-1], joined.kind, joined.error) == ("in.zip.001", "zip", None)
    texts = [found[f"{volumes + 2}.{n}"].text for n in range(len(NOTES))]
    assert texts == [data.decode() for _, data in NOTES]


def test_a_missing_volume_in_an_archive_costs_what_is_in_it() -> None:
    """The rest is read, and the set says what is missing."""
    inner = zip_of(NOTES, method=zipfile.ZIP_STORED)
    parts = named("in.zip", pieces_of(inner, 500))
    found = artefacts(zip_of([part for part in parts if not part[0].endswith("002")]))
    joined = next(a for a in found.values() if a.path.names[-1] == "in.zip.001" and a.error)
    assert (joined.error, joined.detail) == (
        "corrupt",
        f"of {len(parts)} volumes these are missing: 2",
    )
    texts = {a.text for a in found.values() if a.error is None}
    assert len(texts & {data.decode() for _, data in NOTES}) >= 4


def test_a_walk_taken_up_amid_a_set_ends_it() -> None:
    """Volumes told before are held again, and nothing is told twice."""
    inner = zip_of(NOTES, method=zipfile.ZIP_STORED)
    parts = named("in.zip", pieces_of(inner, 500))
    outer = zip_of(parts)
    after = (len(parts), 2)
    found = artefacts(outer, resume=Resume(after=after))
    assert sorted(found) == ["", f"{len(parts)}", *(f"{len(parts)}.{n}" for n in (3, 4, 5))]


def test_too_many_bytes_in_volumes_are_not_held() -> None:
    """The set is given up with a reason, its volumes still have their digests."""
    parts = named("in.zip", pieces_of(zip_of(NOTES, method=zipfile.ZIP_STORED), 500))
    limits = BudgetLimits(max_held_bytes=1200)
    found = artefacts(zip_of(parts), limits=limits)
    assert {a.error for a in found.values()} == {None, "budget_exceeded"}
    assert all(a.sha256 for o, a in found.items() if o)
    assert len(found) == len(parts) + 1


def test_files_merely_called_so_are_read_as_they_are() -> None:
    """A number at the end makes no volume."""
    found = artefacts(zip_of([("scan.001", b"text one"), ("scan.002", b"text two")]))
    assert [found["0"].text, found["1"].text] == ["text one", "text two"]
    lone = artefacts(zip_of([("in.zip.001", zip_of(NOTES))]))
    assert any(a.text == NOTES[0][1].decode() for a in lone.values())
