from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from leakwatch.corpus import intake
from leakwatch.corpus.crew import Crew
from leakwatch.errors import ConnectFailed, MissingFile, SandboxError
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.scan import Fetched, FetchTarget, Looker, ScanResult
from leakwatch.match.scan import scan as scan_targets
from leakwatch.model.artefact import Artefact
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Grade
from tests.support.corpora import matcher, note, write_tree
from tests.support.readers import PlainReader

FILES: dict[str, str | bytes] = {f"known name {n}.txt": note(n) for n in range(4)}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> CorpusMatcher:
    return matcher(tmp_path_factory.mktemp("clinic"), FILES)


def no_url(url: str) -> Sequence[Fetched]:
    raise ConnectFailed("nobody there")


def scan(
    clinic: CorpusMatcher, *targets: object, reader: PlainReader | None = None, jobs: int = 0
) -> list[ScanResult]:
    with crew_of(clinic, reader=reader, jobs=jobs) as crew:
        return list(scan_targets(crew, [str(t) for t in targets]))


def crew_of(
    clinic: CorpusMatcher,
    *,
    fetch: FetchTarget = no_url,
    reader: PlainReader | None = None,
    jobs: int = 0,
) -> Crew[Looker]:
    """Return who looks, in ``jobs`` processes or in this one."""
    looker = Looker(reader or PlainReader(), clinic, fetch)
    return Crew(lambda: nullcontext(looker), jobs=jobs)


def test_clean_targets_have_no_result(tmp_path: Path, clinic: CorpusMatcher) -> None:
    """A clean file, an empty file and an empty folder are silent."""
    write_tree(tmp_path, {"clean.txt": note("clean"), "empty.txt": b"", "sub/.keep": b""})
    assert scan(clinic, tmp_path, tmp_path / "clean.txt", tmp_path / "empty.txt") == []


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_folders_are_walked(tmp_path: Path, clinic: CorpusMatcher, jobs: int) -> None:
    """Results name the target as given and the path below it, in a stable order."""
    write_tree(tmp_path, {"b/x.txt": note(1), "a.txt": note(2), "c.txt": note("clean")})
    results = scan(clinic, tmp_path, tmp_path / "a.txt", jobs=jobs)
    assert [(r.target, r.artefact) for r in results] == [
        (str(tmp_path), "a.txt"),
        (str(tmp_path), "b/x.txt"),
        (str(tmp_path / "a.txt"), "a.txt"),
    ]
    assert {r.kind for r in results} == {"text"}
    assert all(r.error is None and r.exit_code == 0 for r in results)


def test_links_inside_are_not_followed(tmp_path: Path, clinic: CorpusMatcher) -> None:
    """A link in a folder is passed over; a link that is named is meant."""
    write_tree(tmp_path / "out", {"known.txt": note(1)})
    write_tree(tmp_path / "in", {"clean.txt": note("clean")})
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out" / "known.txt")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "out")
    assert scan(clinic, tmp_path / "in") == []
    [result] = scan(clinic, tmp_path / "in" / "link")
    assert result.matches


def test_unreadable_targets_do_not_stop_the_others(tmp_path: Path, clinic: CorpusMatcher) -> None:
    """What cannot be reached is an error of its own, with an exit code; the rest is scanned."""
    write_tree(tmp_path, {"known.txt": note(1)})
    os.mkfifo(tmp_path / "pipe")
    missing, pipe, found = scan(
        clinic, tmp_path / "nowhere", tmp_path / "pipe", tmp_path / "known.txt"
    )
    for result in (missing, pipe):
        assert (result.kind, result.error, result.matches) == ("error", MissingFile.slug, ())
        assert result.exit_code == MissingFile.exit_code
    assert found.matches


class LockedReader(PlainReader):
    """Reads an archive whose members it cannot open: their names and sizes are there."""

    def __init__(self, error: str = "encrypted") -> None:
        self.error = error

    def read(self, body: bytes, *, name: str) -> Sequence[Artefact]:
        [whole] = super().read(body, name=name)
        members = [
            Artefact(whole.path.child(f"x/{n}", i), "unknown", len(t), "", 0, error=self.error)
            for i, (n, t) in enumerate(FILES.items())
        ]
        return [whole, *members]


def test_locked_members_are_judged_by_their_listing(tmp_path: Path, clinic: CorpusMatcher) -> None:
    """An archive that cannot be opened still names its files; each member is an error too."""
    write_tree(tmp_path, {"dump.zip": "locked"})
    results = scan(clinic, tmp_path / "dump.zip", reader=LockedReader())
    [listing] = [r for r in results if r.kind == "listing"]
    assert listing.artefact == "dump.zip"
    assert len(listing.matches) == len(FILES)
    errors = [r for r in results if r.kind == "error"]
    assert [r.artefact for r in errors] == [f"dump.zip!/x/{n}" for n in FILES]
    assert {r.error for r in errors} == {"encrypted"}
    assert all(r.exit_code == 0 for r in results)


