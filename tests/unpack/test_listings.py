"""Lists of files that an artefact holds, told beside its text."""

from __future__ import annotations

import json

import bencode2
import pytest

from leakwatch.unpack.events import Done, Opened, Resume
from tests.support.archives import artefacts, walk, zip_of

TORRENT = bencode2.bencode(
    {b"comment": b"our comment", b"info": {b"name": b"a.pdf", b"length": 7, b"pieces": bytes(20)}}
)
FIND = "".join(f"{n}00 ./letters/scan{n}.pdf\n" for n in range(1, 8))


def test_a_torrent_is_told_with_its_listing() -> None:
    """Its names and sizes; its words as text; its info-hash as a note; in an archive too."""
    found = artefacts(zip_of([("x", TORRENT), ("y.txt", b"y")]))["0"]
    assert found.kind == "torrent"
    assert found.listing is not None
    assert [(e.path, e.size_bytes) for e in found.listing.entries] == [("a.pdf", 7)]
    assert found.text == "a.pdf\nour comment"
    assert (found.detail or "").startswith("torrent btih:")
    assert found.error is None
    assert found.sha256


def test_a_torrent_is_announced_and_read_the_plain_way_after_a_death() -> None:
    """Its first parser is written in C."""
    assert [type(e) for e in walk(TORRENT)] == [Opened, Done]
    assert [type(e) for e in walk(TORRENT, resume=Resume(plainly=()))] == [Done]
    [done] = walk(TORRENT, resume=Resume(plainly=()))
    assert done.artefact.listing is not None


def test_what_only_starts_like_a_torrent_is_read_as_text() -> None:
    """A stolen note is not hidden by eight letters before it."""
    found = artefacts(b"d4:infod4:name The patient, Jane Roe, was seen today.")[""]
    assert found.kind == "text"
    assert "Jane Roe" in (found.text or "")
    assert found.error == "corrupt"
    assert found.listing is None


def test_a_list_in_a_text_stands_beside_the_text() -> None:
    """The text is matched as ever."""
    found = artefacts(FIND.encode())[""]
    assert found.text == FIND
    assert found.listing is not None
    assert [e.size_bytes for e in found.listing.entries] == [100 * n for n in range(1, 8)]
    assert artefacts(b"no list, only words")[""].listing is None


def test_a_list_in_a_page_is_found() -> None:
    """In ``pre``, with its lines and blanks as they are."""
    page = f"<html><body><h1>Proof</h1><pre>{FIND}</pre></body></html>"
    found = artefacts(page.encode())[""]
    assert found.kind == "html"
    assert found.listing is not None
    assert len(found.listing.entries) == 7


def test_a_list_in_lines_of_a_page_is_found() -> None:
    """Where ``br`` ends the lines, as editors of blogs write them."""
    lines = FIND.strip().replace("\n", "<br>")
    found = artefacts(f"<html><body><p>{lines}</p></body></html>".encode())[""]
    assert found.listing is not None
    assert len(found.listing.entries) == 7


@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_in_json_is_found(indent: int | None) -> None:
    """Without line ends too, whatever its text is read as."""
    rows = [{"Path": f"a/scan{n}.pdf", "Size": n, "IsDir": False} for n in range(9)]
    found = artefacts(json.dumps(rows, indent=indent).encode())[""]
    assert found.listing is not None
    assert [e.size_bytes for e in found.listing.entries] == [*range(9)]
