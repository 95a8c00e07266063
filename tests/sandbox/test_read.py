"""Artefacts through the pool: facts, deaths, and what is left of both."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from leakwatch.model.artefact import Artefact
from leakwatch.sandbox.batch import ANY_KIND
from leakwatch.sandbox.intake import Body
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.spool import Spool, Spooled
from leakwatch.unpack.budget import BudgetLimits
from tests.sandbox.conftest import MIB, TIGHT
from tests.support.archives import bomb, gzip_bomb, nested_zip, zip_of
from tests.support.containment import attempt_page

# Looks natural to the check before the parser and is not: every paragraph opens
# 1,900 formatting elements again, 5 s of CPU and 2 GB in all.
_FORMATS = b"".join(b"<p><b a%d=''>" % n for n in range(1900))
NASTY_PAGE = b"<html>" + _FORMATS + b"</p><p>x" * 2000 + b"page text"


def by_ordinal(found: object) -> dict[str, Artefact]:
    return {artefact.path.ordinal: artefact for artefact in found}  # type: ignore[attr-defined]


def test_the_whole_comes_first_with_digests_of_our_own(pool: SandboxPool) -> None:
    """Size, SHA-256 and CRC-32 of the whole are computed outside the child."""
    body = zip_of([("a.txt", b"one"), ("b.txt.gz", gzip.compress(b"two"))])
    found = pool.read(body, name="dump.zip")
    assert [str(a.path) for a in found] == [
        "dump.zip",
        "dump.zip!/a.txt",
        "dump.zip!/b.txt.gz",
        "dump.zip!/b.txt.gz!/content",
    ]
    whole = found[0]
    assert (whole.sha256, whole.crc32) == (hashlib.sha256(body).hexdigest(), zlib.crc32(body))
    assert (whole.size_bytes, whole.kind, whole.is_container) == (len(body), "zip", True)
    assert [a.text for a in found] == [None, "one", None, "two"]


def spooled(body: bytes, folder: Path) -> Spooled:
    """Return some bytes as they lie encrypted on disk."""
    writer = Spool(folder / "spool", max_bytes=1 << 30, keep_free_bytes=0).writer()
    writer.write(body)
    return writer.finish()


def test_bytes_path_and_descriptor_read_alike(pool: SandboxPool, tmp_path: Path) -> None:
    """However the content is handed over, the same is said of it."""
    body = zip_of([("a.txt", b"one"), ("b.zip", zip_of([("c.txt", b"two")]))])
    path = tmp_path / "dump.zip"
    path.write_bytes(body)
    fd = os.open(path, os.O_RDONLY)
    try:
        content = spooled(body, tmp_path)
        found = [pool.read(given, name="x") for given in (body, path, fd, fd, content)]
        assert os.fstat(fd)
    finally:
        os.close(fd)
    assert found == [found[0]] * 5


def test_what_lies_encrypted_is_read_on_behind_a_death(pool: SandboxPool, tmp_path: Path) -> None:
    """The next child has the key as well, and so has whoever reads the plain way."""
    body = zip_of([("p.html", NASTY_PAGE), ("a.txt", b"one")])
    found = by_ordinal(pool.read(spooled(body, tmp_path), name="x"))
    assert (found["0"].error, found["1"].text) == ("child_killed", "one")
    assert "page text" in (found["0"].text or "")
    (page,) = pool.read(spooled(NASTY_PAGE, tmp_path), name="page")
    assert "page text" in (page.text or "")
    assert page.sha256 == hashlib.sha256(NASTY_PAGE).hexdigest()


def test_what_was_closed_is_not_read(pool: SandboxPool, tmp_path: Path) -> None:
    """A content that was dropped is said to be unreadable; no other file is read in its place."""
    content = spooled(b"gone", tmp_path)
    content.close()
    (found,) = pool.read(content, name="x")
    assert (found.error, found.text) == ("missing_file", None)


def test_members_stream_before_the_whole(pool: SandboxPool) -> None:
    """Whether an archive was read to its end is known last, so it is told last."""
    found = list(pool.iter_read(zip_of([("a", b"1"), ("b", b"2")]), name="x"))
    assert [a.path.ordinal for a in found] == ["0", "1", ""]


def test_an_iterator_may_be_left_half_way(pool: SandboxPool) -> None:
    """The child ends and the worker serves the next request."""
    members: Iterator[Artefact] = pool.iter_read(
        zip_of([(f"{n}", bytes(MIB)) for n in range(30)]), name="x"
    )
    next(members)
    members.close()  # type: ignore[attr-defined]
    assert pool.read(b"still here", name="x")[0].text == "still here"


@pytest.mark.parametrize(
    ("body", "ordinal", "limit"),
    [
        (bomb(8 * MIB), "0", "ratio"),
        (gzip_bomb(64 * MIB), "0", "ratio|member_bytes"),
        (nested_zip(12, b"core"), "0.0.0", "depth"),
        (zip_of([(f"{n}", b"") for n in range(300)]), "", "members"),
        (zip_of([(f"{n}", os.urandom(4 * MIB)) for n in range(20)], method=0), "", "total_bytes"),
    ],
    ids=["ratio", "gzip", "depth", "count", "total"],
)
def test_bombs_are_told_by_the_limit_they_hit(
    pool: SandboxPool, body: bytes, ordinal: str, limit: str
) -> None:
    """No child is killed for them: the budget ends them, with its name in the detail."""
    found = by_ordinal(pool.read(body, name="bomb"))[ordinal]
    assert found.error == "budget_exceeded"
    assert any(name in (found.detail or "") for name in limit.split("|"))


def test_fifty_thousand_nested_tags_keep_their_text(pool: SandboxPool) -> None:
    """The page is read the linear way at once."""
    (found,) = pool.read(b"<div>" * 50_000 + b"the note", name="deep.html")
    assert (found.text or "").split() == ["the", "note"]


def test_a_page_that_hangs_its_parser_keeps_text_and_neighbours(pool: SandboxPool) -> None:
    """The child dies, the page is read the plain way, and the archive to its end."""
    body = zip_of([("a.txt", b"before"), ("b.html", NASTY_PAGE), ("c.txt", b"after")])
    found = by_ordinal(pool.read(body, name="x"))
    assert (found["0"].text, found["2"].text, found[""].error) == ("before", "after", None)
    assert "page text" in (found["1"].text or "")
    assert found["1"].error == "child_killed"
    assert "CPU limit of 1 s" in (found["1"].detail or "")
    assert found["1"].sha256 == hashlib.sha256(NASTY_PAGE).hexdigest()


def test_a_page_that_eats_its_parsers_memory_keeps_its_text() -> None:
    """A parser that fails for want of memory is no reason to lose a page."""
    with SandboxPool(replace(TIGHT, memory_bytes=200 * MIB), workers=1) as pool:
        (found,) = pool.read(NASTY_PAGE, name="page")
    assert "page text" in (found.text or "")


def test_a_page_that_is_the_whole_is_not_dropped_either(pool: SandboxPool) -> None:
    """The same for a page fetched by itself."""
    (found,) = pool.read(NASTY_PAGE, name="page")
    assert "page text" in (found.text or "")
    assert (found.kind, found.error) == ("html", "child_killed")
    assert found.sha256 == hashlib.sha256(NASTY_PAGE).hexdigest()


def test_without_patience_the_parent_still_tells_the_whole() -> None:
    """Digest, kind and text by one linear pass, whatever becomes of the children."""
    with SandboxPool(replace(TIGHT, patience=0), workers=1) as impatient:
        (found,) = impatient.read(NASTY_PAGE, name="page")
        archive = by_ordinal(impatient.read(zip_of([("p.html", NASTY_PAGE)]), name="x"))
    assert "page text" in (found.text or "")
    assert found.error == "child_killed"
    assert found.sha256 == hashlib.sha256(NASTY_PAGE).hexdigest()
    assert archive["0"].error == archive[""].error == "child_killed"


def test_memory_that_runs_out_costs_one_member() -> None:
    """Too much for the child's memory is an error of that member alone."""
    limits = replace(
        TIGHT,
        memory_bytes=220 * MIB,
        budget=replace(
            TIGHT.budget,
            max_member_bytes=256 * MIB,
            max_held_bytes=256 * MIB,
            max_total_bytes=512 * MIB,
            max_ratio=1e9,
        ),
        cpu_s=20,
        wall_s=30,
    )
    body = zip_of([("a", b"before"), ("b", b"a" * 200 * MIB), ("c", b"after")])
    with SandboxPool(limits, workers=1) as pool:
        found = by_ordinal(pool.read(body, name="x"))
    assert found["1"].error in {"budget_exceeded", "child_killed"}
    assert (found["0"].text, found["2"].text) == ("before", "after")


