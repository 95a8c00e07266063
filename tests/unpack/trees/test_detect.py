"""What is no list of files, and what would make finding one slow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.unpack.trees import detect, listing_in, may_list

SHARED = Path(__file__).resolve().parents[3] / "../shared/eval"

LOG = "\n".join(
    f"2025-01-01 12:00:{n:02},123 INFO [worker-{n}] org.example.Server: took {n} ms"
    for n in range(60)
)
ACCESS = "\n".join(
    f'192.0.2.{n} - - [01/Jan/2025:12:00:{n:02} +0000] "GET /a/{n}.html HTTP/1.1" 200 {n}17 "-" "M/5.0"'
    for n in range(60)
)
LAB = """\
01/15/2025 08:30 140 mmol/L Sodium
01/15/2025 08:30 4.1 mmol/L Potassium
01/15/2025 08:30 101 mmol/L Chloride
01/15/2025 08:30 1.02 mg/dL Creatinine
01/15/2025 08:30 5.6 % HbA1c
01/15/2025 08:30 13.9 g/dL Hemoglobin
"""
LAB_CSV = "test,value,unit,low,high\n" + "".join(f"T{n},{n}.5,mg/dl,1.0,9.9\n" for n in range(40))
FIGURES = "".join(f"{n},Roe,1.{n}25,4.{n}1\n" for n in range(10, 40))
TOTALS = "".join(f"Creatinine 1.{n}\nBilirubin -0.{n}2\n" for n in range(10, 40))
PEOPLE = "".join(
    json.dumps({"id": n, "name": "Roe", "page": f"https://clinic.example/{n}.html", "v": 0.125})
    + "\n"
    for n in range(40)
)
PRESCRIPTION = "".join(f"{n}. Metoprolol 25 mg p.o. b.i.d.\n" for n in range(20))
MAIL = """\
From: amy@clinic.example
To: bob@clinic.example
Date: Mon, 1 Jan 2024 10:00:00 +0000
Subject: results.pdf

Hi Bob,

the results are in results.pdf and in scan.pdf, the letter is in letter.docx.
See www.example.org, mail me at amy@clinic.example or call. Dr. A.B. Roe

--
Amy
"""
FORM = "Name: Jane Roe\nAge: 45\nSize: 170\nWeight: 70\n\n" * 20
SQL = (
    "+----+-------+\n| id | name  |\n+----+-------+\n"
    + "|  1 | Roe   |\n" * 20
    + "+----+-------+\n"
)
CODE = "import os.path\nfrom a.b import c\n" + "x = self.thing.other(y.z)\n" * 30
NOTES = {
    "log": LOG, "lab": LAB, "lab, CSV": LAB_CSV, "prescription": PRESCRIPTION, "mail": MAIL,
    "form": FORM, "figures": FIGURES, "totals": TOTALS, "people": PEOPLE, "SQL": SQL, "code": CODE, "nothing": "", "dots": "." * 9999,
    "rule": "-" * 9999 + "\n" + "=" * 9999,
}  # fmt: skip


@pytest.mark.parametrize("text", NOTES.values(), ids=NOTES.keys())
def test_ordinary_texts_list_nothing(text: str) -> None:
    """A note, a mail, a table of results, a log, code: none is a list of files."""
    assert listing_in(text) is None


def test_a_log_of_requests_names_what_was_asked_for_at_most() -> None:
    """Not a line of it is taken for a file with a size."""
    listing = listing_in(ACCESS)
    assert listing is None or all(entry.size_bytes is None for entry in listing.entries)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the evaluation files are not here")
def test_clinical_notes_list_nothing() -> None:
    """Not one of a thousand notes and forms, nor all of them in one text."""
    with SHARED.joinpath("notes.jsonl").open(encoding="utf-8") as file:
        notes = [json.loads(line)["text"] for line in file]
    notes += [path.read_text("utf-8", "replace") for path in SHARED.joinpath("templates").iterdir()]
    assert [listing_in(note) for note in notes] == [None] * len(notes)
    assert listing_in("\n".join(notes)) is None
    assert sum(map(may_list, notes)) < 10


def test_four_files_are_too_few() -> None:
    """Five make a list."""
    lines = [f"-rw-r--r-- 1 a b {n} Jan  1 12:00 scan{n}.pdf\n" for n in range(5)]
    assert listing_in("".join(lines[:4])) is None
    assert listing_in("".join(lines)) is not None


def test_one_strange_line_does_not_end_a_list() -> None:
    """As where access was denied; two do, and what follows is a list of its own."""
    lines = [f"{n} ./scan{n}.pdf" for n in range(100, 106)]
    whole = listing_in("\n".join([*lines[:3], "find: './x': Permission denied", *lines[3:]]))
    assert whole is not None
    assert len(whole.entries) == 6
    apart = ["but then", "there came words"]
    assert listing_in("\n".join([*lines[:3], *apart, *lines[3:]])) is None


def test_a_sure_format_ends_a_loose_one() -> None:
    """A line that only happens to end as files do does not swallow a list behind it."""
    lines = [f"-rw-r--r-- 1 a b {n} Jan  1 12:00 scan{n}.pdf" for n in range(9)]
    listing = listing_in("\n".join(["Archive: x.zip", *lines]))
    assert listing is not None
    assert [entry.size_bytes for entry in listing.entries] == [*range(9)]


def test_a_list_far_down_is_found() -> None:
    """Words before it, however many, are passed over."""
    words = "The patient was seen today. " * 20_000
    lines = "\n".join(f"./letters/scan{n}.pdf" for n in range(9))
    listing = listing_in(f"{words}\n{lines}\n{words}")
    assert listing is not None
    assert len(listing.entries) == 9


def test_names_keep_what_looks_like_a_bullet_within() -> None:
    """Only what stands before a name is none of it."""
    listing = listing_in("\n".join(f"- Roe - scan {n}. part.pdf" for n in range(9)))
    assert listing is not None
    assert listing.entries[0].path == "Roe - scan 0. part.pdf"


def test_parts_of_archives_are_files() -> None:
    """Their endings are figures, as those of results are; a name before it tells them apart."""
    listing = listing_in("\n".join(f"backup2024.{n:03}" for n in range(9)))
    assert listing is not None
    assert len(listing.entries) == 9


def test_objects_without_size_are_files_by_their_names() -> None:
    """JSON that only names them."""
    listing = listing_in("\n".join(f'{{"path": "a/{n}.pdf", "by": "x"}}' for n in range(9)))
    assert listing is not None
    assert listing.entries[0].path == "a/0.pdf"


def test_a_text_without_end_is_read_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the listing says that it is not whole."""
    monkeypatch.setattr(detect, "MAX_LINES", 20)
    listing = listing_in("\n".join(f"./scan{n}.pdf" for n in range(40)))
    assert listing is not None
    assert 15 < len(listing.entries) < 25
    assert not listing.is_complete


