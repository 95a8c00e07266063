"""Corpora that change on disk while they are in use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from leakwatch.errors import CorpusCorrupt, CorpusError, WrongKey
from leakwatch.settings import Settings
from leakwatch.settings.tree import FingerprintSettings
from leakwatch.wiring.corpora import CorporaInUse
from leakwatch.wiring.looking import read_limits
from tests.support.corpora import KEY, OTHER_KEY, build, note
from tests.support.pictures import photo, saved
from tests.support.readers import text_artefact
from tests.support.store import a_matter

MATTERS = (a_matter(corpora=("one", "two")), a_matter(id="other", corpora=("two",)))


@pytest.fixture
def in_use(tmp_path: Path) -> CorporaInUse:
    build(tmp_path, {"a.txt": note("a")}, name="one")
    build(tmp_path, {"b.txt": note("b")}, name="two")
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_bytes(bytes(range(32)))
    corpora = {name: tmp_path / f"{name}.corpus" for name in ("one", "two")}
    fingerprint = FingerprintSettings(key_file=key, corpora=corpora)
    return CorporaInUse(Settings(state_dir=tmp_path, fingerprint=fingerprint), MATTERS, KEY)


def exchange(home: Path, **files: str) -> Path:
    """Build another bundle of the same name and put it in the place of the old one."""
    build(home / "new", {f"{n}.txt": text for n, text in files.items()}, name="one")
    shutil.rmtree(home / "one.corpus")
    return (home / "new" / "one.corpus").rename(home / "one.corpus")


def knows(in_use: CorporaInUse, matter: str, text: str) -> bool:
    return bool(in_use.matchers[matter].match_artefact(text_artefact(text)).matches)


def test_what_has_not_changed_is_left_open(in_use: CorporaInUse) -> None:
    """A look that finds nothing new exchanges no matcher."""
    before = dict(in_use.matchers)
    refreshed = in_use.refresh()
    assert (refreshed.changed, refreshed.problems) == ((), {})
    assert all(in_use.matchers[name] is matcher for name, matcher in before.items())


def test_what_has_changed_is_opened_anew(in_use: CorporaInUse, tmp_path: Path) -> None:
    """The mapping that the pipeline holds gives the new matcher, of another state."""
    matchers, before = in_use.matchers, in_use.matchers["harbour-clinic"].corpora
    exchange(tmp_path, a=note("a"), c=note("c"))
    assert in_use.refresh().changed == ("one",)
    assert in_use.matchers is matchers
    assert matchers["harbour-clinic"].corpora != before
    assert knows(in_use, "harbour-clinic", note("c"))
    assert not knows(in_use, "other", note("c"))
    assert in_use.corpora["one"].files == 2
    assert in_use.refresh().changed == ()


def test_what_cannot_be_opened_stays_as_it_was(in_use: CorporaInUse, tmp_path: Path) -> None:
    """Missing, damaged or of another key: named, and the old state goes on being used."""
    bundle = exchange(tmp_path, c=note("c"))
    largest = max(bundle.rglob("*.npy"), key=lambda path: path.stat().st_size)
    whole = largest.read_bytes()
    largest.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert isinstance(in_use.refresh().problems["one"], CorpusCorrupt)
    bundle.rename(tmp_path / "aside")
    refreshed = in_use.refresh()
    assert type(refreshed.problems["one"]) is CorpusError
    assert refreshed.changed == ()
    build(tmp_path / "foreign", {"d.txt": note("d")}, name="one", key=OTHER_KEY)
    (tmp_path / "foreign" / "one.corpus").rename(bundle)
    assert isinstance(in_use.refresh().problems["one"], WrongKey)
    assert knows(in_use, "harbour-clinic", note("a"))
    shutil.rmtree(bundle)
    (tmp_path / "aside").rename(bundle)
    largest.write_bytes(whole)
    assert in_use.refresh().changed == ("one",)
    assert knows(in_use, "harbour-clinic", note("c"))


def test_one_that_changed_is_taken_though_another_cannot_be(
    in_use: CorporaInUse, tmp_path: Path
) -> None:
    """A broken bundle does not keep the others as they were."""
    exchange(tmp_path, c=note("c"))
    (tmp_path / "two.corpus").rename(tmp_path / "aside")
    refreshed = in_use.refresh()
    assert refreshed.changed == ("one",)
    assert list(refreshed.problems) == ["two"]
    assert knows(in_use, "harbour-clinic", note("c"))
    assert knows(in_use, "other", note("b"))


def test_one_corpus_can_be_asked_alone(in_use: CorporaInUse) -> None:
    """A person may have all that was seen matched against one of several corpora."""
    alone = in_use.matcher_of("two")
    assert alone.match_artefact(text_artefact(note("b"))).matches
    assert not alone.match_artefact(text_artefact(note("a"))).matches


@pytest.mark.parametrize("images", [False, True])
def test_pictures_are_looked_for_where_a_corpus_has_them(tmp_path: Path, images: bool) -> None:
    """The daemon's sandbox looks for pictures if any corpus was built with them, and only then."""
    build(tmp_path, {"a.txt": note("a")}, name="one")
    build(tmp_path, {"b.png": saved(photo(1), "PNG")}, name="two", images=images)
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_bytes(bytes(range(32)))
    corpora = {name: tmp_path / f"{name}.corpus" for name in ("one", "two")}
    settings = Settings(
        state_dir=tmp_path, fingerprint=FingerprintSettings(key_file=key, corpora=corpora)
    )
    in_use = CorporaInUse(settings, MATTERS, KEY)
    assert in_use.have_pictures is images
    limits = read_limits(settings, images=in_use.have_pictures)
    assert (limits.pictures is not None) is images
