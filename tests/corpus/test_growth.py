"""Adding, merging, withdrawing: what the bundle then holds."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.corpus import background as background_module
from leakwatch.corpus import columns, partitions
from leakwatch.corpus.build import Builder, BuildRequest
from leakwatch.corpus.bundle import locked, open_background, open_corpus, read_manifest
from leakwatch.corpus.growth import Addition
from leakwatch.corpus.kit import BuildReport
from leakwatch.corpus.labels import Labels, read_labels
from leakwatch.corpus.manifest import Manifest
from leakwatch.corpus.segment import array_names
from leakwatch.corpus.withdrawing import (
    token_name,
    token_of,
    withdraw_ids,
    withdraw_subject,
)
from leakwatch.errors import ConfigError, CorpusError, NotInCorpus, WrongKey
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketcher
from leakwatch.match.index import SegmentIndex
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.match import Grade
from tests.support.corpora import BUILT_AT, KEY, OTHER_KEY, build, builder, ids, note, write_tree
from tests.support.readers import PlainReader, text_artefact

SENTENCES = [note(f"sentence/{n}", words=15) for n in range(20)]
Files = Mapping[str, str | bytes]


def add(
    home: Path, files: Files, *, folder: str = "more", labels: Labels | None = None
) -> BuildReport:
    addition = Addition((write_tree(home / folder, files),), labels or Labels())
    return builder().add(home / "clinic.corpus", addition, at=BUILT_AT)


def merge(home: Path) -> Manifest:
    return builder().merge(home / "clinic.corpus", at=BUILT_AT)


def composed(rng: random.Random) -> str:
    return " ".join([*rng.choices(SENTENCES, k=rng.randrange(0, 6)), note(rng.random(), 20)])


def labelled(home: Path, files: Files, rng: random.Random) -> Labels:
    home.mkdir(parents=True, exist_ok=True)
    rows = [f"{name},p{rng.randrange(4)},c{rng.randrange(3)}" for name in files]
    (home / "labels.csv").write_text("path,subject,category\n" + "\n".join(rows))
    return read_labels(home / "labels.csv", KEY)


def assert_same(one: Path, other: Path) -> None:
    """Compare every array of two bundles of one segment, and what their manifests say of it."""
    left, right = open_corpus(one), open_corpus(other)
    for name in array_names():
        ours, theirs = getattr(left.segments[0], name), getattr(right.segments[0], name)
        assert np.array_equal(ours, theirs), name
    assert left.manifest.categories == right.manifest.categories
    assert left.manifest.background == right.manifest.background
    assert left.manifest.segments[0].population == right.manifest.segments[0].population


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    first=st.integers(0, 6),
    second=st.integers(1, 6),
    small=st.booleans(),
)
def test_added_and_merged_is_built_at_once(
    tmp_path_factory: pytest.TempPathFactory, seed: int, first: int, second: int, *, small: bool
) -> None:
    """build(A + B) and build(A), add(B), merge give the same arrays, however they are cut."""
    rng = random.Random(seed)
    old: dict[str, str | bytes] = {f"a/{n}.txt": composed(rng) for n in range(first)}
    new: dict[str, str | bytes] = {f"b/{n}.txt": composed(rng) for n in range(second)}
    if first:
        new["b/copy.txt"] = old["a/0.txt"]
    background = {f"{n}": composed(rng) for n in range(4)}
    home = tmp_path_factory.mktemp("grown")
    labels = labelled(home, {**old, **new}, rng)
    with pytest.MonkeyPatch.context() as patch:
        if small:
            patch.setattr(partitions, "KEYS", 8)
            patch.setattr(columns, "CHUNK_GRAMS", 20)
        build(home / "grown", old, background=background, labels=labels)
        add(home / "grown", new, labels=labels)
        merge(home / "grown")
    build(home / "whole", {**old, **new}, background=background, labels=labels)
    assert_same(home / "grown/clinic.corpus", home / "whole/clinic.corpus")
    assert read_manifest(home / "grown/clinic.corpus").files == len({*old.values(), *new.values()})


def test_an_addition_is_found_and_counted(tmp_path: Path) -> None:
    """Added files match at once, are mapped and counted; known ones are not added again."""
    build(tmp_path, {"1.txt": note(1), "2.txt": note(2)}, background={"b": note("b")})
    before = read_manifest(tmp_path / "clinic.corpus")
    report = add(tmp_path, {"3.txt": note(3), "2.txt": note(2), "empty": b""})
    after = open_corpus(tmp_path / "clinic.corpus")
    assert report.added == 1
    assert [p.slug for p in report.problems] == ["empty"]
    assert after.files == 3
    assert len(after.segments) == 2
    assert after.manifest.history[-1].digest == before.digest
    assert after.manifest.history[-1].then == "add"
    clinic = CorpusMatcher([after], KEY)
    for number in (1, 2, 3):
        [match] = clinic.match_artefact(text_artefact(note(number))).matches
        assert match.grade is Grade.CONCLUSIVE
    again = add(tmp_path, {"3.txt": note(3)})
    assert again.added == 0
    assert again.manifest == after.manifest


def test_a_copy_under_another_name_is_known_by_it(tmp_path: Path) -> None:
    """A known file that comes again as something else is found by that name, and counts once."""
    build(tmp_path, {"referral.txt": note(1)})
    assert add(tmp_path, {"passport.txt": note(1)}).added == 0
    corpus = open_corpus(tmp_path / "clinic.corpus")
    assert corpus.files == 1
    clinic = CorpusMatcher([corpus], KEY)
    assert clinic.has_name("referral.txt")
    assert clinic.has_name("passport.txt")


def test_a_form_the_old_files_stand_on_is_common_in_the_new_ones(tmp_path: Path) -> None:
    """What many old files share does not set a new one apart, and the background still counts."""
    form, letterhead = note("form", 60), note("letterhead", 60)
    build(
        tmp_path,
        {f"{n}.txt": f"{form} {note(n, 100)}" for n in range(8)},
        background={"b": letterhead},
    )
    add(tmp_path, {"new.txt": f"{letterhead} {form} {note('new', 100)}"})
    index = SegmentIndex(open_corpus(tmp_path / "clinic.corpus").segments[1])
    sharing = index.sharing(Sketcher(KEY).sketch(letters(form)).values)
    assert set(sharing.groups.tolist()) == {9}
    assert set(index.sharing(Sketcher(KEY).sketch(letters(letterhead)).values).background) == {1}
    clinic = CorpusMatcher([open_corpus(tmp_path / "clinic.corpus")], KEY)
    assert clinic.match_artefact(text_artefact(f"{form} {note('stranger')}")).matches == ()


def test_a_broken_off_addition_leaves_the_old_state(tmp_path: Path) -> None:
    """Stopped before the manifest is replaced nothing has happened; the next attempt goes on."""
    build(tmp_path, {"1.txt": note(1)})
    path = tmp_path / "clinic.corpus"
    before = read_manifest(path)
    addition = Addition((write_tree(tmp_path / "more", {"2.txt": note(2)}),))

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    # A background is there for the measure to be asked at all.
    build(tmp_path / "with", {"1.txt": note(1)}, background={"b": note("b")})
    path = tmp_path / "with/clinic.corpus"
    before = read_manifest(path)
    stopped = Builder(KEY, PlainReader(), measure_peaks=fail, tool="test 0")  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        stopped.add(path, addition, at=BUILT_AT)
    assert read_manifest(path) == before
    assert open_corpus(path).files == 1
    assert builder().add(path, addition, at=BUILT_AT).added == 1
    assert sorted(p.name for p in (path / "segments").iterdir()) == ["0000", "0001"]


def test_one_change_at_a_time(tmp_path: Path) -> None:
    """While somebody changes the bundle, adding, merging and withdrawing are refused."""
    build(tmp_path, {"1.txt": note(1)})
    path = tmp_path / "clinic.corpus"
    with locked(path):
        for change in (
            lambda: add(tmp_path, {"2.txt": note(2)}),
            lambda: merge(tmp_path),
            lambda: withdraw_ids(path, [ids(tmp_path)["1.txt"]], at=BUILT_AT),
        ):
            with pytest.raises(CorpusError, match="another leakwatch"):
                change()


def test_another_key_adds_nothing(tmp_path: Path) -> None:
    """Files cannot be added under another key than the bundle's."""
    build(tmp_path, {"1.txt": note(1)})
    addition = Addition((write_tree(tmp_path / "more", {"2.txt": note(2)}),))
    with pytest.raises(WrongKey):
        builder(OTHER_KEY).add(tmp_path / "clinic.corpus", addition, at=BUILT_AT)


