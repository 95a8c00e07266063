from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.withdrawing import withdraw_ids
from leakwatch.fingerprint.names import PiecesRoot
from leakwatch.match.lines import lines_of
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Grade, Method
from tests.support.corpora import BUILT_AT, KEY, add, build, ids, matcher, note

FILES: dict[str, str | bytes] = {
    f"Letters 2019/referral letter {n:02}.txt": note(n, 60) for n in range(12)
}
PEOPLE = {
    f"{given} {family} {year}-0{month}-17.txt": note(given, 60)
    for given, family, year, month in [
        ("Wiremu", "Rangihau", 2011, 3),
        ("Aroha", "Whatarangi", 2012, 4),
        ("Tamati", "Zzyzxson", 2013, 5),
        ("Marama", "Quillfeather", 2014, 6),
        ("Hemi", "Brackenbury", 2015, 7),
        ("Ngaire", "Oldershaw", 2016, 8),
        ("Petera", "Vandersloot", 2017, 9),
        ("Kahurangi", "Featherston", 2018, 1),
        ("Rawiri", "Thistlewood", 2019, 2),
        ("Moana", "Umbleby", 2020, 3),
        ("Tipene", "Jarndyce", 2021, 4),
    ]
}
PUBLIC = "Letters 2019/leaflet for everybody.txt"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clinic")


@pytest.fixture(scope="module")
def clinic(home: Path) -> CorpusMatcher:
    files = {**FILES, PUBLIC: note("leaflet", 60), "tiny.txt": "tiny"}
    return matcher(home, files, background={"leaflet.txt": note("leaflet", 60)})


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> CorpusMatcher:
    return matcher(tmp_path_factory.mktemp("own"), PEOPLE)


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


def test_another_checksum_is_another_file(own: CorpusMatcher) -> None:
    """A telling name and size say nothing against a checksum that is not the file's; nought is none."""
    lines = [ListingEntry(n, len(t.encode()), 7) for n, t in PEOPLE.items()]
    assert graded(own, *lines) == []
    unsaid = [ListingEntry(e.path, e.size_bytes, 0) for e in lines]
    assert graded(own, *unsaid) == [(Method.NAME, Grade.PROBABLE)] * len(PEOPLE)


def test_one_file_shown_thrice_is_one(clinic: CorpusMatcher) -> None:
    """The same known file on three lines is no three files."""
    line = entry(NAMES[0], size=True, crc=True)
    assert graded(clinic, line, line, line) == [(Method.LISTING, Grade.POSSIBLE)]


def test_one_file_under_many_names_is_one(tmp_path: Path) -> None:
    """Ten names of one and the same file are one file that agrees."""
    copies = matcher(tmp_path, dict.fromkeys(PEOPLE, note("copied", 60)))
    size = len(note("copied", 60).encode())
    found = copies.match_listing(Listing("x", tuple(ListingEntry(n, size) for n in PEOPLE)))
    [match] = found.matches
    assert match.grade is Grade.POSSIBLE
    assert match.reasons[0].startswith(f"1 of {len(PEOPLE)} files")


def test_one_pieces_root_is_conclusive(clinic: CorpusMatcher) -> None:
    """One Merkle root is a hash of the content: conclusive alone."""
    assert graded(clinic, entry(NAMES[0], root=True)) == [(Method.LISTING, Grade.CONCLUSIVE)]


def test_generic_names_with_sizes(clinic: CorpusMatcher) -> None:
    """Of generic names three with exact sizes say nothing, four are possible, ten probable."""
    lines = [entry(name, size=True) for name in NAMES]
    assert graded(clinic, *lines[:3]) == []
    assert graded(clinic, *lines[:4]) == [(Method.NAME, Grade.POSSIBLE)] * 4
    assert graded(clinic, *lines[:9]) == [(Method.NAME, Grade.POSSIBLE)] * 9
    assert graded(clinic, *lines[:10]) == [(Method.NAME, Grade.PROBABLE)] * 10


def test_telling_names_with_sizes(own: CorpusMatcher) -> None:
    """A person's name with the exact size is possible, three are probable."""
    lines = [ListingEntry(name, len(text.encode())) for name, text in PEOPLE.items()]
    assert graded(own, lines[0]) == [(Method.NAME, Grade.POSSIBLE)]
    assert graded(own, *lines[:3]) == [(Method.NAME, Grade.PROBABLE)] * 3
    elsewhere = [ListingEntry(e.path, (e.size_bytes or 0) + 1) for e in lines]
    assert graded(own, *elsewhere) == []


