"""Speed, from text to the whole command, beside datasketch and rensa; run by ``make bench``.

Usage: python -m tests.bench.speed [--files N]

Texts are made up, so that the figures need no evaluation data. Megabytes are of
text and per second of CPU, children included, unless wall clock is said.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import compileall
import cProfile
import io
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import leakwatch
from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.crew import Crew
from leakwatch.corpus.known import Fingerprinter
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.minhash import signatures
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketcher
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.scan import Fetched, Looker, scan
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.bench.notes import note, write_notes
from tests.bench.peers import PEERS, Peer, command, is_installed
from tests.support.readers import text_artefact

ROUNDS = 3
TOGETHER = 256
KNOWN_AMONG = 10
"""One file in so many of those looked at is known."""
PROFILE_LINES = 14


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    files = parser.parse_args().files
    # As pip does when it installs; without, each process would compile what it loads.
    compileall.compile_dir(str(Path(leakwatch.__file__).parent), quiet=1)
    text_to_sketch([note(n) for n in range(min(files, 2000))])
    with tempfile.TemporaryDirectory() as home:
        end_to_end(Path(home), files)
        where_time_goes(Path(home))


def text_to_sketch(texts: Sequence[str]) -> None:
    """Compare ways from text to something comparable, on one core."""
    key = FingerprintKey(bytes(range(32)))
    sketcher, fingerprinter = Sketcher(key), Fingerprinter(key)
    joined = "\n".join(texts) * 4
    batches = [texts[at : at + TOGETHER] for at in range(0, len(texts), TOGETHER)]
    sets = [[sketcher.sketch(letters(text)).distinct for text in batch] for batch in batches]
    accented = [text.replace("an ", "\xe4n ") for text in texts]
    cyrillic = [text.translate(_CYRILLIC) for text in texts]
    artefacts = [text_artefact(text) for text in texts]
    few = texts[: max(1, len(texts) // 20)]
    ways: list[tuple[str, Sequence[str], Callable[[], object]]] = [
        ("letters, notes", texts, lambda: [letters(t) for t in texts]),
        ("letters, accents here and there", accented, lambda: [letters(t) for t in accented]),
        ("letters, Cyrillic", cyrillic, lambda: [letters(t) for t in cyrillic]),
        (
            "text to sketch, note by note",
            texts,
            lambda: [sketcher.sketch(letters(t)) for t in texts],
        ),
        (
            "text to sketch, notes together",
            texts,
            lambda: [sketcher.sketch_many([letters(t) for t in batch]) for batch in batches],
        ),
        ("text to sketch, one long text", [joined], lambda: sketcher.sketch(letters(joined))),
        ("MinHash of the sketches, together", texts, lambda: [signatures(s) for s in sets]),
        (
            "all a corpus keeps, note by note",
            texts,
            lambda: [fingerprinter.known_file(artefact) for artefact in artefacts],
        ),
    ]
    for name, peer in PEERS.items():
        if is_installed(name):
            ways.append((f"{name}: trigrams, MinHash", few, partial(_signatures, peer(), few)))
    print(f"text, {len(texts)} notes of {sum(map(len, texts)) // len(texts)} characters")
    for name, over, way in ways:
        size = sum(len(text.encode()) for text in over)
        print(f"  {name:38}{size / 1e6 / best_s(way):8.1f} MB/s")


def _signatures(peer: Peer, texts: Sequence[str]) -> list[object]:
    return [peer.signature(text) for text in texts]


_CYRILLIC = {ord(c): 0x430 + at for at, c in enumerate("abcdefghijklmnopqrstuvwxyz")}


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took, its children included."""

    cpu_s: float
    wall_s: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.cpu_s - other.cpu_s, self.wall_s - other.wall_s)


