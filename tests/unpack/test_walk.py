from __future__ import annotations

import gzip
import hashlib
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from leakwatch.unpack import opening
from leakwatch.unpack.budget import BudgetLimits
from leakwatch.unpack.container import Member, SeekableStream
from leakwatch.unpack.events import Done, Opened, Resume
from leakwatch.unpack.formats import CONTAINERS
from tests.support.archives import (
    artefacts,
    bomb,
    gzip_bomb,
    nested_zip,
    patched,
    tar_of,
    walk,
    zip_of,
)

MIB = 1024 * 1024
SMALL = BudgetLimits(
    max_depth=3,
    max_members=50,
    max_total_bytes=8 * MIB,
    max_member_bytes=4 * MIB,
    max_ratio=50,
    ratio_grace_bytes=MIB,
    max_held_bytes=2 * MIB,
)
PAGE = b"<html><body><p>page</p></body></html>"
NEST = zip_of(
    [
        ("a.txt", b"first"),
        ("b.gz", gzip.compress(zip_of([("deep.html", PAGE), ("deep.txt", b"deep")]))),
        ("c.txt", b"last"),
    ]
)


def told(content: bytes, resume: Resume | None = None) -> list[tuple[str, str]]:
    return [(type(e).__name__, e.artefact.path.ordinal) for e in walk(content, resume=resume)]


def test_members_are_told_with_their_paths() -> None:
    """Names and ordinals run from the outside in, one a level."""
    found = artefacts(NEST)
    deep = found["1.0.1"]
    assert deep.path.names == ("whole", "b.gz", "content", "deep.txt")
    assert deep.text == "deep"
    assert [found[o].kind for o in ("", "1", "1.0", "1.0.0")] == ["zip", "gzip", "zip", "html"]


def test_containers_within_have_digests_of_their_own() -> None:
    """A stolen archive is known by its bytes, wherever it is packed."""
    inner = zip_of([("deep.txt", b"deep")])
    packed = gzip.compress(inner)
    found = artefacts(zip_of([("b.gz", packed)]))
    for ordinal, content in (("0", packed), ("0.0", inner)):
        assert found[ordinal].sha256 == hashlib.sha256(content).hexdigest()
        assert found[ordinal].crc32 == zlib.crc32(content)
        assert found[ordinal].size_bytes == len(content)


def test_a_container_is_opened_before_and_done_after_its_members() -> None:
    """Whoever listens knows at any time what is being read."""
    assert told(NEST) == [
        ("Opened", ""),
        ("Done", "0"),
        ("Opened", "1"),
        ("Opened", "1.0"),
        ("Opened", "1.0.0"),
        ("Done", "1.0.0"),
        ("Done", "1.0.1"),
        ("Done", "1.0"),
        ("Done", "1"),
        ("Done", "2"),
        ("Done", ""),
    ]


def test_a_walk_is_taken_up_behind_what_was_told() -> None:
    """Nothing is told twice and nothing is left out, whatever the last told was."""
    done = [o for kind, o in told(NEST) if kind == "Done"]
    for position, last in enumerate(done[:-1]):
        after = tuple(int(n) for n in last.split("."))
        resumed = [o for kind, o in told(NEST, Resume(after=after)) if kind == "Done"]
        assert resumed == done[position + 1 :], last


def test_a_member_that_kills_is_passed_over() -> None:
    """The first member not told yet is told unread; the next is read."""
    events = list(walk(NEST, resume=Resume(after=(0,), skip=True)))
    skipped, last, _ = [e.artefact for e in events if isinstance(e, Done)]
    assert (skipped.path.ordinal, skipped.error) == ("1", "child_killed")
    assert (last.text, last.error) == ("last", None)


def test_a_member_within_a_container_that_kills_is_passed_over() -> None:
    """The containers around it are entered again, not passed over with it."""
    events = walk(NEST, resume=Resume(after=(1, 0, 0), skip=True))
    found = {e.artefact.path.ordinal: e.artefact for e in events if isinstance(e, Done)}
    assert list(found) == ["1.0.1", "1.0", "1", "2", ""]
    assert found["1.0.1"].error == "child_killed"
    assert found["2"].text == "last"


