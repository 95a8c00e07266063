"""Pictures through the pool: only where asked for, and no decoder's death costs a neighbour."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from leakwatch.extract.base import PictureLimits
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.sandbox.conftest import MIB, TIGHT
from tests.support.archives import zip_of
from tests.support.pdf import content_bomb
from tests.support.pictures import hashed, letter, pages, photo, saved

LOOKING = replace(TIGHT, pictures=PictureLimits(), memory_bytes=512 * MIB)
PNG = saved(photo(1), "PNG")


@pytest.fixture(scope="module")
def looking() -> Iterator[SandboxPool]:
    with SandboxPool(LOOKING, workers=1) as pool:
        yield pool


def test_pictures_come_out_of_the_child_as_they_are_hashed_here(looking: SandboxPool) -> None:
    """A picture and a scan inside an archive give the hashes that they give without a sandbox."""
    scan = pages([letter(1), letter(2)], "PDF")
    _, picture, pdf, note = looking.read(
        zip_of([("a.png", PNG), ("scan.pdf", scan), ("note.txt", b"text")]), name="dump.zip"
    )
    assert picture.pictures == (hashed(photo(1)),)
    assert len(pdf.pictures) == 2
    assert (note.text, note.pictures) == ("text", ())
    assert [picture.error, pdf.error] == [None, None]


def test_nothing_is_looked_through_unless_asked(pool: SandboxPool) -> None:
    """Without the option a picture is bytes and no more, broken or not."""
    for body in (PNG, PNG[:200]):
        [found] = pool.read(body, name="a.png")
        assert (found.pictures, found.error, found.kind) == ((), None, "png")


def test_a_broken_picture_is_told_and_known_by_its_bytes(looking: SandboxPool) -> None:
    """The error says that no picture came of it; the digest is there."""
    [found] = looking.read(PNG[:20], name="a.png")
    assert (found.error, found.pictures) == ("extract", ())
    assert found.sha256 == hashlib.sha256(PNG[:20]).hexdigest()


def test_a_decoder_that_dies_costs_its_own_file_alone(looking: SandboxPool) -> None:
    """A PDF that unpacks twice, to 700 MB, stops its child; the pictures beside it are read."""
    bomb = content_bomb(700 * MIB)
    assert len(bomb) < 100_000
    body = zip_of([("a.png", PNG), ("bomb.pdf", bomb), ("b.png", saved(photo(2), "PNG"))])
    _, first, killed, last = looking.read(body, name="dump.zip")
    assert killed.error is not None
    assert killed.pictures == ()
    assert killed.sha256 == hashlib.sha256(bomb).hexdigest()
    assert [first.pictures, last.pictures] == [(hashed(photo(1)),), (hashed(photo(2)),)]
    assert [first.error, last.error] == [None, None]


def test_much_work_is_handed_over_and_not_given_up() -> None:
    """More pictures than a child has CPU for are read by several, each in its turn."""
    large = saved(photo(3, (3000, 2500)), "PNG", compress_level=1)
    limits = replace(
        ReadLimits(pictures=PictureLimits()), cpu_s=1, patience=0, memory_bytes=512 * MIB
    )
    members = [(f"{n}.png", large) for n in range(12)]
    with SandboxPool(limits, workers=1) as pool:
        whole, *found = pool.read(zip_of(members, method=0), name="dump.zip")
    assert whole.error is None
    assert [(a.error, len(a.pictures)) for a in found] == [(None, 1)] * 12
