"""What a page says, as flags: the words themselves are not kept.

English only. A formula counts unless it is denied in the same clause; what a
page says is a claim all the same, and no flag alone makes a breach. Text is
cut at ``names.MAX_LETTERS``; time is linear in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from leakwatch.assess import formulas
from leakwatch.assess.names import MAX_LETTERS, bare_letters, names_any, words_of
from leakwatch.model.finding import Claims

_REACH = 120
"""Letters before a formula in which a denial is looked for."""

_APOSTROPHE = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")
_END = re.compile(r"[.!?;|]+(?=\s|$)|\n\s*\n|\|+")
_COMMA = re.compile(r",(?!\d)|(?<!\d),")
_OTHER = re.compile(r"(?:(?<!\d)\.|\.(?!\d)|[^\w.,|$€£]|_)+")


def read_claims(
    title: str, text: str, *, victim_names: Sequence[str], actor_names: Sequence[str]
) -> Claims:
    """Return what a post says about the matter.

    Args:
        title: the post's title, as shown.
        text: its visible text.
        victim_names: names by which a page would speak of the victim.
        actor_names: names of those who are said to have taken the files.
    """
    shown = f"{title}\n\n{text}"[:MAX_LETTERS]
    words, folded, headline = words_of(shown), fold(shown), fold(title)
    return Claims(
        names_victim=names_any(words, victim_names),
        names_actor=names_any(words, actor_names),
        claims_publication=_says(folded, formulas.PUBLICATION, formulas.DENIED)
        or _says(headline, formulas.PUBLICATION_TITLE, formulas.DENIED, formulas.NOT_YET),
        claims_possession=_says(folded, formulas.POSSESSION, formulas.DENIED),
        threatens=_says(folded, formulas.THREAT, formulas.DENIED),
        offers=_says(folded, formulas.OFFER, formulas.DENIED, formulas.DEMANDED),
    )


def fold(text: str) -> str:
    """Return text as the formulas read it, between two spaces.

    Lower case, no accents, no apostrophes, punctuation as single spaces; a
    comma stays as a word, an end of sentence becomes ``|``. Currency signs, and
    dots and commas between digits, stay: prices need them.
    """
    bare = bare_letters(bare_letters(text).casefold())
    bare = _END.sub(" | ", _APOSTROPHE.sub("", bare))
    spaced = _OTHER.sub(" ", _COMMA.sub(" , ", bare))
    return f" {' '.join(spaced.split())} "


def _says(folded: str, pattern: re.Pattern[str], *undone_by: re.Pattern[str]) -> bool:
    """Whether a formula stands in the text and nothing just before it undoes it."""
    for found in pattern.finditer(folded):
        start = found.start()
        if not any(undo.search(folded, max(0, start - _REACH), start) for undo in undone_by):
            return True
    return False
