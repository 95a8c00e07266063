"""Recall and false positives; run by ``make bench-accuracy``.

Usage: python -m tests.bench.accuracy [--quick] [--splits N] [--samples N] [--only WORD]...
                                      [--eval DIR] [--worst N] [--calibrate] [--no-lsh] [--labels] [--jobs N]

Recall is the share of known texts whose *own* file is found, at probable or better and at
possible or better; "wrong" is the share in which a file is named that is neither it nor one
of its cluster of near-duplicates (dictated notes) or of its person (generated documents);
pages and pastes count what the other documents in them are mistaken for. "First" is the share
whose own file is the surest match, "kin" that in which another file of its person is named too.
Beside it stands datasketch's MinHashLSH on the same texts. The notes are those of the
evaluation data; where that is not there, generated documents alone are measured.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path

from leakwatch.corpus.calibration import Calibration
from tests.bench.accuracy_cases import Case, generated_cases, note_cases, quick
from tests.bench.accuracy_data import Roles, Text, eval_folder, read_notes, splits
from tests.bench.accuracy_finders import Finder, MinHashLSH, build
from tests.bench.accuracy_forms import forms_outcome
from tests.bench.accuracy_generated import GENERATORS, generated
from tests.bench.accuracy_measure import SEED, Outcome, measure
from tests.bench.accuracy_table import show, show_worst
from tests.bench.accuracy_tuning import Peaks, calibrated, peaks_of

_OURS = (("probable", "probable"), ("possible", "possible"))
_WRONG = (("wrong prob.", "probable wrong"), ("wrong poss.", "possible wrong"))
_PEER = (("LSH .5", "LSH .5"), ("LSH .2", "LSH .2"), ("LSH .2 wrong", "LSH .2 wrong"))
_KIN = (("first", "possible first"), ("kin prob.", "probable kin"))


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    folder: Path | None
    splits: int
    samples: int
    quick: bool
    lsh: bool
    labels: bool
    worst: int


@dataclass(frozen=True, slots=True)
class Job:
    """One division of one set of texts."""

    plan: Plan
    what: str
    number: int
    calibration: Calibration | None = None
    """In place of the bundle's own."""

    def peaks(self) -> list[Peaks]:
        """Return how near each text that holds no known file comes."""
        roles, _ = self._texts()
        finder = build(roles.known, roles.background, labels=self.plan.labels)
        return peaks_of(finder, roles.negative)

    def run(self) -> Outcome:
        """Return the figures."""
        if not self.what.startswith("forms"):
            roles, cases = self._texts()
            return self._compared(roles, quick(cases) if self.plan.quick else cases)
        return forms_outcome(
            _divisions(self.plan)[self.number],
            _read(self.plan.folder)["form"],
            in_background=self.what == "forms in",
            samples=40,
            seed=f"forms {self.number}",
            calibration=self.calibration,
        )

    def _texts(self) -> tuple[Roles, dict[str, Case]]:
        """Return the texts by role, and what is done to them."""
        if self.what == "notes":
            roles = _divisions(self.plan)[self.number]
            return roles, note_cases([text.text for text in roles.negative])
        roles = generated(self.what, self.number)
        return roles, generated_cases([text.text for text in roles.negative])

    def _compared(self, roles: Roles, cases: dict[str, Case]) -> Outcome:
        """Return ours and the peer's figures on the same texts."""
        plan = self.plan
        title = "dictated notes" if self.what == "notes" else f"generated documents: {self.what}"
        outcome = Outcome(title, explains=plan.worst > 0)
        finders: list[Finder] = [
            build(roles.known, roles.background, labels=plan.labels, calibration=self.calibration)
        ]
        if plan.lsh:
            finders.append(MinHashLSH(roles.known))
        for finder in finders:
            seed = f"{title}/{self.number}"
            measure(outcome, finder, roles, cases, samples=plan.samples, seed=seed)
        return outcome


def main() -> None:
    """Print the tables."""
    options = _options()
    plan = Plan(
        folder=eval_folder(options.eval),
        splits=options.splits or (12 if options.calibrate else 1 if options.quick else 4),
        samples=options.samples or (30 if options.quick else 100),
        quick=options.quick,
        lsh=not (options.no_lsh or options.calibrate),
        labels=options.labels,
        worst=options.worst,
    )
    if plan.folder is None:
        print("no evaluation data (LEAKWATCH_EVAL, --eval): generated documents alone")
    started = time.monotonic()
    jobs = [job for job in _jobs(plan) if not options.only or job.what.startswith(options.only)]
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(options.jobs, mp_context=context) as pool:
        if options.calibrate:
            jobs = _calibrated(jobs, pool)
        done = zip(jobs, pool.map(Job.run, jobs), strict=True)
        for (what, calibration), outcomes in groupby(
            done, key=lambda p: (p[0].what, p[0].calibration)
        ):
            _show(plan, what, [outcome for _, outcome in outcomes], calibration)
    print(f"\nseed {SEED}; {time.monotonic() - started:.0f} s")


def _calibrated(jobs: Sequence[Job], pool: ProcessPoolExecutor) -> list[Job]:
    """Return the later half of each set's jobs twice: as they are, and by the earlier half."""
    doubled = []
    for _, grouped in groupby((j for j in jobs if not j.what.startswith("forms")), key=_what):
        group = list(grouped)
        half = len(group) // 2
        peaks = [each for some in pool.map(Job.peaks, group[:half]) for each in some]
        calibration = calibrated(peaks)
        doubled += [*group[half:], *(replace(job, calibration=calibration) for job in group[half:])]
    return doubled


def _what(job: Job) -> str:
    return job.what


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few cases, one division: a minute")
    parser.add_argument(
        "--splits",
        type=int,
        help="divisions of the notes, the first the data's own; half as many of other texts",
    )
    parser.add_argument("--samples", type=int, help="known texts a case and division")
    parser.add_argument("--only", help="notes, forms, or a generator's name")
    parser.add_argument("--eval", help="folder of the evaluation data")
    parser.add_argument("--worst", type=int, default=0, help="mistakes to list, of each table")
    parser.add_argument(
        "--calibrate",
        action="store_true",
        help="set thresholds on half of the divisions, judge both on the rest",
    )
    parser.add_argument("--no-lsh", action="store_true", help="leave the peer out")
    parser.add_argument(
        "--labels", action="store_true", help="tell the corpus whom generated documents are about"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    return parser.parse_args()


def _jobs(plan: Plan) -> Iterator[Job]:
    whats = ["notes", "forms out", "forms in"] if plan.folder else []
    for what in (*whats, *GENERATORS):
        if not (plan.quick and what == "forms out"):
            count = plan.splits if what == "notes" else -(-plan.splits // 2)
            yield from (Job(plan, what, number) for number in range(count))


def _show(plan: Plan, what: str, outcomes: list[Outcome], calibration: Calibration | None) -> None:
    if calibration is not None:
        print(f"\ncalibrated by {calibration.origin} of other divisions:")
        print(f"  probable {calibration.probable}\n  possible {calibration.possible}")
    peer = _PEER if plan.lsh and not what.startswith("forms") else ()
    kin = _KIN if what in GENERATORS else ()
    show(outcomes, (*_OURS, *_WRONG, *kin, *peer))
    if plan.worst:
        show_worst(outcomes, plan.worst)


@cache
def _read(folder: Path | None) -> dict[str, tuple[Text, ...]]:
    return read_notes(folder or Path())


@cache
def _divisions(plan: Plan) -> list[Roles]:
    return list(splits(_read(plan.folder), plan.splits, SEED))


if __name__ == "__main__":
    main()
