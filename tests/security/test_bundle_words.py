"""What corpus objects say of themselves, and what errors say, holds nothing of any file."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from leakwatch.cli.main import main
from leakwatch.corpus import manifest as manifest_file
from leakwatch.corpus.bundle import open_background, open_corpus, read_manifest
from leakwatch.corpus.columns import of_segment
from leakwatch.corpus.intake import take
from leakwatch.corpus.known import Fingerprinter
from leakwatch.corpus.labels import read_labels, subject_token
from leakwatch.corpus.tree import walk
from leakwatch.errors import CorpusCorrupt, LeakwatchError
from leakwatch.fingerprint.names import NameFacts, NameHasher
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sizes import SizeMask
from leakwatch.fingerprint.sketch import Sketcher
from leakwatch.match.inventory import Inventory
from leakwatch.match.lines import lines_of
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.listing import Listing, ListingEntry
from tests.support.corpora import KEY, build, builder, note, write_tree
from tests.support.readers import PlainReader, text_artefact

TOLD = "Zzyzx Unmistakable"
FILES = {f"{TOLD}/letter of {TOLD} {n}.txt": f"{TOLD} {note(n, 120)}" for n in range(3)}
WORDS = ("zzyzx", "unmistakable", *(w for t in FILES.values() for w in t.lower().split()[2:12]))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("custodian")
    rows = "".join(f'"{path}","{TOLD}","letter"\n' for path in FILES)
    (home / "labels.csv").write_text("path,subject,category\n" + rows)
    build(home, FILES, background={"b": note("b")}, labels=read_labels(home / "labels.csv", KEY))
    return home


def told(shown: str) -> list[str]:
    """Return the telling words that something shows."""
    return [word for word in WORDS if len(word) > 4 and word in shown.lower()]


def test_reprs_hold_nothing(home: Path) -> None:
    """No object on the way into a bundle or out of it shows content, name or key."""
    path = home / "clinic.corpus"
    corpus = open_corpus(path)
    text = next(iter(FILES.values()))
    entries = list(walk(home / "clinic/known"))
    facts = NameFacts(next(iter(FILES)), 1, 2, "ab")
    listing = Listing("zip", tuple(ListingEntry(name, 1) for name in FILES))
    matcher = CorpusMatcher([corpus], KEY)
    shown = repr(
        [
            corpus,
            corpus.segments,
            of_segment(corpus.segments[0], corpus.manifest.categories),
            open_background(path, corpus.manifest),
            read_manifest(path),
            entries,
            list(take(PlainReader(), entries)),
            read_labels(home / "labels.csv", KEY),
            Fingerprinter(KEY).known_file(text_artefact(text), [facts]),
            Sketcher(KEY).sketch(letters(text)),
            Inventory(corpus.segments, [()], mask=SizeMask(KEY)),
            lines_of(listing),
            matcher,
            matcher.match_artefact(text_artefact(text)),
            matcher.match_listing(listing),
            builder(),
            NameHasher(KEY),
            facts,
            listing,
            KEY,
        ]
    )
    assert told(shown) == []
    for purpose in ("exact/raw", "grams/value", "size/mask", "name/name"):
        assert KEY.subkey(purpose).hex() not in shown
        assert repr(KEY.subkey(purpose))[2:-1] not in shown
    assert bytes(range(32)).hex() not in shown


def _cut(path: Path) -> None:
    largest = max(path.rglob("*.npy"), key=lambda p: p.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1])


def _bend(path: Path) -> None:
    largest = max(path.rglob("*.npy"), key=lambda p: p.stat().st_size)
    raw = bytearray(largest.read_bytes())
    raw[-1] ^= 1
    largest.write_bytes(raw)


def _lose(path: Path) -> None:
    next(path.rglob("name_keys.npy")).unlink()


def _newer(path: Path) -> None:
    fields = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**fields, "schema": fields["schema"] + 1}))


@pytest.mark.parametrize("harm", [_cut, _bend, _lose, _newer])
def test_errors_of_a_damaged_bundle_hold_nothing(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    """A damaged bundle is refused by its own name, with no word of what lies in it."""
    build(tmp_path, FILES)
    harm(tmp_path / "clinic.corpus")
    with pytest.raises(LeakwatchError) as caught:
        open_corpus(tmp_path / "clinic.corpus")
    shown = "".join(traceback.format_exception(caught.value))
    assert "clinic.corpus" in str(caught.value)
    assert told(shown) == []


def test_a_manifest_says_nothing_of_files(home: Path) -> None:
    """What may be said of a bundle to anybody: counts, categories, digests; no name."""
    corpus = open_corpus(home / "clinic.corpus")
    assert told(json.dumps(corpus.info())) == []
    assert told((home / "clinic.corpus" / manifest_file.NAME).read_text()) == []
    assert str(subject_token(KEY, TOLD)) not in json.dumps(corpus.info())


def test_problems_are_told_to_the_custodian_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Files that cannot be read are named on stderr; stdout, logs and the bundle hold no name."""
    write_tree(tmp_path / "files", {**FILES, f"{TOLD} broken.zip": b"PK\x03\x04 no archive"})
    (tmp_path / "files" / f"{TOLD} empty.txt").touch()
    (tmp_path / "files" / f"{TOLD} link").symlink_to("nowhere")
    assert main(["keygen", str(tmp_path / "key")]) == 0
    capsys.readouterr()
    out = tmp_path / "c.corpus"
    options = ["--out", str(out), "--key", str(tmp_path / "key"), "--json"]
    assert main(["corpus", "build", str(tmp_path / "files"), *options]) == 0
    shown = capsys.readouterr()
    assert TOLD in shown.err
    assert told(shown.out) == []
    assert told(caplog.text) == []
    counts = json.loads(shown.out)["counts"]
    assert counts["empty"] == counts["skipped"] == 1
    assert {p.name for p in tmp_path.iterdir()} == {"files", "key", "c.corpus"}
    for command in ("info", "verify"):
        assert main(["corpus", command, str(out)]) == 0
    shown = capsys.readouterr()
    assert told(shown.out + shown.err) == []


def test_a_bundle_of_another_shape_is_named_not_quoted(home: Path, tmp_path: Path) -> None:
    """Something else in the place of a manifest is refused without being quoted."""
    (tmp_path / "x.corpus").mkdir()
    (tmp_path / "x.corpus/manifest.json").write_text(f'{{"format": "leakwatch-corpus", "{TOLD}')
    with pytest.raises(CorpusCorrupt) as caught:
        open_corpus(tmp_path / "x.corpus")
    assert told("".join(traceback.format_exception(caught.value))) == []