def test_text_beyond_the_output_limit_is_left_out_and_the_facts_kept(pool: SandboxPool) -> None:
    """Every member keeps its digest."""
    content = (b"note " * 1000)[: 1024 * 4] * 512
    body = zip_of([(f"{n}", content + bytes([65 + n])) for n in range(8)], method=0)
    found = by_ordinal(pool.read(body, name="x"))
    assert found["0"].text is not None
    assert (found["7"].text, found["7"].error) == (None, "budget_exceeded")
    assert found["7"].sha256 == hashlib.sha256(content + b"H").hexdigest()
    streamed = by_ordinal(pool.iter_read(body, name="x", output_bytes=64 * MIB))
    assert streamed["7"].text is not None


def test_what_cannot_be_opened_is_told_and_not_raised(pool: SandboxPool, tmp_path: Path) -> None:
    """A missing file, a folder, a pipe and a link are each one artefact with an error."""
    fifo, link = tmp_path / "fifo", tmp_path / "link"
    os.mkfifo(fifo)
    link.symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path / "missing", tmp_path, fifo, link):
        (found,) = pool.read(path, name="x")
        assert (found.error, found.sha256) == ("missing_file", "")


def test_many_small_files_come_back_in_order(pool: SandboxPool, tmp_path: Path) -> None:
    """Texts that share a child, archives that do not and paths are told as read one by one."""
    path = tmp_path / "note.txt"
    path.write_bytes(b"from a file")
    inputs: list[tuple[str, Body]] = [
        ("a", b"first"),
        ("b", zip_of([("inner", b"packed")])),
        ("c", path),
        ("d", tmp_path / "missing"),
        ("e", b"<html><p>page"),
        ("f", "Zürich, déjà vu".encode("cp1252")),
        ("g", "Zürich".encode("utf-16")),
        ("h", b"a note in front " * 400 + zip_of([("inner", b"behind it")])),
        ("i", b""),
        *((f"n{n}", b"note %d" % n) for n in range(100)),
    ]
    alone = [pool.read(body, name=name) for name, body in inputs]
    assert list(pool.read_many(inputs)) == alone
    with SandboxPool(TIGHT, workers=1, together=ANY_KIND) as trusting:
        assert list(trusting.read_many(inputs)) == alone