def test_withdrawn_files_are_gone_at_once_and_for_good_after_a_merge(tmp_path: Path) -> None:
    """A tombstone works on the next opening; after a merge no byte of the file is left."""
    files = {f"{n}.txt": note(n) for n in range(4)}
    build(tmp_path, files)
    add(tmp_path, {"later.txt": note("later"), "again.txt": note(1)})
    path, gone = tmp_path / "clinic.corpus", ids(tmp_path)["1.txt"]
    after, count = withdraw_ids(path, [gone], at=BUILT_AT)
    assert count == 1
    assert after.withdrawn == (gone,)
    corpus = open_corpus(path)
    assert corpus.files == 4
    clinic = CorpusMatcher([corpus], KEY)
    assert clinic.match_artefact(text_artefact(note(1))).matches == ()
    assert not clinic.has_name("1.txt")
    assert not clinic.has_name("again.txt")
    assert clinic.match_artefact(text_artefact(note(2))).matches != ()
    assert withdraw_ids(path, [gone], at=BUILT_AT)[1] == 0
    assert add(tmp_path, {"1.txt": note(1)}, folder="third").added == 0
    merged = merge(tmp_path)
    assert merged.withdrawn == ()
    assert merged.files == 4
    assert [p.name for p in (path / "segments").iterdir()] == [merged.segments[0].name]
    rest = {name: text for name, text in files.items() if name != "1.txt"}
    build(tmp_path / "rest", {**rest, "later.txt": note("later")})
    ours, theirs = (
        open_corpus(path).segments[0],
        open_corpus(tmp_path / "rest/clinic.corpus").segments[0],
    )
    for name in ("raw_keys", "forward", "posting_files", "weights_live", "text_keys"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


def test_a_subject_is_withdrawn_by_name_or_token(tmp_path: Path) -> None:
    """All files of one person go together, asked for as in the labels or by the token."""
    (tmp_path / "l.csv").write_text(
        "path,subject,category\n1.txt,Fictional One,letter\n2.txt,Fictional One,letter\n"
        "3.txt,Fictional Two,letter\n"
    )
    files = {f"{n}.txt": note(n) for n in range(1, 5)}
    build(tmp_path, files, labels=read_labels(tmp_path / "l.csv", KEY))
    path = tmp_path / "clinic.corpus"
    token = token_of(" Fictional One ", KEY, manifest_of=path)
    assert token_of(token_name(token), None, manifest_of=path) == token
    with pytest.raises(ConfigError, match="--key"):
        token_of("Fictional One", None, manifest_of=path)
    with pytest.raises(WrongKey):
        token_of("Fictional One", OTHER_KEY, manifest_of=path)
    manifest, count = withdraw_subject(path, token, at=BUILT_AT)
    assert count == 2
    assert set(manifest.withdrawn) == {ids(tmp_path)["1.txt"], ids(tmp_path)["2.txt"]}
    nobody = token_of("Nobody", KEY, manifest_of=path)
    with pytest.raises(NotInCorpus, match="no known file is about"):
        withdraw_subject(path, nobody, at=BUILT_AT)


def test_an_unknown_id_withdraws_nothing(tmp_path: Path) -> None:
    """One id that is not there stops the whole command, and is named."""
    build(tmp_path, {"1.txt": note(1)})
    path = tmp_path / "clinic.corpus"
    with pytest.raises(NotInCorpus, match="k-unknown"):
        withdraw_ids(path, [ids(tmp_path)["1.txt"], "k-unknown"], at=BUILT_AT)
    assert read_manifest(path).withdrawn == ()


def test_the_background_outlives_its_folder(tmp_path: Path) -> None:
    """Peaks of added files are measured with what the bundle kept of the background."""
    most = f"{note(1)[: len(note(1)) * 4 // 5]} {note('more')}"
    build(tmp_path, {"0.txt": note(0)}, background={"m": most})
    shutil.rmtree(tmp_path / "clinic/background")
    add(tmp_path, {"1.txt": note(1)})
    added = open_corpus(tmp_path / "clinic.corpus").segments[1]
    assert added.background_peaks.tolist() == [pytest.approx(0.7, abs=0.15)]


def test_peaks_measured_with_all_documents_are_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only a sample was kept, a merge keeps what the whole background had shown."""
    monkeypatch.setattr(background_module, "SAMPLE_DOCUMENTS", 1)
    texts = {f"{n}": f"{note(n)[: len(note(n)) * 4 // 5]} {note(f'x{n}')}" for n in range(3)}
    build(tmp_path, {f"{n}.txt": note(n) for n in range(3)}, background=texts)
    path = tmp_path / "clinic.corpus"
    assert len(open_background(path, read_manifest(path)).sample) == 1
    before = open_corpus(path).segments[0].background_peaks.copy()
    merge(tmp_path)
    assert np.allclose(open_corpus(path).segments[0].background_peaks, before, atol=0.02)
    assert (before > 0.4).all()


def test_the_map_of_an_addition_names_what_was_added(tmp_path: Path) -> None:
    """The custodian's CSV has every path of the addition, and is not left behind by a failure."""
    build(tmp_path, {"1.txt": note(1)})
    folder = write_tree(tmp_path / "more", {"2.txt": note(2), "copy.txt": note(1)})
    addition = Addition((folder,), map_file=tmp_path / "more.csv")
    builder().add(tmp_path / "clinic.corpus", addition, at=BUILT_AT)
    rows = (tmp_path / "more.csv").read_text().splitlines()[1:]
    assert {row.rpartition("/")[2] for row in rows} == {"2.txt", "copy.txt"}


def test_requests_are_told_apart_from_bundles(tmp_path: Path) -> None:
    """A bundle that lies inside the folder it is built from is no known file of itself."""
    folder = write_tree(tmp_path / "known", {"1.txt": note(1)})
    out, map_file = folder / "c.corpus", folder / "map.csv"
    made = builder().build(BuildRequest((folder,), out, map_file=map_file), created_at=BUILT_AT)
    assert made.manifest.counts == {"files": 1, "known": 1}
    (folder / "2.txt").write_text(note(2))
    map_file.unlink()
    assert builder().add(out, Addition((folder,)), at=BUILT_AT).added == 1
    assert read_manifest(out).files == 2
