"""A bundle holds nothing that anybody without the key could read or test."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np

from leakwatch.corpus.bundle import open_background, open_corpus, read_manifest
from leakwatch.corpus.labels import Labels, read_labels
from leakwatch.corpus.segment import array_names
from tests.support.corpora import KEY, OTHER_KEY, build, note

SECRET = "Unmistakable Patient Zzyzx"
FILES = {f"Folder Qwghlm/{SECRET} {n}.txt": f"{SECRET} {n}. {note(n)}" for n in range(4)}


def everything(bundle: Path) -> bytes:
    """Return every byte of every file of a bundle, and the names of the files."""
    files = sorted(p for p in bundle.rglob("*") if p.is_file())
    return b"".join(str(p.relative_to(bundle)).encode() + p.read_bytes() for p in files)


def labels(home: Path) -> Labels:
    rows = "".join(f'"{path}","{SECRET}","lab result"\n' for path in FILES)
    home.mkdir(exist_ok=True)
    (home / "labels.csv").write_text("path,subject,category\n" + rows)
    return read_labels(home / "labels.csv", KEY)


def test_no_text_name_or_path(tmp_path: Path) -> None:
    """Neither words of a file, nor its name, path or subject stand in the bundle."""
    build(tmp_path, FILES, labels=labels(tmp_path))
    held = everything(tmp_path / "clinic.corpus").lower()
    for told in ("unmistakable", "zzyzx", "qwghlm", str(tmp_path), note(0)[:20], note(3)[-20:]):
        assert told.lower().encode() not in held


def test_no_unkeyed_digest(tmp_path: Path) -> None:
    """No digest that a guesser could compute stands there, in any form."""
    build(tmp_path, FILES)
    held = everything(tmp_path / "clinic.corpus")
    for name, text in FILES.items():
        for said in (text, name, Path(name).name):
            data = said.encode()
            for algorithm in ("md5", "sha1", "sha256"):
                digest = hashlib.new(algorithm, data, usedforsecurity=False)
                for form in (digest.digest()[:8], digest.digest()[:8][::-1]):
                    assert form not in held
                assert digest.hexdigest()[:12].encode() not in held
        crc32 = zlib.crc32(text.encode())
        assert crc32.to_bytes(4, "little") + len(text).to_bytes(4, "little") not in held


def test_two_keys_share_no_value(tmp_path: Path) -> None:
    """Two bundles of the same files under two keys cannot be joined on any value."""
    build(tmp_path / "1", FILES, background={"b": note(1)})
    build(tmp_path / "2", FILES, background={"b": note(1)}, key=OTHER_KEY)
    one, other = (open_corpus(tmp_path / n / "clinic.corpus").segments[0] for n in "12")
    keyed = [n for n in array_names() if n.endswith(("_keys", "_rests", "_values", "_lows"))]
    for name in [*keyed, "forward", "signatures"]:
        ours = set(np.asarray(getattr(one, name)).ravel().tolist())
        theirs = set(np.asarray(getattr(other, name)).ravel().tolist())
        assert len(ours & theirs) <= 1, name
        assert ours or name.startswith(("pieces", "shared")), name


def test_two_keys_share_nothing_of_the_background(tmp_path: Path) -> None:
    """What is kept of the background cannot be joined on either, nor does it hold a word of it."""
    strangers: dict[str, str | bytes] = {f"{n}": f"{SECRET} {note(n)}" for n in range(5)}
    build(tmp_path / "1", FILES, background=strangers)
    build(tmp_path / "2", FILES, background=strangers, key=OTHER_KEY)
    bundles = [tmp_path / n / "clinic.corpus" for n in "12"]
    one, other = (open_background(path, read_manifest(path)) for path in bundles)
    for name in ("tops", "raw_keys", "text_keys"):
        assert not set(getattr(one, name).tolist()) & set(getattr(other, name).tolist()), name
    assert not set(one.sample.tops.tolist()) & set(other.sample.tops.tolist())
    assert b"zzyzx" not in everything(bundles[0]).lower()