def test_a_parser_that_died_is_not_asked_again() -> None:
    """The plain way gives the text without announcing a risk."""
    events = list(walk(NEST, resume=Resume(after=(0,), plainly=(1, 0, 0))))
    assert Opened not in {type(e) for e in events if e.artefact.path.ordinal == "1.0.0"}
    (page,) = [e.artefact for e in events if e.artefact.path.ordinal == "1.0.0"]
    assert (page.text or "").split() == ["page"]


def test_depth_ends_the_opening_and_not_the_reading() -> None:
    """The archive too deep has its digest; what stands beside it is read."""
    content = zip_of([("nest", nested_zip(4, b"core")), ("beside.txt", b"beside")])
    found = artefacts(content, limits=SMALL)
    assert found["0.0.0"].error == "budget_exceeded"
    assert found["0.0.0"].detail == "depth 4 over the limit of 3"
    assert len(found["0.0.0"].sha256) == 64
    assert found["1"].text == "beside"


class _Quine:
    """Gives, as its one member, the whole that it is."""

    needs_seek = True

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
        def chunks() -> Iterator[bytes]:
            stream.seek(0)
            yield stream.read(MIB)

        yield Member("itself", 0, None, None, None, chunks)


def test_an_archive_that_holds_itself_ends_at_the_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is opened as often as any other, with a reason at the end; its neighbour is read."""
    monkeypatch.setattr(opening, "CONTAINERS", {**CONTAINERS, "ar": _Quine()})
    content = zip_of([("quine.a", b"!<arch>\n and so on"), ("note.txt", b"beside")])
    found = artefacts(content, limits=SMALL)
    assert set(found) == {"", "0", "0.0", "0.0.0", "1"}
    assert found["0.0.0"].detail == "depth 4 over the limit of 3"
    assert found["1"].text == "beside"


def test_a_bomb_hides_no_neighbour() -> None:
    """A member over the ratio is cut, its start is read, and the rest is read after it."""
    content = zip_of([("bomb.txt", b"a" * 3 * MIB), ("note.txt", b"the note")])
    found = artefacts(content, limits=SMALL)
    assert found["0"].error == "budget_exceeded"
    assert (found["0"].detail or "").startswith("ratio")
    assert (found["0"].sha256, found["0"].size_bytes) == ("", 3 * MIB)
    assert (found["0"].text or "").startswith("aaaa")
    assert found["1"].text == "the note"


def test_a_gzip_bomb_is_cut() -> None:
    """A stream that states no size ends at the member's limit."""
    found = artefacts(gzip_bomb(40 * MIB), limits=SMALL)
    assert found["0"].error == "budget_exceeded"
    assert found["0"].size_bytes <= 5 * MIB


def test_the_total_ends_everything_and_is_told_upwards() -> None:
    """Every container whose rest is unread says so."""
    inner = zip_of([(f"{n}", bytes([n]) * MIB) for n in range(12)])
    found = artefacts(zip_of([("inner", inner), ("after", b"x")]), limits=SMALL)
    assert found["0"].error == found[""].error == "budget_exceeded"
    assert "1" not in found


def test_an_archive_that_holds_itself_ends() -> None:
    """Entries that all point at one member are read as often as they are listed, no more."""
    loop = zip_of([(f"{n}", b"same") for n in range(40)])
    for n in range(40):
        loop = patched(loop, n, "header", 0)
    assert len(artefacts(loop, limits=SMALL)) == 41


def test_a_format_read_from_its_end_is_not_held_beyond_its_size() -> None:
    """Too large an archive within an archive is told unopened, its digests complete."""
    large = random.Random(1).randbytes(3 * MIB) + zip_of([("x", b"x")])
    content = zip_of([("large.zip", b"PK\x03\x04" + large)])
    found = artefacts(content, limits=SMALL)["0"]
    assert (found.error, found.detail) == (
        "budget_exceeded",
        "too large to be opened inside an archive",
    )
    assert found.sha256


