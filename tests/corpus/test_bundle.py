from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from leakwatch.corpus import manifest as manifest_file
from leakwatch.corpus.bundle import locked, open_corpus, publish, read_manifest
from leakwatch.corpus.segment import array_names
from leakwatch.errors import CorpusCorrupt, CorpusError, CorpusExists
from tests.support.corpora import build, note

FILES = {f"{n}.txt": note(n, 60) for n in range(3)}
SEGMENT = Path("segments/0000")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("built")
    build(home, FILES, background={"b.txt": note("b", 60)})
    return home / "clinic.corpus"


@pytest.fixture
def bundle(built: Path, tmp_path: Path) -> Path:
    """A bundle of the test's own, to be damaged."""
    return Path(shutil.copytree(built, tmp_path / "clinic.corpus"))


def test_opens_as_written(bundle: Path) -> None:
    """An opened bundle is named by its folder and says what it is."""
    corpus = open_corpus(bundle)
    assert corpus.name == "clinic"
    assert corpus.files == 3
    assert corpus.info()["key_id"] == corpus.manifest.params.key_id
    assert corpus.manifest_sha256 == read_manifest(bundle).digest
    assert open_corpus(bundle, name="mine", verify=False).name == "mine"


def test_info_is_json(bundle: Path) -> None:
    """What is said of a bundle can be printed and stored as JSON."""
    assert json.loads(json.dumps(open_corpus(bundle).info()))["files"] == 3


