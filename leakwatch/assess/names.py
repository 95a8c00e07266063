"""Finding names on a page, however they are spelt.

Case, accents, spaces, hyphens, dots and joined words are the same name:
``Manage My Health``, ``manage-my-health``, ``managemyhealth.co.nz``. A name
counts from the start of a word to the end of one, never inside a word. Time is
linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

FREE_SPLIT_LETTERS = 8
"""From this length on a name may be split into words anywhere: shorter ones
would be found across the end of one word and the start of another."""

MAX_LETTERS = 1_000_000
"""Letters of a text that are read."""

_JOINT = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Words:
    """A text as the letters of its words, run together, with where each word ends."""

    letters: str
    ends: tuple[int, ...]

    def has(self, name: Words) -> bool:
        """Whether the name stands in the text."""
        if not name.letters:
            return False
        at = self.letters.find(name.letters)
        while at >= 0:
            words = self._words(at, at + len(name.letters))
            is_free = len(name.letters) >= FREE_SPLIT_LETTERS
            if words and (is_free or words in (1, len(name.ends))):
                return True
            at = self.letters.find(name.letters, at + 1)
        return False

    def _words(self, start: int, end: int) -> int:
        """Return how many whole words lie between two places; 0 if either is inside one."""
        last = bisect_left(self.ends, end)
        if last == len(self.ends) or self.ends[last] != end:
            return 0
        if start == 0:
            return last + 1
        before = bisect_left(self.ends, start)
        return last - before if self.ends[before] == start else 0


def words_of(text: str) -> Words:
    """Return a text's words, folded; ``ManageMyHealth`` is three."""
    bare = _JOINT.sub(" ", bare_letters(text)).casefold()
    words = _WORD.findall(bare)
    return Words("".join(words), tuple(accumulate(map(len, words))))


def bare_letters(text: str) -> str:
    """Return the text compatibility-decomposed, without accents and invisible letters.

    Cut at ``MAX_LETTERS``, also where one letter stands for many.
    """
    text = text[:MAX_LETTERS]
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)[:MAX_LETTERS]
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Me", "Cf"))


def names_any(text: Words, names: Iterable[str]) -> bool:
    """Whether any of the names stands in the text."""
    return any(text.has(words_of(name)) for name in names)