def test_what_ends_a_batch_costs_no_other_its_text() -> None:
    """It is read alone; those before it stand, and those behind it share another child."""
    limits = replace(TIGHT, output_bytes=64 * MIB)
    pages = [(f"p{n}", b"<html><p>page %d" % n) for n in range(40)]
    inputs = [*pages[:20], ("nasty", NASTY_PAGE), *pages[20:]]
    with SandboxPool(limits, workers=1, together=ANY_KIND) as pool, capture_logs() as logs:
        found = {
            name: read[0] for (name, _), read in zip(inputs, pool.read_many(inputs), strict=True)
        }
    texts = [(found[name].text or "").split() for name, _ in pages]
    assert texts == [["page", str(n)] for n in range(40)]
    assert found["nasty"].sha256 == hashlib.sha256(NASTY_PAGE).hexdigest()
    assert [e["event"] for e in logs].count("sandbox_child_ended") == 2


def test_a_batch_of_nothing_but_nasty_files_ends() -> None:
    """After some deaths the rest is read one by one."""
    bombs = [(f"b{n}", attempt_page("crash")) for n in range(12)]
    modules = ["tests.support.taken_over"]
    with SandboxPool(TIGHT, workers=1, together=ANY_KIND, parser_modules=modules) as pool:
        found = [one[0] for one in pool.read_many([*bombs, ("last", b"<html><p>read")])]
    assert {one.error for one in found[:-1]} == {"child_killed"}
    assert (found[-1].text or "").strip() == "read"


def test_a_batch_that_is_much_work_is_shared_out() -> None:
    """A child that has used half its time leaves the rest to another, and nothing is killed."""
    slow = [(f"s{n}", attempt_page("busy", cpu_s=0.3)) for n in range(4)]
    modules = ["tests.support.taken_over"]
    with (
        SandboxPool(TIGHT, workers=1, together=ANY_KIND, parser_modules=modules) as pool,
        capture_logs() as logs,
    ):
        found = [one[0] for one in pool.read_many(slow)]
    assert [one.text for one in found] == ['{"done": true}'] * 4
    assert "sandbox_child_ended" not in {e["event"] for e in logs}


def test_limits_reach_the_child() -> None:
    """A pool's own limits hold, not the defaults."""
    with SandboxPool(replace(TIGHT, max_text_chars=4), workers=1) as pool:
        (found,) = pool.read(b"a longer text", name="x")
    assert (found.text, found.detail) == ("a lo", "text cut after 4 characters")
    with SandboxPool(replace(TIGHT, budget=BudgetLimits(max_members=1)), workers=1) as pool:
        assert pool.read(zip_of([("a", b""), ("b", b"")]), name="x")[0].error == "budget_exceeded"