def test_rounded_sizes(own: CorpusMatcher) -> None:
    """A telling name with a rounded size is possible at most; one that cannot be is nothing."""
    fitting = [ListingEntry(n, size_range=(300, 600)) for n in PEOPLE]
    assert graded(own, *fitting[:4]) == [(Method.NAME, Grade.POSSIBLE)] * 4
    assert graded(own, *fitting) == [(Method.NAME, Grade.POSSIBLE)] * len(PEOPLE)
    assert graded(own, *(ListingEntry(n, size_range=(3000, 6000)) for n in PEOPLE)) == []


def test_names_alone(own: CorpusMatcher) -> None:
    """Names alone say nothing, unless ten telling ones make up a quarter of a listing."""
    lines = [ListingEntry(f"dump/{name}") for name in PEOPLE]
    strangers = [ListingEntry(f"dump/stranger {n}.txt") for n in range(31)]
    assert graded(own, *lines[:9]) == []
    assert graded(own, *lines[:10]) == [(Method.NAME, Grade.POSSIBLE)] * 10
    assert len(graded(own, *lines[:10], *strangers[:30])) == 10
    assert graded(own, *lines[:10], *strangers[:31]) == []


def test_generic_names_alone_are_anybodys(tmp_path: Path, clinic: CorpusMatcher) -> None:
    """However many: scan01, referral letter 07 are in every folder of scans."""
    scans = matcher(tmp_path, {f"scan{n:03}.pdf": note(n, 60) for n in range(60)})
    assert graded(scans, *(ListingEntry(f"scan{n:03}.pdf") for n in range(60))) == []
    assert graded(clinic, *(entry(name) for name in NAMES)) == []


def test_one_persons_files_are_one_coincidence(tmp_path: Path) -> None:
    """Twenty files named after one person tell no more than one of them."""
    names = [f"Rangihau {n}.pdf" for n in range(20)]
    files = matcher(tmp_path, {name: note(name, 60) for name in names})
    assert graded(files, *(ListingEntry(name) for name in names)) == []


def test_names_of_many_files_are_generic(tmp_path: Path) -> None:
    """A telling name that more than three known files bear tells nothing."""
    files = {f"{n}/{name}": note((n, name), 60) for n in range(4) for name in PEOPLE}
    assert graded(matcher(tmp_path, files), *(ListingEntry(name) for name in PEOPLE)) == []


def test_the_folder_makes_a_generic_name_tell(tmp_path: Path) -> None:
    """Where the folder bears a person's name, three generic names with sizes are probable."""
    files = {f"{Path(name).stem}/scan001.pdf": text for name, text in PEOPLE.items()}
    found = matcher(tmp_path, files)
    lines = [ListingEntry(f"x/{p}", len(text.encode())) for p, text in files.items()]
    assert graded(found, *lines[:3]) == [(Method.NAME, Grade.PROBABLE)] * 3
    without = [ListingEntry(line.path.rpartition("/")[2], line.size_bytes) for line in lines]
    assert graded(found, *without[:3]) == []


def test_the_chance_is_computed(clinic: CorpusMatcher) -> None:
    """The chance follows from how many known files have each size, and is told in the reason."""
    lines = [entry(name, size=True, crc=True) for name in NAMES[:3]]
    [match, *_] = clinic.match_listing(Listing("zip", tuple(lines))).matches
    assert match.chance is not None
    assert match.chance_basis is None
    assert 1e-30 < match.chance < 1e-24
    assert "in less than 1 of 10^2" in match.reasons[0]
    many = [ListingEntry(f"{n}.bin", lines[0].size_bytes, n) for n in range(1000)]
    [among, *_] = clinic.match_listing(Listing("zip", (*lines, *many))).matches
    assert among.chance is not None
    assert among.chance > match.chance * 1000


def test_hits_of_several_segments_count_together(tmp_path: Path) -> None:
    """Files added to a corpus later are counted with those that were there before."""
    build(tmp_path, {NAMES[0]: FILES[NAMES[0]]})
    for name in NAMES[1:3]:
        add(tmp_path, {name: FILES[name]}, batch=name)
    corpus = open_corpus(tmp_path / "clinic.corpus")
    assert len(corpus.segments) == 3
    found = CorpusMatcher([corpus], KEY)
    lines = [entry(name, size=True, crc=True) for name in NAMES[:3]]
    assert graded(found, *lines) == [(Method.LISTING, Grade.CONCLUSIVE)] * 3


