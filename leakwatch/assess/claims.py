"""What a page says, as flags: the words themselves are not kept.

Leak-site English is formulaic: a countdown, a price, "full leak", a download.
The tables below hold such formulas; each is matched on folded text (lower
case, no accents, single spaces). Time is linear in the text, which is cut at
``MAX_LETTERS``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from leakwatch.model.finding import Claims

MAX_LETTERS = 2_000_000
_NEGATION = re.compile(
    r"\b(?:no|not|never|neither|without|denies|denied|cannot|isn t|wasn t|hasn t|haven t|weren t)"
    r"(?: \w+){0,3} $"
)
_NEGATION_REACH = 40
"""Letters before a formula in which a negation undoes it."""

_PUBLICATION = (
    r"full (?:data )?leak",
    (
        r"(?:all|full) (?:data|files|archive|database|dump|records?)(?: \w+){0,3}"
        r" (?:published|released|leaked|available|out|free)"
    ),
    (
        r"(?:data|files|archive|database|dump|records) (?:\w+ ){0,3}"
        r"(?:has|have|is|are|was|were) (?:been |now )?(?:published|released|leaked|disclosed)"
    ),
    r"(?:published|released|leaked|disclosed) (?:all|the|full|here|below)",
    r"download(?:s|able)?(?: \w+){0,3} (?:here|below|link|archive|files?|data|dump|part|zip|all)",
    r"(?:free|direct) download",
    r"(?:part|pack) \d+ (?:published|leaked|released|out)",
    r"(?:files|data) (?:here|below|attached)",
)
_POSSESSION = (
    r"we (?:have|hold|got|took|stole|exfiltrated|downloaded|obtained|copied|possess)",
    r"(?:in|at) our (?:possession|hands|disposal)",
    r"exfiltrat\w+",
    r"stolen (?:data|files|documents|records|database)",
    r"(?:we|our team) (?:have )?(?:hacked|breached|penetrated|compromised)",
    r"\d[\d., ]* ?(?:gb|tb|gigabytes?|terabytes?)(?: of)?(?: \w+){0,2} (?:data|files|documents|records)",
    r"proof ?(?:pack|of data|files|s)\b",
    r"samples?(?: \w+){0,2} (?:available|attached|below|here|files?)",
)
_THREAT = (
    r"will be (?:published|released|leaked|disclosed|sold|public|made public|uploaded|posted)",
    r"(?:we|i) (?:will|are going to|shall) (?:publish|release|leak|disclose|sell|upload|post)",
    r"(?:days?|hours?|time) (?:left|remain\w*|until)",
    r"(?:deadline|countdown|time ?s? up|last (?:chance|warning))",
    r"(?:if|unless)(?: \w+){0,8} (?:pay|paid|payment|ransom|negotiat\w*|contact|deal)",
    r"(?:pay|payment|ransom)(?: \w+){0,6} (?:or|otherwise)",
    r"(?:publication|release|leak|disclosure) (?:date|in \d+|soon|is scheduled)",
    r"(?:coming|publish\w*|leak\w*|releas\w*) soon",
)
_OFFER = (
    r"(?:for|on) sale",
    r"(?:sell|selling|sold) (?:\w+ ){0,3}(?:data|database|files|archive|dump|access|records|it)",
    (
        r"(?:price|asking|starting|auction|buy now|blitz|bids?)(?: \w+){0,3}"
        r" ?(?:[$€£]|usd|btc|xmr|eur|monero|bitcoin|\d)"
    ),
    r"[$€£] ?\d[\d.,]*(?: ?[km])?\b(?: \w+){0,4} (?:btc|xmr|bitcoin|monero|buyer|sale|negotiable)",
    r"\d[\d.,]* ?(?:btc|xmr)\b",
    r"(?:buy|purchase) (?:the |this |our |all )?(?:data|database|files|archive|dump|records)",
)


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
    folded = fold(f"{title} \n {text}"[:MAX_LETTERS])
    return Claims(
        names_victim=_names_any(folded, victim_names),
        names_actor=_names_any(folded, actor_names),
        claims_publication=_says(folded, _PUBLISHES),
        claims_possession=_says(folded, _POSSESSES),
        threatens=_says(folded, _THREATENS),
        offers=_says(folded, _OFFERS),
    )


def fold(text: str) -> str:
    """Return text in lower case, without accents, punctuation as single spaces.

    Currency signs and dots or commas between digits stay: prices need them.
    """
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return f" {_PUNCTUATION.sub(' ', bare).strip()} "


_PUNCTUATION = re.compile(r"(?:(?<!\d)[.,]|[.,](?!\d)|[^\w.,$€£]|_)+")


def _compiled(formulas: Sequence[str]) -> re.Pattern[str]:
    return re.compile(r"(?<=[^\w])(?:" + "|".join(formulas) + ")")


_PUBLISHES = _compiled(_PUBLICATION)
_POSSESSES = _compiled(_POSSESSION)
_THREATENS = _compiled(_THREAT)
_OFFERS = _compiled(_OFFER)


def _says(folded: str, pattern: re.Pattern[str]) -> bool:
    """Whether a formula stands in the text without a negation just before it."""
    return any(
        not _NEGATION.search(folded, max(0, found.start() - _NEGATION_REACH), found.start())
        for found in pattern.finditer(folded)
    )


def _names_any(folded: str, names: Sequence[str]) -> bool:
    return any(_name_pattern(name).search(folded) for name in names if fold(name).strip())


def _name_pattern(name: str) -> re.Pattern[str]:
    """Match a name however its words are joined: spaced, hyphenated, run together.

    ``ManageMyHealth`` is three words to a reader; so case changes split too.
    Both ends must be the ends of words, so that a short name does not fire
    inside a longer one.
    """
    spaced = re.sub(r"(?<=[a-zāēīōū])(?=[A-ZĀĒĪŌŪ])", " ", name)
    words = fold(spaced).split()
    return re.compile(r"(?<![\w])" + r"[ .]?".join(map(re.escape, words)) + r"(?![^\W\d_])")
