"""Documents made to kill their readers: a recorded reason, and neighbours that are still read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.unpack.budget import BudgetLimits
from tests.support.archives import zip_of
from tests.support.office import doc, docx, package, xlsx
from tests.support.pdf import content_bomb, endless_pages, with_text

MIB = 1024 * 1024
LIMITS = ReadLimits(
    budget=BudgetLimits(max_total_bytes=512 * MIB),
    cpu_s=4,
    memory_bytes=1024 * MIB,
    wall_s=40,
    max_text_chars=4 * MIB,
)
_CELL = b'<row r="1"><c r="A1" t="inlineStr"><is><t>the note</t></is></c></row>'
CORNER = xlsx(_CELL + b'<row r="1048576"><c r="XFD1048576"><v>5</v></c></row>')
LAUGHS = (
    "<!DOCTYPE a [<!ENTITY l0 'ha'>"
    + "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    + "]><a><w:t>the note &l9;</w:t></a>"
).encode()


@pytest.fixture(scope="module")
def pool() -> Iterator[SandboxPool]:
    with SandboxPool(LIMITS, workers=1) as pool:
        yield pool


def read(pool: SandboxPool, data: bytes) -> tuple[str | None, str | None, str]:
    """Return (error, detail, text) of data between two texts, which are still read."""
    packed = zip_of([("a.txt", b"before"), ("x", data), ("z.txt", b"after")])
    found = {a.path.ordinal: a for a in pool.read(packed, name="x")}
    assert (found["0"].text, found["2"].text) == ("before", "after")
    return found["1"].error, found["1"].detail, found["1"].text or ""


@pytest.mark.parametrize(
    "data",
    [
        CORNER,
        docx("the note", parts=[("word/header1.xml", b"<w:tbl><w:tc>" * 100_000)]),
        package([("word/document.xml", LAUGHS)]),
        xlsx(_CELL, parts=[("xl/comments1.xml", LAUGHS)]),
        b"{\\rtf1 " + b"{\\b " * 100_000 + b"the note",
        b"<?xml version='1.0'?>" + b"<a>" * 100_000 + b"the note",
        LAUGHS.replace(b"<!DOCTYPE", b"<?xml version='1.0'?><!DOCTYPE"),
        doc("the note of a patient, whose file is cut")[:1700],
    ],
    ids=["corner", "tables", "laughs", "sheet", "groups", "depth", "entities", "cut"],
)
def test_the_note_is_read_all_the_same(pool: SandboxPool, data: bytes) -> None:
    """By the first way or by the second; if a parser died of it, that is told."""
    error, _, text = read(pool, data)
    assert "the note" in text
    assert error in {None, "child_killed"}


@pytest.mark.parametrize(
    "data", [content_bomb(480 * MIB), endless_pages()], ids=["stream of 480 MB", "endless pages"]
)
def test_a_pdf_that_kills_both_ways_costs_itself(data: bytes) -> None:
    """It is told with the reason, and its neighbours are read."""
    with SandboxPool(replace(LIMITS, cpu_s=1), workers=1) as pool:
        error, detail, _ = read(pool, data)
    assert error == "child_killed"
    assert "limit" in (detail or "") or "died" in (detail or "")


def test_a_part_that_unpacks_without_end_is_cut(pool: SandboxPool) -> None:
    """The document says how much of it was read."""
    bomb = package([("word/document.xml", b"<w:t>" + b"abc " * (40 * MIB))])
    _, detail, text = read(pool, bomb)
    assert len(text) == LIMITS.max_text_chars
    assert detail == f"text cut after {LIMITS.max_text_chars} characters"


def test_a_document_of_two_ways_says_which_read_it(pool: SandboxPool) -> None:
    """The second extractor's work can be counted."""
    begin = b"\x09\x04\x06\x00\x00\x00\x10\x00\x00\x00"
    before_compound_files = begin + b"\x04\x02\x10\x00" + bytes(6) + b"\x08\x00the note"
    error, detail, text = read(pool, before_compound_files)
    assert (error, (detail or "").startswith("read by the second extractor")) == (None, True)
    assert "the note" in text


def test_documents_are_read_where_no_memory_is_left() -> None:
    """A child of 200 MB still reads a page."""
    with SandboxPool(replace(LIMITS, memory_bytes=200 * MIB), workers=1) as pool:
        assert read(pool, with_text("the note"))[2].strip() == "the note"
