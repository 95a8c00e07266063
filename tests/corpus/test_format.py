"""Bundles outlive the program: the committed one opens and says what it said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.manifest import SCHEMA
from leakwatch.errors import CorpusCorrupt, CorpusError
from tests.support.corpora import KEY, OTHER_KEY
from tests.support.fixture_corpus import BUNDLE, EXPECTED, HOME, make, said

LARGEST_BYTES = 200_000


def test_the_committed_bundle_says_what_it_said() -> None:
    """A bundle of this schema, built by an earlier version, opens and matches as it did."""
    assert said(BUNDLE) == json.loads(EXPECTED.read_text())


def test_the_committed_bundle_says_something() -> None:
    """What is expected of it is worth comparing: matches of every method, and of no stranger."""
    found = json.loads(EXPECTED.read_text())["matches"]
    methods = {match["method"] for matches in found.values() for match in matches}
    assert methods >= {"exact", "text", "listing", "name"}
    assert found["stranger"] == found["strangers"] == found["withdrawn"] == []
    assert [m["grade"] for m in found["verbatim"]] == ["conclusive"]
    assert len(found["paste"]) == 2
    assert len(found["checksums"]) >= 5


def test_built_anew_it_says_the_same(tmp_path: Path) -> None:
    """Today's builder makes of the same files a bundle that says the same."""
    assert said(make(tmp_path)) == json.loads(EXPECTED.read_text())


def test_it_is_small_and_whole() -> None:
    """The fixture is small, and every file of it is named by its manifest."""
    files = [p for p in HOME.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < LARGEST_BYTES
    open_corpus(BUNDLE, verify=True)
    assert KEY.key_id in (BUNDLE / "manifest.json").read_text()
    assert OTHER_KEY.key_id not in (BUNDLE / "manifest.json").read_text()


@pytest.mark.parametrize("schema", [SCHEMA - 1, SCHEMA + 1, "2x", None])
def test_another_schema_is_refused_in_plain_words(tmp_path: Path, schema: object) -> None:
    """A bundle of an older or newer schema is refused, with both numbers and what to do."""
    other = shutil.copytree(BUNDLE, tmp_path / "other.corpus")
    fields = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps({**fields, "schema": schema}))
    with pytest.raises(CorpusError, match=f"schema {schema!r}, this version reads {SCHEMA}") as e:
        open_corpus(other)
    assert "build the corpus again" in (e.value.hint or "")
    assert not isinstance(e.value, CorpusCorrupt)


def test_arrays_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    """A file that the manifest does not name disturbs nobody."""
    other = shutil.copytree(BUNDLE, tmp_path / "small.corpus")
    np.save(other / "segments/0000/of_the_future.npy", np.arange(3))
    assert said(other) == json.loads(EXPECTED.read_text())
