from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from leakwatch.fingerprint.names import PiecesRoot
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Grade, Method
from tests.support.corpora import ids, matcher, note

FILES: dict[str, str | bytes] = {
    f"Letters 2019/referral letter {n:02}.txt": note(n, 60) for n in range(12)
}
PUBLIC = "Letters 2019/leaflet for everybody.txt"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clinic")


@pytest.fixture(scope="module")
def clinic(home: Path) -> CorpusMatcher:
    files = {**FILES, PUBLIC: note("leaflet", 60), "tiny.txt": "tiny"}
    return matcher(home, files, background={"leaflet.txt": note("leaflet", 60)})


def entry(path: str, *, size: bool = False, crc: bool = False, root: bool = False) -> ListingEntry:
    """Return a line about a known file that shows so much of it."""
    text = {**FILES, PUBLIC: note("leaflet", 60), "tiny.txt": "tiny"}[path]
    data = text.encode() if isinstance(text, str) else text
    pieces = PiecesRoot()
    pieces.update(data)
    return ListingEntry(
        path=f"dump/{path}",
        size_bytes=len(data) if size else None,
        crc32=zlib.crc32(data) if crc else None,
        pieces_root=pieces.hexdigest() if root else None,
    )


def graded(clinic: CorpusMatcher, *entries: ListingEntry) -> list[tuple[Method, Grade]]:
    matches = clinic.match_listing(Listing("zip", entries)).matches
    return [(m.method, m.grade) for m in matches]


NAMES = list(FILES)
STRANGER = ListingEntry("dump/stranger.txt", 12345, 0xABCDEF)


def test_three_checksums_are_conclusive(home: Path, clinic: CorpusMatcher) -> None:
    """Three files by exact size and CRC-32 are conclusive, each of them; two are possible."""
    lines = [entry(name, size=True, crc=True) for name in NAMES[:3]]
    matches = clinic.match_listing(Listing("zip", (*lines, STRANGER))).matches
    assert {m.file for m in matches} == {ids(home)[name] for name in NAMES[:3]}
    assert {(m.method, m.grade) for m in matches} == {(Method.LISTING, Grade.CONCLUSIVE)}
    assert matches[0].reasons[0].startswith("3 of 4 files")
    assert matches[0].stolen_in_leak is None
    assert graded(clinic, *lines[:2]) == [(Method.LISTING, Grade.POSSIBLE)] * 2


def test_one_file_shown_thrice_is_one(clinic: CorpusMatcher) -> None:
    """The same known file on three lines is no three files."""
    line = entry(NAMES[0], size=True, crc=True)
    assert graded(clinic, line, line, line) == [(Method.LISTING, Grade.POSSIBLE)]


def test_one_pieces_root_is_conclusive(clinic: CorpusMatcher) -> None:
    """One Merkle root is a hash of the content: conclusive alone."""
    assert graded(clinic, entry(NAMES[0], root=True)) == [(Method.LISTING, Grade.CONCLUSIVE)]


def test_names_with_sizes(clinic: CorpusMatcher) -> None:
    """Name and exact size are possible, ten of them probable."""
    lines = [entry(name, size=True) for name in NAMES]
    assert graded(clinic, *lines[:9]) == [(Method.NAME, Grade.POSSIBLE)] * 9
    assert graded(clinic, *lines[:10]) == [(Method.NAME, Grade.PROBABLE)] * 10


def test_names_alone(clinic: CorpusMatcher) -> None:
    """Names alone say nothing, unless ten long ones make up half of a listing."""
    lines = [entry(name) for name in NAMES]
    assert graded(clinic, *lines[:9]) == []
    assert graded(clinic, *lines[:10]) == [(Method.NAME, Grade.POSSIBLE)] * 10
    assert graded(clinic, *lines[:10], *[STRANGER] * 11) == []


def test_short_names_are_anybodys(tmp_path: Path) -> None:
    """Ten names like scan01 are in every folder of scans."""
    clinic = matcher(tmp_path, {f"scan{n}.txt": note(n, 60) for n in range(12)})
    assert graded(clinic, *(ListingEntry(f"scan{n}.txt") for n in range(12))) == []


def test_public_and_tiny_files_name_nobody(clinic: CorpusMatcher) -> None:
    """Files of the background and files of a few bytes count for nothing."""
    lines = [entry(path, size=True, crc=True, root=True) for path in (PUBLIC, "tiny.txt")]
    assert graded(clinic, *lines) == []


def test_rounded_sizes_and_folders_are_nothing(clinic: CorpusMatcher) -> None:
    """A folder of a known name, and an empty listing, match nothing."""
    folders = [ListingEntry(name, is_directory=True) for name in NAMES]
    assert graded(clinic, *folders) == []
    assert graded(clinic) == []
    assert clinic.match_listing(Listing("zip", ())).digests is None
