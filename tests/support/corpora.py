"""Corpora of made-up files, built for a test."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from leakwatch.corpus.build import Builder, BuildRequest
from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.growth import Addition
from leakwatch.corpus.kit import BuildReport
from leakwatch.corpus.labels import Labels
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.peaks import background_peaks, best_scores
from tests.support.readers import LookingReader, PlainReader

KEY = FingerprintKey(bytes(range(32)))
OTHER_KEY = FingerprintKey(bytes(range(1, 33)))
BUILT_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def note(seed: object, words: int = 300) -> str:
    """Return a text of made-up words that no other seed gives."""
    rng = random.Random(f"note/{seed}")
    made_up = [
        "".join(rng.choices("abcdefghijklmnoprstuvwy", k=rng.randrange(2, 11)))
        for _ in range(words)
    ]
    return " ".join(made_up).capitalize() + "."


def write_tree(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def builder(key: FingerprintKey = KEY, *, images: bool = False) -> Builder:
    """Return a builder that reads plain text and ZIP archives in process, and pictures if asked."""
    return Builder(
        key,
        LookingReader() if images else PlainReader(),
        measure_peaks=background_peaks,
        measure_scores=best_scores,
        tool="test 0",
    )


def build(
    home: Path,
    files: Mapping[str, str | bytes],
    *,
    background: Mapping[str, str | bytes] | None = None,
    key: FingerprintKey = KEY,
    labels: Labels | None = None,
    name: str = "clinic",
    images: bool = False,
) -> BuildReport:
    """Build ``home/NAME.corpus`` with its map beside it."""
    request = BuildRequest(
        folders=(write_tree(home / name / "known", files),),
        out=home / f"{name}.corpus",
        background=(write_tree(home / name / "background", background),) if background else (),
        labels=labels or Labels(),
        map_file=home / f"{name}.csv",
        images=images,
    )
    return builder(key, images=images).build(request, created_at=BUILT_AT)


def add(home: Path, files: Mapping[str, str | bytes], *, batch: str, name: str = "clinic") -> None:
    """Add files, from a folder of their own, to ``home/NAME.corpus``."""
    addition = Addition((write_tree(home / name / batch, files),))
    builder().add(home / f"{name}.corpus", addition, at=BUILT_AT)


def matcher(
    home: Path,
    files: Mapping[str, str | bytes],
    *,
    background: Mapping[str, str | bytes] | None = None,
) -> CorpusMatcher:
    """Return a matcher over a corpus built in ``home``."""
    build(home, files, background=background)
    return CorpusMatcher([open_corpus(home / "clinic.corpus")], KEY)


def ids(home: Path, name: str = "clinic") -> dict[str, str]:
    """Return path below the known folder -> opaque id, from the map."""
    rows = (home / f"{name}.csv").read_text("utf-8").splitlines()[1:]
    pairs = (row.split(",", 1) for row in rows)
    return {path.partition("/known/")[2]: file for file, path in pairs}
