"""Recall and false positives; run by ``make bench-accuracy``.

Usage: python -m tests.bench.accuracy [--samples N] [--lsh]

Three tables: the evaluation notes (where that data is there), the same with
the blank forms in the background, and made-up documents of the kind that
machines fill in. For each distortion the share of samples whose own file is
found, at probable or better and at possible or better; then the share of
negatives and of blank forms with any match. ``--lsh`` sets datasketch's
MinHashLSH (128 permutations, word trigrams, threshold 0.2) beside them.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from leakwatch.corpus.build import Builder, BuildRequest
from leakwatch.corpus.bundle import open_corpus
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.peaks import background_peaks
from leakwatch.model.match import Grade
from tests.bench import distort
from tests.support.patients import documents, patient
from tests.support.readers import PlainReader, text_artefact

EVAL = Path(__file__).resolve().parents[3] / "shared" / "eval"
KEY = FingerprintKey(bytes(range(32)))
SEED = 20261122
GRADES = (Grade.PROBABLE, Grade.POSSIBLE)

Notes = dict[str, str]
Case = Callable[[str, random.Random], str]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--lsh", action="store_true")
    options = parser.parse_args()
    if (EVAL / "notes.jsonl").exists():
        notes = read_notes()
        compare("dictated notes", notes, options.samples, lsh=options.lsh)
        forms = {**notes["background"], **notes["template"]}
        with_forms = {**notes, "background": forms}
        compare("dictated notes, blank forms in the background", with_forms, options.samples)
    else:
        print("no evaluation data: generated documents alone")
    compare("generated documents", generated(), options.samples, lsh=options.lsh)


def compare(title: str, notes: dict[str, Notes], samples: int, *, lsh: bool = False) -> None:
    """Print recall and false positives over one set of texts."""
    print(f"\n{title}")
    with tempfile.TemporaryDirectory() as work:
        matcher, ids = build(Path(work), notes["known"], notes["background"])
        report("leakwatch", lambda text: found_in(matcher, text), notes, ids, samples)
    if lsh:
        report("MinHashLSH", lsh_finder(notes["known"], ids), notes, ids, samples)


def generated() -> dict[str, Notes]:
    """Return documents of patients nobody is; no patient has two roles."""
    rng = random.Random(SEED)
    sizes = {"known": 150, "background": 60, "negative": 75}
    roles: dict[str, Notes] = {"template": {}}
    for role, people in sizes.items():
        written = [documents(patient(rng), rng, rng.randrange(4, 14)) for _ in range(people)]
        roles[role] = {f"{i}-{j}": t for i, d in enumerate(written) for j, t in enumerate(d)}
    return roles


def read_notes() -> dict[str, Notes]:
    """Return the texts by role and id, and the blank forms as role ``template``."""
    roles: dict[str, Notes] = {}
    with (EVAL / "notes.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            note = json.loads(line)
            roles.setdefault(note["role"], {})[note["id"]] = note["text"]
    forms = sorted((EVAL / "templates").glob("*.txt"))
    roles["template"] = {f.stem: f.read_text(encoding="utf-8") for f in forms}
    return roles


def build(work: Path, known: Notes, background: Notes) -> tuple[CorpusMatcher, dict[str, str]]:
    """Return a matcher over the known notes, and their opaque ids."""
    for role, texts in (("known", known), ("background", background)):
        (work / role).mkdir()
        for name, text in texts.items():
            (work / role / name).write_text(text, encoding="utf-8")
    out, map_file = work / "bench.corpus", work / "map.csv"
    request = BuildRequest((work / "known",), out, (work / "background",), map_file=map_file)
    builder = Builder(KEY, PlainReader(), measure_peaks=background_peaks, tool="bench")
    builder.build(request, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    rows = (row.split(",", 1) for row in map_file.read_text("utf-8").splitlines()[1:])
    ids = {path.rpartition("/")[2]: file for file, path in rows}
    return CorpusMatcher([open_corpus(out)], KEY), ids


def found_in(matcher: CorpusMatcher, text: str) -> dict[str, Grade]:
    """Return the grade of each known file found in a text."""
    return {m.file: m.grade for m in matcher.match_artefact(text_artefact(text)).matches}


def cases(others: Sequence[str]) -> dict[str, Case]:
    """Return every distortion by name."""
    words = [w for text in others[:100] for w in text.split()]
    return {
        "verbatim": lambda t, r: t,
        "reflowed": distort.reflowed,
        "spaceless": distort.spaceless,
        "html": distort.in_html,
        "csv row": distort.as_csv_row,
        "40-note paste": lambda t, r: distort.in_paste(t, r, others),
        "OCR 3 %": lambda t, r: distort.ocr(t, r, 0.03),
        "OCR 5 %": lambda t, r: distort.ocr(t, r, 0.05),
        "OCR 8 %": lambda t, r: distort.ocr(t, r, 0.08),
        "20 % words": lambda t, r: distort.substituted(t, r, words, 0.20),
        "100 words": lambda t, r: distort.in_page(distort.excerpt(t, r, 100), r, others),
        "60 words": lambda t, r: distort.in_page(distort.excerpt(t, r, 60), r, others),
        "40 words": lambda t, r: distort.in_page(distort.excerpt(t, r, 40), r, others),
    }


def report(
    name: str,
    find: Callable[[str], dict[str, Grade]],
    notes: dict[str, Notes],
    ids: dict[str, str],
    samples: int,
) -> None:
    """Print one finder's recall and false positives."""
    others = list(notes["negative"].values())
    chosen = random.Random(SEED).sample(sorted(notes["known"]), min(samples, len(notes["known"])))
    print(f"{name}, {len(chosen)} samples a case{'':10}probable  possible")
    for case, distorted in cases(others).items():
        grades = []
        for note in chosen:
            rng = random.Random(f"{SEED}/{case}/{note}")
            grades.append(find(distorted(notes["known"][note], rng)).get(ids[note]))
        print(f"  {case:32}" + "".join(f"{share(grades, g):10.3f}" for g in GRADES))
    for role in (r for r in ("negative", "template") if notes[r]):
        best = [max(find(text).values(), default=None) for text in notes[role].values()]
        print(f"  {role + ' with a match':32}" + "".join(f"{share(best, g):10.4f}" for g in GRADES))


def share(grades: Sequence[Grade | None], least: Grade) -> float:
    """Return the share of samples at a grade or better."""
    return sum(g is not None and g >= least for g in grades) / max(1, len(grades))


def lsh_finder(known: Notes, ids: dict[str, str]) -> Callable[[str], dict[str, Grade]]:
    """Return datasketch's candidates, all called probable: its own best case."""
    from datasketch import (  # type: ignore[import-untyped]  # noqa: PLC0415 - a second to import
        MinHash,
        MinHashLSH,
    )

    def signature(text: str) -> MinHash:
        words = re.findall(r"\w+", text.lower())
        grams = {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}
        minhash = MinHash(num_perm=128)
        minhash.update_batch([g.encode() for g in grams])
        return minhash

    lsh = MinHashLSH(threshold=0.2, num_perm=128)
    for note, text in known.items():
        lsh.insert(ids[note], signature(text))
    return lambda text: dict.fromkeys(lsh.query(signature(text)), Grade.PROBABLE)


if __name__ == "__main__":
    main()
