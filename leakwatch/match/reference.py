"""The scores of ``score.py``, said slowly: the oracle that the fast path is held to.

Plain Python over sets and lists, every pair of hits tried. Reads as the
definition; used by tests alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from leakwatch.corpus.assemble import POSTED_AT_LEAST, POSTED_SHARE, drawn
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.fingerprint.grams import K
from leakwatch.match.reach import FEW_HITS, FEW_LETTERS, MIN_HITS, MIN_WEIGHT
from leakwatch.match.regions import WINDOW_EXTRA, WINDOW_FACTOR
from leakwatch.match.score import NOISY_FINE, RUN_FINE, Scores


@dataclass(frozen=True, slots=True)
class ReferenceFile:
    """One known file: its distinct gram values, its letters, and its group."""

    values: frozenset[int]
    letters: int
    group: int


@dataclass(frozen=True, slots=True)
class _Hit:
    value: int
    position: int
    rank: int
    """Grams of the text before it that are not common."""
    live: bool

    def missed_before(self, later: _Hit) -> int:
        """Return the grams between the two that are not common."""
        return later.rank - self.rank - self.live


class ReferenceIndex:
    """Known files, searched one by one.

    Args:
        files: the known files.
        background: documents that were not stolen, as sets of gram values.
        policy: what is common.
        first: the first file of the segment; those before it lie in older ones, and
            are counted for the grams that a file of the segment holds.
    """

    def __init__(
        self,
        files: Sequence[ReferenceFile],
        background: Sequence[frozenset[int]],
        policy: CommonPolicy,
        *,
        first: int = 0,
    ) -> None:
        self._files = files
        self._policy = policy
        told_of = {value for f in files[first:] for value in f.values}
        holders = {(value, f.group) for f in files for value in f.values & told_of}
        self._groups = Counter(value for value, _ in holders)
        # A bundle keeps of the background only what known files hold too.
        told = (value for document in background for value in document)
        self._background = Counter(value for value in told if value in self._groups)
        self._population = len({f.group for f in files}) + len(background)

    def score(self, values: Sequence[int], positions: Sequence[int]) -> list[Scores]:
        """Return the scores of every file that has an anchor in the text."""
        text, rank = [], 0
        for value, position in zip(values, positions, strict=True):
            live = self._live(value) > 0
            text.append(_Hit(value, position, rank, live))
            rank += live
        found = (self._scored(number, file, text) for number, file in enumerate(self._files))
        return [scores for scores in found if scores is not None]

    def _scored(self, number: int, file: ReferenceFile, text: Sequence[_Hit]) -> Scores | None:
        window = int(WINDOW_FACTOR * file.letters) + WINDOW_EXTRA
        posted = self._posted(file)
        anchors = [gram.position for gram in text if gram.value in posted]
        regions = [
            [g for g in text if first - window <= g.position <= last + window]
            for first, last in _clusters(anchors, 2 * window)
        ]
        hits = [[g for g in region if g.value in file.values] for region in regions]
        if not hits:
            return None
        live = [[h for h in region if self._live(h.value) > 0] for region in hits]
        run, passage = max(self._best_stretch(region, RUN_FINE) for region in live)
        rare, _ = max(self._best_stretch(r, RUN_FINE, weighed=True) for r in live)
        noisy, _ = max(self._best_stretch(r, NOISY_FINE, weighed=True) for r in live)
        whole = sum(self._live(value) for value in file.values)
        shares = [s for r in live for s in self._shares(r, file, self._live, window)]
        few = [s for n, s in shares if any(n >= least and s >= share for least, share in FEW_HITS)]
        every = [s for r in hits for s in self._shares(r, file, self._rarity, window)]
        shared = {h.value for region in hits for h in region}
        cont = max((share for count, share in shares if count >= MIN_HITS), default=0.0)
        alone = [v for v in shared if self._groups[v] == 1 and not self._background[v]]
        return Scores(
            file=number,
            run=run,
            rare=rare,
            noisy=noisy,
            cont=cont if cont * whole >= MIN_WEIGHT else 0.0,
            few=max(few, default=0.0) if file.letters >= FEW_LETTERS else 0.0,
            complete=max((share for count, share in every if count >= MIN_HITS), default=0.0),
            passage_chars=passage,
            passages=tuple(_spans(live) or _spans(hits)),
            shared_unique=len(alone) / max(1, len(shared)),
            leak_in_stolen=sum(map(len, hits)) / len(text),
            jaccard=len(shared) / (len({g.value for g in text}) + len(file.values) - len(shared)),
            margin=0.0,
            background_peak=0.0,
            background_compared=0,
        )

    def _live(self, value: int) -> float:
        groups = max(1, self._groups[value])
        is_common = (
            groups > self._policy.groups_over
            or self._background[value] >= self._policy.background_from
        )
        return 0.0 if is_common else groups**-0.5

    def _rarity(self, value: int) -> float:
        holders = max(1, self._groups[value] + self._background[value])
        return math.log((self._population + 1) / min(holders, self._population + 0.5))

    def _posted(self, file: ReferenceFile) -> set[int]:
        def rarest_first(value: int) -> tuple[int, int]:
            holders = self._groups[value] + self._background[value]
            top = np.array([value >> 32], np.uint32)
            return 0 if self._live(value) > 0 else holders, int(drawn(top)[0])

        quota = max(POSTED_AT_LEAST, math.ceil(POSTED_SHARE * len(file.values)))
        return set(sorted(file.values, key=rarest_first)[:quota])

    def _best_stretch(
        self, hits: Sequence[_Hit], fine: float, *, weighed: bool = False
    ) -> tuple[float, int]:
        """Try every stretch of consecutive hits; return the best sum and its letters."""
        best = (0.0, 0)
        for start, first in enumerate(hits):
            total, end = 0.0, first.position
            for before, hit in zip([None, *hits[start:]], hits[start:], strict=False):
                # Letters seen before the stretch began are not new within it either.
                seen = hits[start - 1].position + K if start and before is None else end
                new = hit.position + K - max(hit.position, seen)
                missed = hit.rank - before.rank - 1 if before else 0
                total += new * (self._live(hit.value) if weighed else 1.0) - fine * missed
                end = hit.position + K
                span = end - first.position
                if total > best[0] + 1e-9 or (abs(total - best[0]) <= 1e-9 and span > best[1]):
                    best = (total, span)
        return best

    def _shares(
        self,
        hits: Sequence[_Hit],
        file: ReferenceFile,
        weight: Callable[[int], float],
        window: int,
    ) -> Iterator[tuple[int, float]]:
        """Yield for each window its different grams, and their share of the file's weight."""
        whole = max(sum(weight(value) for value in file.values), 1e-9)
        for start, first in enumerate(hits):
            inside = {h.value for h in hits[start:] if h.position + K <= first.position + window}
            yield len(inside), min(1.0, sum(weight(value) for value in inside) / whole)


def _spans(regions: Sequence[Sequence[_Hit]]) -> list[tuple[int, int]]:
    """Return start and end of each passage: at most one distinctive gram missed at a time."""
    spans = []
    for hits in regions:
        passage: list[_Hit] = []
        for hit in [*hits, None]:
            if passage and (hit is None or passage[-1].missed_before(hit) > 1):
                if len(passage) > 1:
                    spans.append((passage[0].position, passage[-1].position + K))
                passage = []
            if hit is not None:
                passage.append(hit)
    return spans


def _clusters(places: Sequence[int], apart: int) -> list[tuple[int, int]]:
    """Return first and last place of each group with no gap over ``apart``."""
    if not places:
        return []
    cuts = [(one, other) for one, other in pairwise(places) if other - one > apart]
    starts = [places[0], *(other for _, other in cuts)]
    ends = [*(one for one, _ in cuts), places[-1]]
    return list(zip(starts, ends, strict=True))
