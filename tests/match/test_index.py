from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leakwatch.corpus.bundle import open_corpus
from leakwatch.fingerprint.grams import Values
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketcher
from leakwatch.match import index as index_module
from leakwatch.match.index import Indices, SegmentIndex
from tests.support.corpora import KEY, build, note


def postings_of(index: SegmentIndex, values: Values) -> tuple[Indices, Indices]:
    """Return each posting of some grams: which gram, and which file."""
    found, lists = index.posted(values)
    return np.repeat(found, lists.sizes), index.files_of(lists)


def test_postings_find_what_was_posted_and_nothing_else(tmp_path: Path) -> None:
    """Every posting is found under its own gram; foreign values find none."""
    texts = [f"{note('shared', 40)} {note(n, 200)}" for n in range(5)]
    build(tmp_path, {f"{n}": text for n, text in enumerate(texts)})
    index = SegmentIndex(open_corpus(tmp_path / "clinic.corpus").segments[0])
    values = np.unique(
        np.concatenate([Sketcher(KEY).sketch(letters(text)).values for text in texts])
    )
    grams, files = postings_of(index, values)
    assert len(grams) == len(index.segment.posting_files)
    assert sorted(files.tolist()) == sorted(index.segment.posting_files.tolist())
    foreign = np.random.default_rng(1).integers(0, 2**64, 50_000, dtype=np.uint64)
    assert len(postings_of(index, foreign)[0]) == 0
    assert len(postings_of(index, np.empty(0, np.uint64))[0]) == 0


def test_sharing_counts_groups(tmp_path: Path) -> None:
    """A gram in three files is in three groups; one nobody holds counts as one."""
    shared = note("shared", 30)
    build(tmp_path, {f"{n}": f"{shared} {note(n)}" for n in range(3)}, background={"b": shared})
    index = SegmentIndex(open_corpus(tmp_path / "clinic.corpus").segments[0])
    sharing = index.sharing(Sketcher(KEY).sketch(letters(shared)).values)
    assert set(sharing.groups.tolist()) == {3}
    assert set(sharing.background.tolist()) == {1}
    foreign = index.sharing(np.array([0, 1, 2**64 - 1], np.uint64))
    assert foreign.groups.tolist() == [1, 1, 1]
    assert foreign.background.tolist() == [0, 0, 0]


def test_digests_worth_a_look_are_those_that_are_there(tmp_path: Path) -> None:
    """Of many digests the ones of known files are picked out, and no absent one."""
    build(tmp_path, {f"{n}": note(n) for n in range(9)})
    index = SegmentIndex(open_corpus(tmp_path / "clinic.corpus").segments[0])
    known = [index.segment.raw(n) for n in range(9)]
    assert index.may_hold([*known, b"", bytes(16)], [b""] * 11) == (
        [(True, False)] * 9 + [(False, False)] * 2
    )
    texts = [int(key).to_bytes(8, "big") for key in index.segment.text_keys]
    assert index.may_hold([b""] * 9, texts) == [(False, True)] * 9
    assert index.may_hold([], []) == []


@pytest.mark.parametrize(("at_once", "compared"), [(1, 0), (7, 1 << 20), (1 << 15, 0)])
def test_ways_to_look_up_are_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, compared: int
) -> None:
    """However many grams are looked up at a time, and in which way, the same are found."""
    shared = note("shared", 60)
    build(tmp_path, {f"{n}": f"{shared} {note(n)}" for n in range(5)}, background={"b": shared})
    index = SegmentIndex(open_corpus(tmp_path / "clinic.corpus").segments[0])
    foreign = np.random.default_rng(1).integers(0, 2**64, 300, dtype=np.uint64)
    text = letters(f"{note(1)} {shared} {note(3)}")
    values = np.concatenate([Sketcher(KEY).sketch(text).values, foreign])
    postings, sharing = postings_of(index, values), index.sharing(values)
    assert len(postings[0]) > 20
    monkeypatch.setattr(index_module, "_AT_ONCE", at_once)
    monkeypatch.setattr(index_module, "_COMPARED", compared)
    for one, other in zip(postings_of(index, values), postings, strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(index.sharing(values).groups, sharing.groups)
    assert np.array_equal(index.sharing(values).background, sharing.background)
