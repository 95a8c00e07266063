from __future__ import annotations

import base64
import gzip
import io
import random

import pytest

from leakwatch.unpack.budget import BudgetLimits
from leakwatch.unpack.long_text import OVERLAP_BYTES, LongText
from tests.support.archives import artefacts, zip_of

PART = 100_000
LIMITS = BudgetLimits(text_part_bytes=PART, max_member_bytes=500_000)
LINES = "".join(f"Fictional note {n} of a fictional patient.\n" for n in range(20_000))
TEXT = LINES.encode()


def parts_of(text: bytes) -> list[tuple[int, bytes]]:
    members = LongText("text", PART).members(io.BytesIO(text))
    return [(int(m.name.rpartition(" ")[2]), b"".join(m.chunks())) for m in members]


def test_parts_are_the_text() -> None:
    """Each is where its name says, and overlaps the one before."""
    parts = parts_of(TEXT)
    end = 0
    for start, content in parts:
        assert TEXT[start : start + len(content)] == content
        assert start == max(0, end - OVERLAP_BYTES)
        end = start + len(content)
    assert end == len(TEXT)
    assert max(len(content) for _, content in parts) <= 2 * PART + OVERLAP_BYTES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32-be"])
def test_a_long_text_is_read_whole(encoding: str) -> None:
    """No line is lost, whatever the encoding; the parts are text, not members of it."""
    found = artefacts(LINES.encode(encoding), limits=LIMITS)
    assert (found[""].kind, found[""].text, found[""].error) == ("text", None, None)
    text = "".join(a.text or "" for ordinal, a in found.items() if ordinal)
    assert set(LINES.splitlines()) <= set(text.splitlines())


def test_in_archives_too() -> None:
    """Longer than any member may be, packed twice, and its neighbour is read."""
    packed = zip_of([("dump.sql.gz", gzip.compress(TEXT)), ("note.txt", b"the neighbour")])
    found = artefacts(packed, limits=LIMITS)
    assert found["0.0"].is_container
    assert found["0.0"].size_bytes == len(TEXT)
    assert (found["0.0.3"].text or "")[-1:] == "\n" or found["0.0.3"].text
    assert {a.error for a in found.values()} == {None}
    assert found["1"].text == "the neighbour"


def test_parts_are_not_charged_twice() -> None:
    """Telling a text in parts unpacks nothing."""
    limits = BudgetLimits(text_part_bytes=PART, max_total_bytes=len(TEXT) + 1000)
    found = artefacts(zip_of([("dump.sql", TEXT)]), limits=limits)
    assert {a.error for a in found.values()} == {None}


def test_depth_is_no_matter() -> None:
    """A long text is read where a short one would be."""
    found = artefacts(zip_of([("dump.sql", TEXT)]), limits=BudgetLimits(1, text_part_bytes=PART))
    assert {a.error for a in found.values()} == {None}


def test_a_file_in_it_is_not_cut() -> None:
    """A part that would end within a file written into the text ends behind it."""
    picture = b"\x89PNG\r\n\x1a\n" + random.Random(5).randbytes(60_000)
    text = TEXT[: PART - 500] + b"'" + base64.b64encode(picture) + b"'" + TEXT
    found = artefacts(text, limits=LIMITS)
    assert found["0.0"].size_bytes == len(picture)


def test_endless_letters_end() -> None:
    """Without a space anywhere parts are at most twice as long."""
    assert max(len(content) for _, content in parts_of(b"A" * 900_000)) <= 2 * PART + OVERLAP_BYTES


def test_a_page_is_read_without_its_tags() -> None:
    """The parts of a page are markup without beginning or end."""
    page = b"<html><body><p>" + TEXT.replace(b"\n", b"</p><p>")
    found = artefacts(page, limits=LIMITS)
    assert found["1"].kind == "xml"
    assert "<p>" not in (found["1"].text or "<p>")


def test_what_nobody_reads_is_passed_over() -> None:
    """A part that was told before is not told again in the next."""
    unread = [m.name for m in LongText("text", PART).members(io.BytesIO(TEXT))]
    assert [int(name.rpartition(" ")[2]) for name in unread] == [at for at, _ in parts_of(TEXT)]