def test_a_stored_archive_is_opened_where_it_lies() -> None:
    """However large it is and however deep, nothing of it is held, and its digests are complete."""
    large = zip_of([("blob", random.Random(1).randbytes(3 * MIB)), ("x.txt", b"found")], method=0)
    tree = tar_of([("large.zip", large)])
    content = zip_of([("in.zip", zip_of([("tree.tar", tree)], method=0))], method=0)
    limits = replace(SMALL, max_held_bytes=MIB, max_total_bytes=64 * MIB, max_depth=5)
    found = artefacts(content, limits=limits)
    assert found["0.0.0.1"].text == "found"
    assert found["0.0.0"].sha256 == hashlib.sha256(large).hexdigest()
    assert found["0.0"].sha256 == hashlib.sha256(tree).hexdigest()
    assert all(one.error is None for one in found.values())


def test_an_archive_in_a_tar_is_opened_where_it_lies() -> None:
    """A tar is read forwards, and what is in it in between; packed, it is read as it comes."""
    large = zip_of([("blob", random.Random(1).randbytes(3 * MIB)), ("x.txt", b"found")], method=0)
    tree = tar_of([("a.txt", b"before"), ("large.zip", large), ("b.txt", b"behind")])
    limits = replace(SMALL, max_held_bytes=MIB, max_total_bytes=64 * MIB)
    found = artefacts(tree, limits=limits)
    assert [found[n].text for n in ("0", "1.1", "2")] == ["before", "found", "behind"]
    packed = artefacts(gzip.compress(tree), limits=limits)
    assert [packed[f"0.{n}"].text for n in ("0", "2")] == ["before", "behind"]
    assert packed["0.1"].error == "budget_exceeded"


def test_a_stored_archive_that_lies_gives_its_neighbours_all_the_same() -> None:
    """One whose bytes do not fit their checksum, or that is cut short, costs itself alone."""
    large = zip_of([("blob", bytes(2 * MIB)), ("x.txt", b"found")], method=0)
    content = zip_of([("large.zip", large), ("after.txt", b"after")], method=0)
    wrong = artefacts(patched(content, 0, "crc32", 1), limits=SMALL)
    assert (wrong["0"].error, wrong["0.1"].text, wrong["1"].text) == ("corrupt", "found", "after")
    small = replace(SMALL, max_total_bytes=3 * MIB)
    short = artefacts(zip_of([("a", large), ("b", large)], method=0), limits=small)
    assert short[""].error == "budget_exceeded"


def test_what_is_held_at_all_levels_together_is_bounded() -> None:
    """An archive in an archive in an archive, all packed: they share one account."""
    noise = random.Random(1).randbytes(MIB)
    middle = zip_of([("inner.zip", zip_of([("noise", noise), ("x.txt", b"found")], method=0))])
    content = zip_of([("middle.zip", middle)])
    roomy = replace(SMALL, max_total_bytes=64 * MIB, max_held_total_bytes=4 * MIB)
    assert artefacts(content, limits=roomy)["0.0.1"].text == "found"
    tight = artefacts(content, limits=replace(roomy, max_held_total_bytes=3 * MIB // 2))
    assert tight["0.0"].error == "budget_exceeded"
    assert tight["0"].error is None


def test_archives_without_a_reader_are_said_to_be_unread() -> None:
    """Silence would read as: nothing was in it."""
    found = artefacts(zip_of([("x.7z", b"7z\xbc\xaf\x27\x1c\x00\x04rest")]))["0"]
    assert found.kind == "7z"
    assert found.error in {"unsupported", "corrupt"}


def test_a_bomb_in_a_bomb_costs_no_more_than_the_budget() -> None:
    """Levels share one account."""
    content = zip_of([(f"{n}.zip", bomb(3 * MIB)) for n in range(5)])
    limits = BudgetLimits(max_total_bytes=8 * MIB)
    assert artefacts(content, limits=limits)[""].error == "budget_exceeded"


def test_neither_repr_nor_detail_tells_a_name() -> None:
    """Names out of archives may be patients' names."""
    content = patched(zip_of([("Jane_Fictional.txt", b"x")]), 0, "method", 97)
    for artefact in artefacts(content).values():
        assert "Fictional" not in repr(artefact)
        assert "Fictional" not in (artefact.detail or "")