def test_a_large_file_is_read_alone(
    tmp_path: Path, clinic: CorpusMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file read from its path gives what it gives otherwise."""
    write_tree(tmp_path, {"known.txt": note(1), "small.txt": "x", "also.txt": note(2)})
    whole = scan(clinic, tmp_path)
    monkeypatch.setattr(intake, "LARGE_BYTES", 100)
    assert scan(clinic, tmp_path) == whole
    assert len(whole) == 2


class FailingReader(PlainReader):
    """Works for one file, then no more."""

    def read_many(self, inputs: Iterable[tuple[str, bytes]]) -> Iterator[Sequence[Artefact]]:
        for done, (name, body) in enumerate(inputs):
            if done:
                raise SandboxError("it does not start")
            yield self.read(body, name=name)


def test_a_dead_sandbox_calls_nothing_clean(tmp_path: Path, clinic: CorpusMatcher) -> None:
    """Every file that was not looked at is an error; what was found before stays."""
    write_tree(tmp_path, {"1.txt": note(1), "2.txt": note(2), "3.txt": note("clean")})
    results = scan(clinic, tmp_path, reader=FailingReader())
    assert [(r.artefact, r.error) for r in results] == [
        ("1.txt", None), ("2.txt", "sandbox"), ("3.txt", "sandbox"),
    ]  # fmt: skip
    assert results[-1].exit_code == SandboxError.exit_code


def test_urls_go_to_the_fetcher(clinic: CorpusMatcher) -> None:
    """A URL gives bytes, a listing or an error; its exit code is the error's."""
    entries = tuple(ListingEntry(name, len(text)) for name, text in FILES.items())

    def fetch(url: str) -> Sequence[Fetched]:
        if "gone" in url:
            raise ConnectFailed("nobody there")
        return [
            Fetched("page", str(FILES["known name 1.txt"]).encode()),
            Fetched("all.zip", listing=Listing("zip", entries)),
        ]

    with crew_of(clinic, fetch=fetch) as crew:
        page, listing, error = scan_targets(crew, ["https://a.example/x", "HTTP://gone.example/"])
    assert (page.kind, page.artefact, page.matches[0].grade) == ("text", "page", Grade.CONCLUSIVE)
    assert (listing.kind, len(listing.matches)) == ("listing", len(FILES))
    assert (error.kind, error.error, error.exit_code) == (
        "error",
        ConnectFailed.slug,
        ConnectFailed.exit_code,
    )


def test_progress_counts_files(tmp_path: Path, clinic: CorpusMatcher) -> None:
    """Every file looked at is counted once."""
    write_tree(tmp_path, {f"{n}.txt": "x" for n in range(150)})
    counted: list[int] = []
    with crew_of(clinic) as crew:
        assert list(scan_targets(crew, [str(tmp_path)], progress=counted.append)) == []
    assert sum(counted) == 150


class ListingReader(PlainReader):
    """Says of each file that it lists the known ones."""

    def read(self, body: bytes, *, name: str) -> Sequence[Artefact]:
        entries = tuple(ListingEntry(path, len(text), _crc(text)) for path, text in FILES.items())
        listing = Listing("torrent", entries)
        return [replace(a, listing=listing) for a in super().read(body, name=name)]


def _crc(text: str | bytes) -> int:
    return zlib.crc32(text.encode() if isinstance(text, str) else text)


def test_what_an_artefact_lists_is_a_line_of_its_own(tmp_path: Path, clinic: CorpusMatcher) -> None:
    """Beside the line of its text, under the same path, members of archives too."""
    write_tree(tmp_path, {"note.txt": note(1), "clean.txt": note("clean")})
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.torrent", b"\xff\xfe")
    results = scan(clinic, tmp_path, reader=ListingReader())
    lines = [(r.artefact, r.kind, len(r.matches)) for r in results]
    assert ("note.txt", "text", 1) in lines
    assert [line for line in lines if line[1] == "listing"] == [
        ("a.zip", "listing", len(FILES)),
        ("a.zip!/b.torrent", "listing", len(FILES)),
        ("clean.txt", "listing", len(FILES)),
        ("note.txt", "listing", len(FILES)),
    ]
    assert {m.grade for r in results for m in r.matches} == {Grade.CONCLUSIVE}