def test_large_arrays_are_mapped(tmp_path: Path) -> None:
    """A big array is not read into memory; it is mapped read-only."""
    build(tmp_path, {"a.txt": " ".join(note(n, 3000) for n in range(30))})
    segment = open_corpus(tmp_path / "clinic.corpus").segments[0]
    assert isinstance(segment.forward.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        segment.forward[0] = 0


@pytest.mark.parametrize("name", array_names())
@pytest.mark.parametrize("damage", ["missing", "cut", "longer", "flipped"])
def test_damage_is_found_and_named(bundle: Path, name: str, damage: str) -> None:
    """A file missing, cut, grown or with one bit turned is named as corrupt."""
    file = bundle / SEGMENT / f"{name}.npy"
    data = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        changed = {"cut": data[:-1], "longer": data + b"\0", "flipped": _flipped(data)}
        file.write_bytes(changed[damage])
    with pytest.raises(CorpusCorrupt, match=f"{name}.npy"):
        open_corpus(bundle)


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def test_every_bit_of_the_manifest_counts(bundle: Path) -> None:
    """A manifest with any character changed is refused."""
    path = bundle / manifest_file.NAME
    text = path.read_text()
    for place in range(0, len(text), 97):
        if text[place].isspace():
            continue
        path.write_text(f"{text[:place]}{'1' if text[place] != '1' else '2'}{text[place + 1 :]}")
        with pytest.raises(CorpusError):
            open_corpus(bundle)


@pytest.mark.parametrize("cut", [0, 1, 100, -2])
def test_cut_manifest(bundle: Path, cut: int) -> None:
    """A manifest cut short is corrupt."""
    path = bundle / manifest_file.NAME
    path.write_text(path.read_text()[:cut])
    with pytest.raises(CorpusCorrupt, match=r"manifest\.json"):
        open_corpus(bundle)


def test_unknown_schema_is_told_apart(bundle: Path) -> None:
    """A bundle of another schema is refused by number, not called corrupt."""
    path = bundle / manifest_file.NAME
    fields = json.loads(path.read_text())
    fields["schema"] = 99
    path.write_text(json.dumps(fields))
    with pytest.raises(CorpusError, match="schema 99") as caught:
        open_corpus(bundle)
    assert not isinstance(caught.value, CorpusCorrupt)


@pytest.mark.parametrize("content", ["{}", "[]", '{"format": "other"}'])
def test_other_json_is_no_corpus(bundle: Path, content: str) -> None:
    """A manifest of something else is no corpus of ours."""
    (bundle / manifest_file.NAME).write_text(content)
    with pytest.raises(CorpusError, match="does not describe a corpus"):
        open_corpus(bundle)


def test_what_is_no_bundle(tmp_path: Path) -> None:
    """An empty folder, a file and nothing at all are no corpus."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for name in ("file", "empty", "nowhere"):
        with pytest.raises(CorpusError, match="not a corpus"):
            open_corpus(tmp_path / name)


def test_pickles_are_never_read(bundle: Path) -> None:
    """An array of objects is refused even where the digest is right."""
    file = bundle / SEGMENT / "letters.npy"
    np.save(file, np.array([{}], dtype=object), allow_pickle=True)
    _reseal(bundle)
    with pytest.raises(CorpusCorrupt, match="letters"):
        open_corpus(bundle)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("letters", np.zeros(2, np.uint32)),
        ("letters", np.zeros(3, np.uint64)),
        ("forward", np.zeros(1, np.uint32)),
        ("posting_offsets", np.zeros(6, np.uint32)),
        ("shared_offsets", np.zeros(8, np.uint32)),
        ("posting_lows", np.zeros(3, np.uint16)),
        ("signatures", np.zeros((3, 8), np.uint32)),
    ],
)
def test_arrays_must_fit(
    bundle: Path, name: str, array: np.ndarray[tuple[int], np.dtype[np.uint32]]
) -> None:
    """Arrays of wrong type or length are corrupt even where every digest is right."""
    np.save(bundle / SEGMENT / f"{name}.npy", array)
    _reseal(bundle)
    with pytest.raises(CorpusCorrupt):
        open_corpus(bundle)


def test_further_arrays_are_ignored(bundle: Path) -> None:
    """A bundle that holds more than this version knows is read all the same."""
    np.save(bundle / SEGMENT / "later_idea.npy", np.zeros(4, np.uint64))
    _reseal(bundle)
    assert open_corpus(bundle).files == 3


def _reseal(bundle: Path) -> None:
    """Write a manifest whose digests fit whatever lies there now."""
    path = bundle / manifest_file.NAME
    fields = json.loads(path.read_text())
    fields.pop("digest")
    arrays = fields["segments"][0]["arrays"]
    for file in (bundle / SEGMENT).iterdir():
        data = file.read_bytes()
        arrays[file.stem] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    fields["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    path.write_text(json.dumps(fields))


def test_names_out_of_the_bundle_are_refused(bundle: Path) -> None:
    """A manifest that points outside its folder is not followed."""
    path = bundle / manifest_file.NAME
    fields = json.loads(path.read_text())
    arrays = fields["segments"][0]["arrays"]
    arrays["../../../escape"] = arrays.pop("letters")
    fields.pop("digest")
    path.write_text(json.dumps(fields))
    (bundle / SEGMENT / "letters.npy").rename(bundle.parent / "escape.npy")
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    fields["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    path.write_text(json.dumps(fields))
    with pytest.raises(CorpusCorrupt, match="outside the bundle"):
        open_corpus(bundle)


def test_a_taken_name_is_not_replaced(tmp_path: Path) -> None:
    """A finished bundle does not take the place of something that came there meanwhile."""
    (tmp_path / "work" / "segments").mkdir(parents=True)
    (tmp_path / "x.corpus").mkdir()
    with pytest.raises(CorpusExists):
        publish(tmp_path / "work", tmp_path / "x.corpus")
    (tmp_path / "x.corpus").rmdir()
    publish(tmp_path / "work", tmp_path / "x.corpus")
    assert [p.name for p in tmp_path.iterdir()] == ["x.corpus"]


def test_one_command_at_a_time_changes_a_bundle(tmp_path: Path) -> None:
    """Who holds a bundle's lock keeps others out, and it ends with the block."""
    with (
        locked(tmp_path),
        pytest.raises(CorpusError, match="another leakwatch"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass


@pytest.mark.parametrize("value", [-1, 10**30, "x", None, [], {}, True])
@pytest.mark.parametrize("name", ["files", "families", "repeated", "population", "withdrawn"])
def test_a_count_that_is_none_is_refused(bundle: Path, name: str, value: object) -> None:
    """A manifest may be whole by its digest and yet say what cannot be."""
    path = bundle / manifest_file.NAME
    fields = json.loads(path.read_text())
    fields["segments"][0][name] = [value] if name == "withdrawn" else value
    path.write_text(json.dumps(fields))
    _reseal(bundle)
    with pytest.raises(CorpusCorrupt, match="lacks what a corpus must say"):
        open_corpus(bundle)
    path.write_text("[" * 100_000)
    with pytest.raises(CorpusCorrupt, match="not JSON"):
        open_corpus(bundle)
