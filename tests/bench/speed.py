"""Speed and size, in CPU seconds of this process; run by ``make bench``.

Usage: python -m tests.bench.speed [--files N]

Texts are made up, 3 KB each, so that the figures need no evaluation data.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.known import Fingerprinter
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketcher
from leakwatch.match.matcher import CorpusMatcher
from tests.support.corpora import KEY, build, note
from tests.support.readers import text_artefact

WORDS = 450
"""A made-up note of 3 KB."""
ROUNDS = 3


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    files = parser.parse_args().files
    texts = [note(n, WORDS) for n in range(files)]
    text_to_sketch(texts)
    index(texts)


def text_to_sketch(texts: Sequence[str]) -> None:
    """Compare ways from text to something comparable."""
    sketcher, fingerprinter = Sketcher(KEY), Fingerprinter(KEY)
    size = sum(map(len, texts))
    joined = "\n".join(texts)
    few = texts[: max(1, len(texts) // 20)]
    ways: list[tuple[str, int, Callable[[], object]]] = [
        ("normalise, notes", size, lambda: [letters(t) for t in texts]),
        ("text to sketch, notes", size, lambda: [sketcher.sketch(letters(t)) for t in texts]),
        ("text to sketch, long text", size, lambda: sketcher.sketch(letters(joined))),
        (
            "whole fingerprint, notes",
            size,
            lambda: [fingerprinter.known_file(text_artefact(t)) for t in texts],
        ),
        ("datasketch MinHash, notes", sum(map(len, few)), lambda: list(map(_datasketch, few))),
    ]
    print(f"text to sketch, {len(texts)} notes of {size // len(texts)} characters")
    for name, characters, way in ways:
        print(f"  {name:32}{characters / 1e6 / best_s(way):9.1f} MB/s")


def index(texts: Sequence[str]) -> None:
    """Measure a corpus of the notes: its size, its opening, looking up in it."""
    with tempfile.TemporaryDirectory() as home:
        started = time.process_time()
        build(Path(home), {f"{n:06}.txt": text for n, text in enumerate(texts)})
        built_s = time.process_time() - started
        path = Path(home) / "clinic.corpus"
        corpus = open_corpus(path)
        known = sum(int(segment.letters.sum()) for segment in corpus.segments)
        size = sum(file.stat().st_size for file in path.rglob("*.npy"))
        opened_s = best_s(lambda: open_corpus(path, verify=False))
        verified_s = best_s(lambda: open_corpus(path))
        matcher = CorpusMatcher([corpus], KEY)
        strangers = [text_artefact(note(f"stranger/{n}", WORDS)) for n in range(200)]
        stolen = [text_artefact(f"edited {text}") for text in texts[:200]]
        print(f"corpus of {corpus.files} files, {known / 1e6:.1f} million letters")
        print(f"  {'build':32}{built_s / len(texts) * 1e6:9.0f} us a file")
        print(
            f"  {'size over 300 bytes a file':32}{(size - 300 * len(texts)) / known:9.3f} a letter"
        )
        print(f"  {'open':32}{opened_s * 1e3:9.1f} ms")
        print(f"  {'open and verify':32}{verified_s * 1e3:9.1f} ms")
        for name, artefacts in (
            ("match a stranger's note", strangers),
            ("match a known one", stolen),
        ):
            took_s = best_s(lambda a=artefacts: [matcher.match_artefact(x) for x in a])  # type: ignore[misc]
            print(f"  {name:32}{took_s / len(artefacts) * 1e6:9.0f} us")


def best_s(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def _datasketch(text: str) -> object:
    from datasketch import MinHash  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to import

    words = re.findall(r"\w+", text.lower())
    minhash = MinHash(num_perm=128)
    minhash.update_batch([" ".join(words[i : i + 3]).encode() for i in range(len(words) - 2)])
    return minhash


if __name__ == "__main__":
    main()
