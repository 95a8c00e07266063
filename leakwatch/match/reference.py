"""The scores of ``score.py``, said slowly: the oracle that the fast path is held to.

Plain Python over sets and lists, every pair of hits tried. Reads as the
definition; used by tests alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from leakwatch.corpus.assemble import POSTED_AT_LEAST, POSTED_SHARE, drawn
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.fingerprint.grams import K
from leakwatch.match.regions import WINDOW_EXTRA, WINDOW_FACTOR
from leakwatch.match.score import MIN_HITS, NOISY_FINE, RUN_FINE, Scores


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


class ReferenceIndex:
    """Known files, searched one by one.

    Args:
        files: the known files.
        background: documents that were not stolen, as sets of gram values.
        policy: what is common.
    """

    def __init__(
        self,
        files: Sequence[ReferenceFile],
        background: Sequence[frozenset[int]],
        policy: CommonPolicy,
    ) -> None:
        self._files = files
        self._policy = policy
        holders = {(value, f.group) for f in files for value in f.values}
        self._groups = Counter(value for value, _ in holders)
        # A bundle keeps of the background only what known files hold too.
        told = (value for document in background for value in document)
        self._background = Counter(value for value in told if value in self._groups)
        self._population = len({f.group for f in files}) + len(background)

    def score(self, values: Sequence[int], positions: Sequence[int]) -> list[Scores]:
        """Return the scores of every file that has an anchor in the text."""
        text, rank = [], 0
        for value, position in zip(values, positions, strict=True):
            text.append(_Hit(value, position, rank))
            rank += self._live(value) > 0
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
        noisy, _ = max(self._best_stretch(r, NOISY_FINE, weighed=True) for r in live)
        live_weight = sum(self._live(value) for value in file.values)
        all_weight = sum(self._rarity(value) for value in file.values)
        shared = len({h.value for region in hits for h in region})
        return Scores(
            file=number,
            run=run,
            noisy=noisy,
            cont=min(1.0, max(self._live_share(r, window) for r in live) / max(live_weight, 1e-9)),
            complete=min(1.0, max(self._share(r, window) for r in hits) / max(all_weight, 1e-9)),
            passage_chars=passage,
            leak_in_stolen=sum(map(len, hits)) / len(text),
            jaccard=shared / (len({g.value for g in text}) + len(file.values) - shared),
            background_peak=0.0,
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

    def _live_share(self, hits: Sequence[_Hit], window: int) -> float:
        """Return the greatest weight in a window, repeats counted."""
        best = 0.0
        for start, first in enumerate(hits):
            inside = [h for h in hits[start:] if h.position + K <= first.position + window]
            if len(inside) >= MIN_HITS:
                best = max(best, sum(self._live(h.value) for h in inside))
        return best

    def _share(self, hits: Sequence[_Hit], window: int) -> float:
        """Return the greatest rarity in a window, each gram once."""
        best = 0.0
        for start, first in enumerate(hits):
            inside = {h.value for h in hits[start:] if h.position + K <= first.position + window}
            if len(inside) >= MIN_HITS:
                best = max(best, sum(self._rarity(value) for value in inside))
        return best


def _clusters(places: Sequence[int], apart: int) -> list[tuple[int, int]]:
    """Return first and last place of each group with no gap over ``apart``."""
    if not places:
        return []
    cuts = [(one, other) for one, other in pairwise(places) if other - one > apart]
    starts = [places[0], *(other for _, other in cuts)]
    ends = [*(one for one, _ in cuts), places[-1]]
    return list(zip(starts, ends, strict=True))