def test_one_file_in_two_segments_is_one(tmp_path: Path) -> None:
    """A file that came again under another name counts once, under both names."""
    text = note("copied", 60)
    build(tmp_path, {"Wiremu Rangihau 2011-03-17.txt": text})
    add(tmp_path, {"Aroha Whatarangi 2012-04-17.txt": text}, batch="2")
    corpus = open_corpus(tmp_path / "clinic.corpus")
    assert len(corpus.segments) == 2
    lines = [ListingEntry(n, len(text.encode())) for n in PEOPLE]
    [match] = CorpusMatcher([corpus], KEY).match_listing(Listing("x", tuple(lines))).matches
    assert match.reasons[0].startswith(f"1 of {len(PEOPLE)} files")


def test_names_in_the_background_are_generic(tmp_path: Path) -> None:
    """Names that documents bear which were not stolen tell nothing, whatever their words."""
    others = {name: note(("other", name), 60) for name in PEOPLE}
    lines = [ListingEntry(name) for name in PEOPLE]
    assert len(graded(matcher(tmp_path / "1", PEOPLE), *lines)) == len(PEOPLE)
    assert graded(matcher(tmp_path / "2", PEOPLE, background=others), *lines) == []


def test_public_and_tiny_files_name_nobody(clinic: CorpusMatcher) -> None:
    """Files of the background and files of a few bytes count for nothing."""
    lines = [entry(path, size=True, crc=True, root=True) for path in (PUBLIC, "tiny.txt")]
    assert graded(clinic, *lines) == []


def test_folders_and_nothing(clinic: CorpusMatcher) -> None:
    """A folder of a known name, and an empty listing, match nothing."""
    folders = [ListingEntry(name, is_directory=True) for name in NAMES]
    assert graded(clinic, *folders) == []
    assert graded(clinic) == []
    assert clinic.match_listing(Listing("zip", ())).digests is None


def test_hostile_lines(clinic: CorpusMatcher) -> None:
    """Absurd numbers, endless names and one line many times neither fail nor hide a match."""
    true = [entry(name, size=True, crc=True) for name in NAMES[:3]]
    name = NAMES[0]
    hostile = [
        *[ListingEntry(name)] * 20_000,
        ListingEntry(name, -1, -1, "zz"),
        ListingEntry(name, 2**200, 2**200, "\0\ud800" * 40),
        ListingEntry(name, size_range=(10, 5)),
        ListingEntry(name, size_range=(-5, 2**90)),
        ListingEntry("a" * 10_000_000, 500, 7),
        ListingEntry("/" * 100_000, 500, 7),
        ListingEntry("\x1b[2J\r\n\ud800\u202e/" * 1000, 0, 0, ""),
        ListingEntry("", 0),
    ]
    found = clinic.match_listing(Listing("zip", (*hostile, *true))).matches
    assert {m.grade for m in found} == {Grade.CONCLUSIVE}
    assert len(found) == 3
    assert clinic.match_listing(Listing("zip", tuple(hostile))).matches == ()


def test_withdrawn_files_are_named_no_longer(tmp_path: Path) -> None:
    """A withdrawn file counts neither as a match nor towards three."""
    build(tmp_path, FILES)
    gone = ids(tmp_path)[NAMES[0]]
    withdraw_ids(tmp_path / "clinic.corpus", [gone], at=BUILT_AT)
    found = CorpusMatcher([open_corpus(tmp_path / "clinic.corpus")], KEY)
    lines = [entry(name, size=True, crc=True) for name in NAMES[:3]]
    assert graded(found, *lines) == [(Method.LISTING, Grade.POSSIBLE)] * 2
    assert graded(found, lines[0]) == []


def test_reasons_hold_no_names(own: CorpusMatcher) -> None:
    """Neither the reasons nor any repr hold a word of what was listed."""
    listing = Listing("zip", tuple(ListingEntry(n, len(t.encode())) for n, t in PEOPLE.items()))
    reading = own.match_listing(listing)
    shown = repr([reading, lines_of(listing), own]).lower()
    assert reading.matches
    assert not any(word in shown for name in PEOPLE for word in name.lower().split()[:2])
