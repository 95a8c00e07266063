"""What came of reading files: in one word each, and counted by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from leakwatch.model.artefact import Artefact

NO_KIND = "-"
"""Of what was never opened: an empty file, one out of reach."""
SECOND_WAY = "read by the second extractor"
"""Stands at the start of the note on a text that the first extractor did not give."""
RUNS_OF_TEXT = "runs of text in bytes of no known format"
"""Stands at the start of the note on what was found in a file of a kind that nobody reads."""
PAGES_ARE_PICTURES = "no text layer: the pages are pictures"
"""Stands at the start of the note on a document that shows pictures and has no text."""
PICTURE_KINDS = frozenset(
    {"jpeg", "png", "gif", "tiff", "webp", "bmp", "jp2", "pnm", "avif", "heic"}
)
"""Kinds that are one picture, or several pages of them."""


class Outcome(StrEnum):
    """What an artefact gave. An error's slug stands in its place where that is all it gave."""

    TEXT = "text"
    SECOND = "second_extractor"
    """Text, by the extractor that is asked when the first fails."""
    RUNS = "runs_of_text"
    """What looked like text in bytes of no known format."""
    PICTURES = "pictures_only"
    OPENED = "opened"
    """An archive: its members are counted themselves."""
    PART = "in_part"
    """Text, but not all of it: an error says why."""
    NO_TEXT = "no_text"
    """Nothing is wrong with it; it is known by its bytes and name."""


READ = frozenset({Outcome.TEXT, Outcome.SECOND, Outcome.OPENED})
"""After these nothing is missing."""
KindCounts = Mapping[str, Mapping[str, int]]
"""Kind -> outcome or reason -> files and members."""


def outcome_of(artefact: Artefact) -> Outcome:
    """Return what it gave, its error left aside."""
    note = artefact.detail or ""
    if artefact.text and not artefact.text.isspace():
        if note.startswith(RUNS_OF_TEXT):
            return Outcome.RUNS
        return Outcome.SECOND if note.startswith(SECOND_WAY) else Outcome.TEXT
    if artefact.pictures or artefact.kind in PICTURE_KINDS or note.startswith(PAGES_ARE_PICTURES):
        return Outcome.PICTURES
    return Outcome.OPENED if artefact.is_container else Outcome.NO_TEXT


def counted_as(outcome: str, problem: str | None) -> str:
    """Return the one word under which an artefact is counted."""
    if problem is None:
        return outcome
    return Outcome.PART if outcome in {Outcome.TEXT, Outcome.SECOND} else problem


def is_missing(word: str) -> bool:
    """Tell whether something of what is counted so was not read as text."""
    return word not in READ


class Coverage:
    """Counts, kind by kind."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, kind: str, word: str) -> None:
        """Count one file or member under ``counted_as``."""
        self._counts[kind, word] += 1

    def add_all(self, kinds: KindCounts) -> None:
        """Count what was counted elsewhere."""
        for kind, words in kinds.items():
            for word, count in words.items():
                self._counts[kind, word] += count

    def note(self, artefact: Artefact) -> None:
        """Count one artefact."""
        self.add(artefact.kind, counted_as(outcome_of(artefact), artefact.error))

    def by_kind(self) -> dict[str, dict[str, int]]:
        """Return the counts, kinds and words in alphabetical order."""
        kinds: dict[str, dict[str, int]] = {}
        for (kind, word), count in sorted(self._counts.items()):
            kinds.setdefault(kind, {})[str(word)] = count
        return kinds
