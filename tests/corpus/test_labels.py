from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.labels import read_labels, subject_token
from leakwatch.corpus.segment import NO_CATEGORY, NONE
from leakwatch.errors import ConfigError, MissingFile
from tests.support.corpora import KEY, OTHER_KEY, build, ids, note

CSV = (
    "path,subject,category\na.txt,Patient One,lab result\n./sub/b.txt,Patient One,letter\nc.txt,,\n"
)


def test_labels_are_found_by_path(tmp_path: Path) -> None:
    """A path may be written below its folder or in full; a member has its archive's label."""
    (tmp_path / "l.csv").write_text(f"{CSV}{tmp_path}/d.zip,Patient Two,scan\n")
    labels = read_labels(tmp_path / "l.csv", KEY)
    one = labels.of(tmp_path, "a.txt")
    assert one is not None
    assert (
        one.subject == subject_token(KEY, "Patient One ") != subject_token(OTHER_KEY, "Patient One")
    )
    other = labels.of(tmp_path, "sub/b.txt")
    assert other is not None
    assert (other.subject, other.category) == (one.subject, "letter")
    member = labels.of(tmp_path, "d.zip!/x/y.txt")
    assert member is not None
    assert member.category == "scan"
    empty = labels.of(tmp_path, "c.txt")
    assert empty is not None
    assert empty.subject is None
    assert empty.category is None
    assert labels.of(tmp_path, "z.txt") is None
    assert "Patient" not in repr(labels)


def test_subjects_group_files_in_the_bundle(tmp_path: Path) -> None:
    """Files of one subject are one group, whatever their text; the rest by family."""
    (tmp_path / "l.csv").write_text(CSV)
    files = {"a.txt": note(1), "sub/b.txt": note(2), "c.txt": note(3), "d.txt": note(4)}
    build(tmp_path, files, labels=read_labels(tmp_path / "l.csv", KEY))
    corpus = open_corpus(tmp_path / "clinic.corpus")
    segment = corpus.segments[0]
    assert corpus.manifest.categories == ("lab result", "letter")
    assert sorted(np.bincount(segment.groups).tolist()) == [1, 1, 2]
    labelled = segment.subjects != NONE
    assert labelled.sum() == 2
    assert segment.subject_tokens.tolist() == [subject_token(KEY, "Patient One")]
    assert (segment.categories != NO_CATEGORY).sum() == 2
    assert len(set(ids(tmp_path).values())) == 4


@pytest.mark.parametrize("text", ["", "path,who\nx,y\n", "path;subject;category\n"])
def test_columns_must_be_there(tmp_path: Path, text: str) -> None:
    """A CSV without the three columns is refused, and they are named."""
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(ConfigError, match="subject"):
        read_labels(tmp_path / "l.csv", KEY)


def test_unreadable_labels(tmp_path: Path) -> None:
    """A missing file and one that is not UTF-8 are told apart."""
    with pytest.raises(MissingFile):
        read_labels(tmp_path / "l.csv", KEY)
    (tmp_path / "l.csv").write_bytes(b"path,subject,category\n\xff\xfe,x,y\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_labels(tmp_path / "l.csv", KEY)


def test_a_quote_that_is_never_closed_is_told_with_its_line(tmp_path: Path) -> None:
    """It must not swallow the rows after it."""
    (tmp_path / "l.csv").write_text('path,subject,category\na.txt,One,letter\nb.txt,"Two,scan\n')
    with pytest.raises(ConfigError, match="after line 2"):
        read_labels(tmp_path / "l.csv", KEY)


@pytest.mark.parametrize("names", [[f"name {n}" for n in range(201)], ["word " * 20]])
def test_categories_are_few_and_short(tmp_path: Path, names: list[str]) -> None:
    """A column of names or remarks, given as the category, is kept out of the bundle."""
    rows = "".join(f"{n}.txt,s,{name}\n" for n, name in enumerate(names))
    (tmp_path / "l.csv").write_text(f"path,subject,category\n{rows}")
    with pytest.raises(ConfigError, match="categories") as caught:
        read_labels(tmp_path / "l.csv", KEY)
    assert "word" not in str(caught.value)
