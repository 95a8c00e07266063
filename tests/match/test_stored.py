"""Matching by what was kept is matching what was seen."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from leakwatch.corpus.bundle import open_corpus
from leakwatch.errors import FingerprintError, IncompatibleParams, WrongKey
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.artefact import Artefact
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Method
from leakwatch.model.sighting import StoredArtefact, StoredListing
from tests.support.corpora import KEY, OTHER_KEY, build, note
from tests.support.patients import documents, patient
from tests.support.pictures import photo, saved
from tests.support.readers import LookingReader, artefact_of, text_artefact

RNG = random.Random(11)
FILES = {f"{n}.txt": note(n) for n in range(6)}
FORMS = [text for _ in range(8) for text in documents(patient(RNG), RNG, 4)]


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> CorpusMatcher:
    home = tmp_path_factory.mktemp("clinic")
    forms = {f"form-{n}.txt": text for n, text in enumerate(FORMS[:16])}
    build(home, {**FILES, **forms}, background={"b.txt": note("background")})
    return CorpusMatcher([open_corpus(home / "clinic.corpus")], KEY)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> CorpusMatcher:
    """A matcher that knows no file: what it keeps is all that is left of what it saw."""
    home = tmp_path_factory.mktemp("nothing")
    build(home, {})
    return CorpusMatcher([open_corpus(home / "clinic.corpus")], KEY)


def kept_of(matcher: CorpusMatcher, artefact: Artefact) -> StoredArtefact:
    reading = matcher.match_artefact(artefact, keep=True)
    assert reading.digests is not None
    return StoredArtefact(
        capture_id="c-1",
        ordinal=artefact.path.ordinal,
        kind=artefact.kind,
        size_bytes=artefact.size_bytes,
        digests=reading.digests,
        scheme=matcher.scheme,
        sketches=reading.sketches,
        pictures=reading.pictures,
    )


def edited(text: str) -> str:
    rng = random.Random(text)
    return " ".join(w if rng.random() > 0.1 else "changed" for w in text.split())


PAGES = {
    "the same bytes": FILES["3.txt"],
    "the same letters": FILES["3.txt"].upper(),
    "an edited copy": edited(FILES["2.txt"]),
    "an excerpt": f"{note('a')} {' '.join(FILES['1.txt'].split()[100:200])} {note('b')}",
    "one big paste": "\n".join([note("x"), *FILES.values(), *FORMS, note("y")]),
    "markup": "".join(f"<td class='c'>{word}</td>\n" for word in FILES["4.txt"].split()),
    "a form of somebody": FORMS[0],
    "a form of a stranger": FORMS[-1],
    "a stranger's note": note("stranger"),
    "too short": "see letter",
    "nothing": "",
}


@pytest.mark.parametrize("name", PAGES)
def test_what_was_kept_matches_as_the_artefact_does(
    clinic: CorpusMatcher, nothing: CorpusMatcher, name: str
) -> None:
    """The same files by the same methods with the same scores, seen before anything was known."""
    artefact = text_artefact(PAGES[name])
    kept = kept_of(nothing, artefact)
    assert nothing.match_stored(kept).matches == ()
    assert clinic.match_stored(kept).matches == clinic.match_artefact(artefact).matches


def test_all_readings_of_a_text_are_kept(nothing: CorpusMatcher) -> None:
    """A page of markup is kept with and without its tags; plain text once; a picture not."""
    assert len(kept_of(nothing, text_artefact(PAGES["markup"])).sketches) == 2
    assert len(kept_of(nothing, text_artefact(PAGES["a stranger's note"])).sketches) == 1
    picture = artefact_of(random.Random(1).randbytes(500), text_artefact("").path)
    assert kept_of(nothing, picture).sketches == ()
    assert nothing.match_artefact(text_artefact(PAGES["markup"])).sketches == ()


def test_pictures_are_known_again_by_their_bytes(tmp_path: Path, nothing: CorpusMatcher) -> None:
    """What has no text is matched by the keyed digest of its bytes."""
    data = random.Random(1).randbytes(500)
    kept = kept_of(nothing, artefact_of(data, text_artefact("").path))
    build(tmp_path, {"scan.tiff": data})
    clinic = CorpusMatcher([open_corpus(tmp_path / "clinic.corpus")], KEY)
    (match,) = clinic.match_stored(kept).matches
    assert match.method is Method.EXACT


def entries(*, checksums: bool = True, exact: bool = True) -> tuple[ListingEntry, ...]:
    """Return lines that show the known files, and others among them."""
    known = [(name, text_artefact(text)) for name, text in NAMED.items()]
    lines = [
        ListingEntry(
            f"letters/{name}",
            a.size_bytes if exact else None,
            a.crc32 if checksums else None,
            size_range=None if exact else (a.size_bytes - 50, a.size_bytes + 50),
        )
        for name, a in known
    ]
    others = [ListingEntry(f"letters/Jones_{n}_20240{n}17.txt", 4000 + n, n) for n in range(1, 9)]
    return (*lines, ListingEntry("letters", is_directory=True), *others, *lines[:3])


NAMED = {f"Okafor_Adaeze_{n}_202403{n}.txt": note(f"named/{n}") for n in range(11, 25)}
SHOWN = {
    "sizes and checksums": entries(),
    "names and sizes": entries(checksums=False),
    "rounded sizes": entries(checksums=False, exact=False),
    "names alone": tuple(ListingEntry(e.path) for e in entries()),
    "strangers": entries()[len(NAMED) + 1 : -3],
    "roots": (ListingEntry("x.bin", 5000, pieces_root="ab" * 32),),
    "nothing": (),
}


def test_pictures_are_known_again_by_what_they_show(tmp_path: Path, nothing: CorpusMatcher) -> None:
    """A smaller copy of a picture, seen before, matches once the picture is known; turned too."""
    build(tmp_path, {"xray.png": saved(photo(1), "PNG")}, images=True)
    clinic = CorpusMatcher([open_corpus(tmp_path / "clinic.corpus")], KEY)
    copy = photo(1).resize((300, 220))
    for image in (copy, copy.rotate(90, expand=True)):
        [artefact] = LookingReader().read(saved(image, "PNG"), name="found.png")
        kept = kept_of(nothing, artefact)
        found = clinic.match_stored(kept).matches
        assert [match.method for match in found] == [Method.IMAGE]
        assert found == clinic.match_artefact(artefact).matches
        assert nothing.match_stored(kept).matches == ()
        raw = artefact.pictures[0].hashes[0]
        assert raw not in kept.pictures
        with pytest.raises(FingerprintError):
            clinic.match_stored(replace(kept, pictures=kept.pictures[:-1]))
    [stranger] = LookingReader().read(saved(photo(2), "PNG"), name="found.png")
    assert clinic.match_stored(kept_of(nothing, stranger)).matches == ()


@pytest.mark.parametrize("name", SHOWN)
def test_a_listing_is_matched_by_what_was_kept_of_it(
    tmp_path: Path, nothing: CorpusMatcher, name: str
) -> None:
    """By numbers, sizes and what names tell: the same files, grades and chances."""
    build(tmp_path, {f"letters/{path}": text for path, text in NAMED.items()})
    clinic = CorpusMatcher([open_corpus(tmp_path / "clinic.corpus")], KEY)
    listing = Listing("zip", SHOWN[name])
    reading = nothing.match_listing(listing, keep=True)
    assert reading.lines is not None
    kept = StoredListing("c-1", nothing.scheme, reading.lines)
    found = clinic.match_stored_listing(kept).matches
    assert found == clinic.match_listing(listing).matches
    assert bool(found) == (name not in {"strangers", "roots", "nothing"})
    assert nothing.match_listing(listing).lines is None


def test_what_was_kept_under_another_key_or_recipe_is_refused(
    tmp_path: Path, clinic: CorpusMatcher
) -> None:
    """It is said to be incomparable, never silently no match."""
    build(tmp_path, {}, key=OTHER_KEY)
    other = CorpusMatcher([open_corpus(tmp_path / "clinic.corpus")], OTHER_KEY)
    kept = kept_of(other, text_artefact(FILES["1.txt"]))
    with pytest.raises(WrongKey, match=f"{OTHER_KEY.key_id}.*{KEY.key_id}"):
        clinic.match_stored(kept)
    recipe = f"{KEY.key_id}:{'0' * 16}"
    with pytest.raises(IncompatibleParams):
        clinic.match_stored(replace(kept, scheme=recipe))
    with pytest.raises(IncompatibleParams):
        clinic.match_stored_listing(StoredListing("c-1", recipe, b"\x01"))
    with pytest.raises(FingerprintError):
        clinic.match_stored(replace(kept, scheme=clinic.scheme, sketches=(b"rubbish",)))


def test_a_state_of_the_corpora_has_a_name(clinic: CorpusMatcher, nothing: CorpusMatcher) -> None:
    """Another state has another; so has the same one beside a second corpus."""
    assert len({clinic.corpora, nothing.corpora, CorpusMatcher([], KEY).corpora}) == 3


def test_what_is_kept_says_no_text(nothing: CorpusMatcher) -> None:
    """Neither the bytes nor the repr of what is kept hold a word or a name."""
    artefact = artefact_of(
        FILES["3.txt"].encode(), text_artefact("", name="SMITH_JOHN_1960.txt").path
    )
    kept = kept_of(nothing, artefact)
    listing = Listing("zip", (ListingEntry("SMITH_JOHN_1960.txt", 5000, 17),))
    lines = nothing.match_listing(listing, keep=True).lines or b""
    said = [repr(kept).lower().encode(), *kept.sketches, lines.lower()]
    words = {w.lower().strip(".") for w in FILES["3.txt"].split() if len(w) > 4} | {"smith"}
    assert not [word for word in words for part in said if word.encode() in part]
