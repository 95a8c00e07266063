"""A corpus of very many files: time, memory, size, look-ups; run by ``make bench``.

Usage: python -m tests.bench.scale [--files N] [--background N] [--home DIR]

Full size is --files 428000: 1 GB of made-up notes and some 2 GB of disk in all.
What stands in DIR from an earlier run is used again.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from leakwatch.corpus.build import Builder, BuildRequest
from leakwatch.corpus.bundle import Corpus, open_corpus
from leakwatch.corpus.crew import Crew
from leakwatch.corpus.growth import Addition
from leakwatch.corpus.packing import hands
from leakwatch.corpus.withdrawing import withdraw_ids
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.peaks import background_peaks, best_scores
from leakwatch.model.artefact import Artefact
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.bench.notes import note, write_notes
from tests.bench.watched import Watched, anonymous_bytes, watched
from tests.support.readers import text_artefact

KEY = FingerprintKey(bytes(range(32)))
ADDED = 1000
LOOK_UPS = 1000
TIMED = 300
TOGETHER = 256
JOBS = 2
NOISE = 0.03
"""Share of letters that are another one in a noisy copy."""
TOLD_FROM_S = 0.05
_MIB = 1024 * 1024


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--background", type=int, default=2000)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    with _home(given.home) as home:
        _write(home, given.files, given.background)
        path = home / "clinic.corpus"
        _building(home, path, given.files)
        _opening(path)
        _looking(path, given.files)
        _growing(home, path)
        _looking(path, given.files)


@contextmanager
def _home(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def _write(home: Path, files: int, background: int) -> None:
    began = time.monotonic()
    if not (home / "known").is_dir():
        write_notes(home / "known", range(files), jobs=JOBS)
        write_notes(home / "more", range(files, files + ADDED), jobs=JOBS)
        write_notes(home / "background", range(background), prefix="background/", jobs=JOBS)
    print(f"{files} notes written in {time.monotonic() - began:.0f} s")


class _Stages:
    """Takes the time of each stage."""

    def __init__(self) -> None:
        self.took: list[tuple[str, float]] = []
        self._name = "starting"
        self._began = time.monotonic()

    def begin(self, name: str, total: int | None = None) -> None:
        now = time.monotonic()
        self.took.append((self._name, now - self._began))
        self._name, self._began = name, now

    def advance(self, steps: int, *, size_bytes: int = 0) -> None: ...

    def say(self, line: str) -> None:
        print(f"  {line}")


def _building(home: Path, path: Path, files: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    request = BuildRequest((home / "known",), path, background=(home / "background",))
    built = watched(
        lambda: _with_builder(
            lambda builder, stages: builder.build(request, created_at=_now(), stages=stages)
        )
    )
    corpus = open_corpus(path, verify=False)
    letters = sum(int(segment.letters.sum()) for segment in corpus.segments)
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    print(f"corpus of {corpus.files} files, {letters / 1e6:.0f} million letters")
    _tell("build", built)
    _tell_stages(built.result)
    print(f"  a file        {built.cpu_s / files * 1e6:9.0f} us CPU, {size / files:.0f} bytes")
    print(
        f"  size          {size / 1e6:9.1f} MB, {(size - 300 * files) / letters:.3f} bytes a letter + 300 a file"
    )


def _with_builder(work: Callable[[Builder, _Stages], object]) -> list[tuple[str, float]]:
    stages = _Stages()
    start = partial(hands, KEY, SandboxPool(ReadLimits(), workers=1, parser_modules=()))
    with Crew(start, jobs=JOBS) as crew:
        builder = Builder(
            KEY,
            measure_peaks=background_peaks,
            measure_scores=best_scores,
            tool="bench",
            crew=crew,
        )
        work(builder, stages)
    stages.begin("")
    return stages.took


def build_corpus(folders: Sequence[Path], path: Path) -> None:
    """Build a corpus of folders at a path."""
    request = BuildRequest(tuple(folders), path)
    _with_builder(lambda builder, stages: builder.build(request, created_at=_now(), stages=stages))


def _opening(path: Path) -> None:
    for name, verify in (("open", False), ("open and verify", True)):
        took_s = []
        for _ in range(3):
            began = time.perf_counter()
            open_corpus(path, verify=verify)
            took_s.append(time.perf_counter() - began)
        print(f"  {name:16}{min(took_s) * 1e3:9.1f} ms")


def _looking(path: Path, files: int) -> None:
    looked = watched(partial(_look, path, files))
    before, after, rows = looked.result
    print(
        f"  anonymous memory {before / _MIB:.0f} MiB before, {after / _MIB:.0f} MiB "
        f"after opening and {LOOK_UPS} look-ups"
    )
    print(f"  {'look-up and scoring of a note':32}{'median':>9}{'95 %':>9}{'together':>10}  ms")
    for name, each_s, together_s in rows:
        median, late = statistics.median(each_s), sorted(each_s)[int(len(each_s) * 0.95)]
        print(f"  {name:32}{median * 1e3:9.3f}{late * 1e3:9.3f}{together_s * 1e3:10.3f}")


def _look(path: Path, files: int) -> tuple[int, int, list[tuple[str, list[float], float]]]:
    """Return anonymous memory before and after look-ups, and the seconds of each kind of text."""
    own = _own_pid()
    before = anonymous_bytes(own)
    matcher = CorpusMatcher([_opened(path)], KEY)
    chosen = random.Random(1).choices(range(files), k=TIMED)
    texts = {
        "a stranger's": [note(f"stranger/{n}") for n in range(TIMED)],
        "a known one, edited": [f"Copied: {note(n)}" for n in chosen],
        f"a known one, {NOISE:.0%} noise": [_noisy(note(n)) for n in chosen],
    }
    for number in range(LOOK_UPS):
        matcher.match_artefact(text_artefact(note(f"other/{number}")))
    after = anonymous_bytes(own)
    rows = [
        (name, *_timed(matcher, [text_artefact(text) for text in kind]))
        for name, kind in texts.items()
    ]
    return before, after, rows


def _timed(matcher: CorpusMatcher, artefacts: Sequence[Artefact]) -> tuple[list[float], float]:
    """Return the CPU seconds of each look-up alone, and of one among many together."""
    each = []
    for artefact in artefacts:
        began = time.process_time()
        matcher.match_artefact(artefact)
        each.append(time.process_time() - began)
    began = time.process_time()
    for start in range(0, len(artefacts), TOGETHER):
        matcher.match_artefacts(artefacts[start : start + TOGETHER])
    return each, (time.process_time() - began) / len(artefacts)


def _noisy(text: str) -> str:
    rng = random.Random(text)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "".join(rng.choice(letters) if rng.random() < NOISE else c for c in text)


def _growing(home: Path, path: Path) -> None:
    addition = Addition((home / "more",))
    added = watched(
        lambda: _with_builder(lambda builder, s: builder.add(path, addition, at=_now(), stages=s))
    )
    _tell(f"add {ADDED} files", added)
    _tell_stages(added.result)
    file = next(iter(_ids(_opened(path))))
    _tell("withdraw a file", watched(lambda: withdraw_ids(path, [file], at=_now())[1]))
    merged = watched(
        lambda: _with_builder(lambda builder, stages: builder.merge(path, at=_now(), stages=stages))
    )
    _tell("merge", merged)
    _tell_stages(merged.result)


def _ids(corpus: Corpus) -> Iterator[str]:
    from leakwatch.corpus.known import file_id  # noqa: PLC0415 - beside its one use

    return (file_id(segment.raw(0)) for segment in corpus.segments if len(segment))


def _opened(path: Path) -> Corpus:
    return open_corpus(path, verify=False)


def _own_pid() -> int:
    return int(Path("/proc/self").resolve().name)


def _now() -> datetime:
    return datetime.now(UTC)


def _tell(name: str, took: Watched[Any]) -> None:
    print(
        f"  {name:16}{took.wall_s:8.1f} s wall,{took.cpu_s:8.1f} s CPU, "
        f"{took.peak_bytes / _MIB:.0f} MiB anonymous at most"
    )


def _tell_stages(stages: Sequence[tuple[str, float]]) -> None:
    for name, took_s in stages:
        if took_s > TOLD_FROM_S:
            print(f"    {took_s:9.1f} s wall  {name}")


if __name__ == "__main__":
    main()
