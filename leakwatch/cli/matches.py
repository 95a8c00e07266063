"""How matches are shown: as fields for scripts, in words for people."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from leakwatch.cli.render import Output
from leakwatch.match.wording import told
from leakwatch.model.match import Grade, Match, Method
from leakwatch.ports import StoredMatch

SAYINGS_SHOWN, FILES_SHOWN = 4, 8
"""Paragraphs, and known files above each, that are printed for people."""
_WIDTH = 78


def score_fields(match: Match) -> dict[str, Any]:
    """Return what a match measures, JSON-ready; None where its method does not measure it."""
    return {
        "stolen_in_leak": rounded(match.stolen_in_leak),
        "leak_in_stolen": rounded(match.leak_in_stolen),
        "jaccard": rounded(match.jaccard),
        "passage_chars": match.passage_chars,
        "passages": [[passage.start, passage.end] for passage in match.passages],
        "passage_count": match.passage_count,
        "passage_total_chars": match.passage_total_chars,
        "shared_unique": rounded(match.shared_unique),
        # Not rounded to a number of places: it is small.
        "chance": match.chance,
        "chance_basis": match.chance_basis,
    }


def stored_fields(stored: StoredMatch) -> dict[str, Any]:
    """Return a match of a finding, JSON-ready."""
    match = stored.match
    return {
        "file": match.file,
        "corpus": match.corpus,
        "method": match.method.value,
        "grade": match.grade.value,
        **score_fields(match),
        "artefact_letters": stored.artefact_letters,
        "member": stored.artefact_ordinal,
        "capture": stored.capture_id,
        "seen_at": stored.seen_at,
        "reasons": list(match.reasons),
    }


def show_matches(output: Output, matches: Sequence[StoredMatch]) -> None:
    """Print how many matches of each kind there are, and the best few in words."""
    counts = Counter((s.match.grade, s.match.method) for s in matches)
    output.table(
        ("grade", "method", "matches"),
        [(g.value, m.value, n) for (g, m), n in sorted(counts.items(), key=_best_first)],
        title="Matches",
    )
    ranked = sorted(matches, key=lambda s: (-s.match.grade.rank, -(s.match.passage_chars or 0)))
    show_in_words(output, [(s.match, _place(s), s.artefact_letters) for s in ranked])


def show_in_words(output: Output, ranked: Iterable[tuple[Match, str, int | None]]) -> None:
    """Print what matches say, each saying once, with the known files that it is said of.

    Args:
        output: where to.
        ranked: match, where it was seen, and the artefact's letters; the best first.
    """
    said: dict[tuple[str, str], list[str]] = {}
    for match, place, letters in ranked:
        words = f"{match.grade}: {'; '.join(match.reasons)}", told(match, letters=letters)
        said.setdefault(words, []).append(f"{match.file}{place}")
    for words, files in islice(said.items(), SAYINGS_SHOWN):
        output.text()
        for file in files[:FILES_SHOWN]:
            output.text(file)
        if len(files) > FILES_SHOWN:
            output.text(f"and {len(files) - FILES_SHOWN} more")
        for line in words:
            output.text(textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="  "))
    hidden = sum(map(len, islice(said.values(), SAYINGS_SHOWN, None)))
    hidden += sum(max(0, len(f) - FILES_SHOWN) for f in islice(said.values(), SAYINGS_SHOWN))
    if hidden:
        output.notice(f"{hidden} more matches: --json says them all in words")


def _place(stored: StoredMatch) -> str:
    member = f", member {stored.artefact_ordinal}" if stored.artefact_ordinal else ""
    return f"{member}, seen {stored.seen_at:%Y-%m-%d %H:%M} UTC"


def rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 4)


def percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.0%}"


def _best_first(item: tuple[tuple[Grade, Method], int]) -> tuple[int, str]:
    (grade, method), _ = item
    return -grade.rank, method.value
