"""How matches are shown: as fields for scripts, in words for people."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any

from leakwatch.cli.render import Output
from leakwatch.match.wording import told
from leakwatch.model.match import Grade, Match, Method
from leakwatch.ports import StoredMatch

MATCHES_SHOWN = 8
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
    for stored in ranked[:MATCHES_SHOWN]:
        member = f", member {stored.artefact_ordinal}" if stored.artefact_ordinal else ""
        head = f"{stored.match.file}{member}, seen {stored.seen_at:%Y-%m-%d %H:%M} UTC"
        show_in_words(output, stored.match, head=head, letters=stored.artefact_letters)
    if len(matches) > MATCHES_SHOWN:
        output.notice(f"{len(matches) - MATCHES_SHOWN} more: --json shows all")


def show_in_words(output: Output, match: Match, *, head: str, letters: int | None) -> None:
    """Print one match: a head, its grade with the reasons, and a paragraph in plain words."""
    output.text()
    output.text(head)
    reasons = "; ".join(match.reasons)
    for line in (f"{match.grade}: {reasons}", told(match, letters=letters)):
        output.text(textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="  "))


def rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 4)


def percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.0%}"


def _best_first(item: tuple[tuple[Grade, Method], int]) -> tuple[int, str]:
    (grade, method), _ = item
    return -grade.rank, method.value