def end_to_end(home: Path, files: int) -> None:
    """Build a corpus of some files and scan as many; the peers do their like."""
    known, other, none = home / "known", home / "other", home / "none"
    size = write_notes(known, range(files))
    write_notes(other, range(files // KNOWN_AMONG))
    write_notes(other / "more", range(files - files // KNOWN_AMONG), prefix="stranger/")
    none.mkdir()
    _leakwatch("keygen", home / "key")
    build = [*_leakwatch_command("corpus", "build"), "--key", str(home / "key")]
    look = [*_leakwatch_command("scan", "--json"), "--key", str(home / "key")]
    look += ["--corpus", str(home / "known.corpus")]
    rows = [
        (
            "leakwatch corpus build",
            _spent([*build, str(known), "--out", str(home / "known.corpus")]),
        ),
        ("  of it to start", _spent([*build, str(none), "--out", str(home / "none.corpus")])),
        ("leakwatch scan", _spent([*look, str(other)])),
        ("  of it to start", _spent([*look, str(none)])),
    ]
    print(f"end to end, {files} files of {size // files} bytes, {os.cpu_count()} cores")
    for name in PEERS:
        if not is_installed(name):
            print(f"  {name}: not installed")
            continue
        built = _spent(command(name, known))
        rows.append((f"{name}: read, MinHash, insert", built))
        rows.append((f"{name}: read, MinHash, query", _spent(command(name, known, other)) - built))
    ours = {"insert": rows[0][1].cpu_s, "query": rows[2][1].cpu_s}
    print(f"  {'':32}{'CPU s':>8}{'MB/s CPU':>10}{'wall s':>8}{'us a file':>11}  against ours")
    for name, spent in rows:
        against = ours.get(name.rpartition(" ")[2])
        ratio = f"{spent.cpu_s / against:8.1f} times" if against else ""
        print(
            f"  {name:32}{spent.cpu_s:8.2f}{size / 1e6 / spent.cpu_s:10.1f}{spent.wall_s:8.2f}"
            f"{spent.cpu_s / files * 1e6:11.0f}{ratio}"
        )


def where_time_goes(home: Path) -> None:
    """Profile a scan in this process; what children do shows as waiting for them."""
    key = FingerprintKey.load(home / "key")
    matcher = CorpusMatcher([open_corpus(home / "known.corpus")], key)

    def fetch(_: str) -> Sequence[Fetched]:
        return []

    @contextmanager
    def looker():  # type: ignore[no-untyped-def]  # noqa: ANN202 - a profile's helper
        with SandboxPool(ReadLimits(), workers=1, parser_modules=()) as reader:
            yield Looker(reader, matcher, fetch)

    profile = cProfile.Profile()
    with (
        redirect_stderr(io.StringIO()),
        redirect_stdout(io.StringIO()),
        Crew(looker, jobs=0) as crew,
    ):
        list(scan(crew, [str(home / "none")]))
        profile.enable()
        list(scan(crew, [str(home / "other")]))
        profile.disable()
    print(
        "where a scan's time goes (profiled, so twice as slow; poll and recvmsg wait for the child)"
    )
    stats = pstats.Stats(profile).sort_stats("tottime")
    rows = sorted(stats.stats.items(), key=lambda row: -row[1][2])  # type: ignore[attr-defined]
    total = sum(row[1][2] for row in rows)
    for (file, line, name), (_, calls, own_s, _, _) in rows[:PROFILE_LINES]:
        place = f"{Path(file).name}:{line}" if line else ""
        print(f"  {own_s / total:6.1%}{own_s:8.3f} s{calls:9} calls  {name} {place}")


def _leakwatch_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "leakwatch", *arguments]


def _leakwatch(command_name: str, path: Path) -> None:
    _spent([*_leakwatch_command(command_name), str(path)])


def _spent(arguments: Sequence[str]) -> Spent:
    """Run a command; count the CPU time of every process it waited for."""
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - ourselves
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise SystemExit(f"{arguments}: exit {process.returncode}\n{said}")
    return Spent(usage.ru_utime + usage.ru_stime, time.monotonic() - began)


def best_s(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


if __name__ == "__main__":
    main()