def test_too_many_files_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the listing says that it is not whole."""
    monkeypatch.setattr(detect, "MAX_ENTRIES", 7)
    listing = listing_in("\n".join(f"./scan{n}.pdf" for n in range(20)))
    assert listing is not None
    assert len(listing.entries) == 7
    assert not listing.is_complete


def test_a_search_in_vain_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many lines that begin nothing."""
    monkeypatch.setattr(detect, "MAX_STRANGE", 20)
    lines = "\n".join(f"./scan{n}.pdf" for n in range(9))
    assert listing_in("see a.pdf and more\n" * 30 + lines) is None


SLOW = [
    ".pdf ", "a.pdf,", "a.pdf\t", "├── ", "│ ", "| ", "`-- ", "+--", "-rw-r--r-- ", "-rw ", "1 ", "1,",
    "1.234.", "<DIR> ", "01/01/2025 ", "12:00 ", "[", "[1]", '"', '""a.pdf', "(1 MB) ", "a.pdf 1 MB ",
    "\\303", "\\ ", "C:\\", "Path = ", "CRC ", "0f", "https://", "\u00a0", ";", "-> ", "1 Jan ", "x:",
]  # fmt: skip


@pytest.mark.parametrize("piece", SLOW)
def test_nothing_makes_it_slow(piece: str) -> None:
    """Pieces of every format, without end, on one line and on many: linear all the same."""
    marks = "a.pdf " * 5 + "\n"
    line = piece * (8_000 // len(piece))
    for text in (piece * 500_000, f"{line}\n{marks}" * 60, (piece + "\n") * 50_000 + marks):
        listing_in(marks + text)


LINE = st.lists(st.sampled_from([*SLOW, "scan.pdf", "\n", " ", "7", "name"]), max_size=12).map(
    "".join
)


@given(st.text() | st.lists(LINE, max_size=40).map("\n".join))
def test_total(text: str) -> None:
    """No text raises; every line told is one that a listing may hold."""
    listing = listing_in(text)
    for entry in listing.entries if listing else ():
        assert entry.path
        assert len(entry.path) <= 4096
        assert entry.size_bytes is None or 0 <= entry.size_bytes < 2**62
        assert entry.size_range is None or 0 <= entry.size_range[0] < entry.size_range[1] < 2**62
        assert entry.crc32 is None or 0 < entry.crc32 < 2**32


NAMES = st.text("abcdefghijklmnopqrstuvwxyzäéя0123456789_()+&", min_size=1, max_size=20)
TREE = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: "/".join(parts) + ".pdf"),
    st.integers(0, 2**45),
    min_size=5,
    max_size=12,
)


@given(TREE)
def test_what_programs_print_is_read_back(tree: dict[str, int]) -> None:
    """Any names and sizes come through ``ls``, ``find``, ``tree``, ``dir`` and CSV."""
    folders: dict[str, dict[str, int]] = {}
    for path, size in tree.items():
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, {})[name] = size
    ls = "\n\n".join(
        f"./{folder}:\ntotal 8\n"
        + "\n".join(f"-rw-r--r-- 1 a b {s:>13} Jan  1 12:00 {n}" for n, s in names.items())
        for folder, names in folders.items()
    )
    of_dir = "\n\n".join(
        f" Directory of C:\\{folder}\n\n".replace("/", "\\")
        + "\n".join(f"01/15/2025  03:21 PM {s:17,} {n}" for n, s in names.items())
        for folder, names in folders.items()
    )
    find = "\n".join(f"{size} ./{path}" for path, size in tree.items())
    drawn = "\n".join(f"├── [{size:>11}]  ./{path}" for path, size in tree.items())
    csv = "\n".join(f'"{path}";{size}' for path, size in tree.items())
    for text in (ls, of_dir, find, drawn, csv):
        listing = listing_in(text)
        assert listing is not None
        assert {e.path: e.size_bytes for e in listing.entries if not e.is_directory} == tree
