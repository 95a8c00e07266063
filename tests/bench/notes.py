"""Made-up clinical notes by the hundred thousand: note ``n`` is always the same.

About 2.4 KB each. As in real records some of it is on every note (headings),
some on many (stock sentences, by a few favourites and a long tail), some on a
person's other notes, and the rest on no other. Nobody in them exists.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

NOTES_A_PERSON = 4
_PLAIN = [
    "patient",
    "reports",
    "denies",
    "pain",
    "left",
    "right",
    "knee",
    "chest",
    "since",
    "review",
    "clinic",
    "history",
    "of",
    "with",
    "and",
    "the",
    "was",
    "has",
    "been",
    "not",
    "no",
    "for",
    "on",
    "in",
    "to",
    "at",
    "from",
    "after",
    "before",
    "today",
    "last",
    "week",
    "months",
    "years",
    "blood",
    "pressure",
    "pulse",
    "normal",
    "mild",
    "severe",
    "chronic",
    "acute",
    "swelling",
    "cough",
    "fever",
    "rash",
    "tablets",
    "daily",
    "twice",
    "morning",
    "night",
    "dose",
    "started",
    "stopped",
    "continued",
    "increased",
    "reduced",
    "advised",
    "return",
    "if",
    "worse",
    "referred",
    "to",
    "results",
    "pending",
    "bloods",
    "taken",
    "ultrasound",
    "x-ray",
    "requested",
    "discussed",
    "family",
    "smoker",
    "alcohol",
    "exercise",
    "weight",
    "sleep",
    "mood",
    "anxious",
    "settled",
    "examination",
    "unremarkable",
    "abdomen",
    "soft",
    "tender",
    "heart",
    "sounds",
    "clear",
    "lungs",
    "wound",
    "healing",
    "well",
    "dressing",
    "changed",
    "nurse",
]
_SYLLABLES = [
    "al",
    "an",
    "ar",
    "be",
    "ca",
    "cer",
    "co",
    "den",
    "di",
    "dor",
    "el",
    "en",
    "er",
    "fa",
    "fi",
    "gra",
    "hal",
    "in",
    "is",
    "ka",
    "la",
    "len",
    "lo",
    "ma",
    "mer",
    "mi",
    "mo",
    "na",
    "ne",
    "nor",
    "o",
    "pa",
    "per",
    "phe",
    "pra",
    "pro",
    "ra",
    "ri",
    "ro",
    "sa",
    "sen",
    "ser",
    "so",
    "ta",
    "ter",
    "ti",
    "tor",
    "tra",
    "ul",
    "va",
    "ver",
    "vi",
    "xa",
    "zo",
]
_HEADINGS = ("PRESENTING COMPLAINT", "HISTORY", "MEDICATION", "EXAMINATION", "ASSESSMENT", "PLAN")
_WORDS, _STOCK = 6000, 800
_DISTINCT = 0.55
"""Share of sentences that no other person's note has."""


@dataclass(frozen=True, slots=True)
class _Language:
    """What all notes draw on, the frequent first."""

    words: list[str]
    word_odds: list[float]
    """Cumulative."""
    stock: list[str] = field(default_factory=list)
    stock_odds: list[float] = field(default_factory=list)

    def sentence(self, rng: random.Random) -> str:
        words = rng.choices(self.words, cum_weights=self.word_odds, k=rng.randrange(6, 18))
        return " ".join(words).capitalize() + "."


@functools.cache
def _language() -> _Language:
    rng = random.Random("language")
    made_up = {"".join(rng.choices(_SYLLABLES, k=rng.randrange(2, 5))) for _ in range(_WORDS)}
    words = _PLAIN + sorted(made_up)
    language = _Language(words, _odds(len(words), 1.0))
    language.stock.extend(language.sentence(rng) for _ in range(_STOCK))
    language.stock_odds.extend(_odds(_STOCK, 0.8))
    return language


def _odds(count: int, power: float) -> list[float]:
    """Return cumulative odds by rank, after Zipf."""
    return list(itertools.accumulate(1 / (rank + 3) ** power for rank in range(count)))


def note(number: int | str) -> str:
    """Return a note; numbers next to each other are mostly of one person, words are strangers'."""
    language = _language()
    owner = number if isinstance(number, str) else number // NOTES_A_PERSON
    person = random.Random(f"person/{owner}")
    rng = random.Random(f"note/{number}")
    name = " ".join("".join(person.choices(_SYLLABLES, k=3)).capitalize() for _ in range(2))
    lines = [
        "EXAMPLE COMMUNITY CLINIC - CLINICAL NOTE",
        f"Name: {name}    File: {person.randrange(10**7):07}",
        f"Born: {person.randrange(1, 29)}.{person.randrange(1, 13)}.{person.randrange(1930, 2015)}",
        f"Seen: {rng.randrange(1, 29)}.{rng.randrange(1, 13)}.{rng.randrange(2015, 2026)}",
    ]
    own = [language.sentence(person) for _ in range(8)]
    for heading in _HEADINGS:
        lines += [heading, *_paragraph(rng, language, own)]
    return "\n".join(lines) + "\n"


def _paragraph(rng: random.Random, language: _Language, own: list[str]) -> Iterator[str]:
    for _ in range(rng.randrange(2, 8)):
        drawn = rng.random()
        if drawn < _DISTINCT:
            yield language.sentence(rng)
        elif drawn < _DISTINCT + 0.1:
            yield rng.choice(own)
        else:
            yield rng.choices(language.stock, cum_weights=language.stock_odds)[0]


def write_notes(folder: Path, numbers: range, *, prefix: str = "", jobs: int = 2) -> int:
    """Write notes into folders of a thousand, in some processes; return their bytes.

    Args:
        folder: made if it is not there.
        numbers: which notes.
        prefix: of strangers, whose notes are no others'.
        jobs: processes.
    """
    _language()
    parts = [
        (folder, prefix, numbers[start : start + 1000]) for start in range(0, len(numbers), 1000)
    ]
    with get_context("fork").Pool(jobs) as pool:
        return sum(pool.imap_unordered(_write_part, parts))


def _write_part(part: tuple[Path, str, range]) -> int:
    folder, prefix, numbers = part
    place = folder / f"{numbers[0] // 1000:04}"
    place.mkdir(parents=True, exist_ok=True)
    written = 0
    for number in numbers:
        text = note(f"{prefix}{number}" if prefix else number)
        written += (place / f"{number:07}.txt").write_text(text)
    return written
