"""The formulas of leak-site English, and how to hear a denial.

Each pattern is matched on text as ``claims.fold`` leaves it: lower case, single
spaces, a comma as a word of its own, ``|`` where a sentence ends. Every
repetition is bounded, so that time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = r"[\w$€£][\w.,$€£]{0,30}"
_NUMBER = r"\d[\d.,]{0,20}"
_COINS = r"(?:btc|xmr|eth|bitcoins?|monero)"
_DATA = r"(?:data|files?|archives?|database|dump|records?|documents?)"
_OUT = r"(?:published|released|leaked|disclosed|uploaded|posted)"


def _up_to(count: int) -> str:
    """Match so many words or fewer, each with the space after it."""
    return rf"(?:(?:{_WORD}|,) ){{0,{count}}}"


def _any_of(formulas: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<= )(?:{'|'.join(formulas)})(?= )")


PUBLICATION = _any_of(
    (
        r"full (?:data )?(?:leak|dump)",
        rf"(?:all|full) {_DATA} {_up_to(3)}(?:available|out|free)",
        (
            rf"{_DATA} {_up_to(5)}(?:has|have|is|are|was|were) (?:been |now |already ){{0,2}}"
            rf"(?:{_OUT}|(?:available )?for download|public)"
        ),
        rf"{_OUT} (?:all|the|full|here|below)",
        rf"downloads? {_up_to(3)}(?:here|below|links?|{_DATA}|part|zip|all)",
        r"(?:free|direct|full) downloads?",
        rf"{_DATA} {_up_to(2)}available (?:here|now|for (?:free )?download)",
        rf"(?:part|pack) \d{{1,6}} {_OUT}",
        rf"{_DATA} (?:here|below|attached)",
    )
)
"""The data are out."""

PUBLICATION_TITLE = _any_of((rf"(?:{_OUT}|full leak)",))
"""The same in a title, where one word says it."""

POSSESSION = _any_of(
    (
        r"we (?:now )?(?:have|hold|got|took|stole|exfiltrated|downloaded|obtained|copied|possess)",
        r"(?:in|at) our (?:possession|hands|disposal)",
        r"exfiltrat\w{1,10}",
        rf"stolen (?:\w{{1,20}} )?{_DATA}",
        r"(?:we|our team) (?:have )?(?:hacked|breached|penetrated|compromised)",
        rf"{_NUMBER} ?(?:gb|tb|gigabytes?|terabytes?) (?:of )?{_up_to(2)}{_DATA}",
        r"proof ?(?:packs?|of data|files|s)",
        rf"samples? {_up_to(2)}(?:available|attached|below|here|files?)",
    )
)
"""We have the data."""

THREAT = _any_of(
    (
        rf"(?:will|shall|going to|about to) (?:soon )?be (?:{_OUT}|sold|(?:made )?public)",
        (
            r"(?:we|i|they) (?:will|are going to|shall) (?:soon )?"
            r"(?:publish|release|leak|disclose|sell|upload|post)"
        ),
        rf"{_OUT} (?:in|within) \d{{1,6}} (?:days?|hours?)",
        r"(?:days?|hours?|minutes?|time) (?:left|remain\w{0,4}|until)",
        r"(?:deadline|countdown|times? up|last (?:chance|warning))",
        rf"(?:if|unless) {_up_to(8)}(?:pay|pays|paid|payment|ransom|negotiat\w{{1,6}}|contact|deal)",
        rf"(?:pay|payment|ransom) {_up_to(6)}(?:or|otherwise)",
        rf"ransom (?:of |is |amount ){{0,2}}(?:(?:us)?[$€£] ?)?{_NUMBER}",
        r"(?:publication|release|leak|disclosure) (?:date|in \d{1,6}|soon|is scheduled)",
        r"(?:coming|publish\w{0,4}|leak\w{0,4}|releas\w{0,4}) soon",
    )
)
"""A countdown, a demand, an announcement."""

OFFER = _any_of(
    (
        r"(?:for|on) sale",
        rf"(?:sell|selling|sold) {_up_to(3)}(?:{_DATA}|access|it)",
        (
            rf"(?:price|asking|starting|auction|buy now|blitz|bids?) {_up_to(3)}"
            rf"(?:(?:us)?[$€£] ?)?(?:{_NUMBER}|usd|eur|{_COINS}) ?(?:[$€£km]|usd|eur|{_COINS})?"
        ),
        rf"(?:us)?[$€£] ?{_NUMBER}(?: ?[km])? {_up_to(4)}(?:{_COINS}|buyer|sale|negotiable)",
        rf"{_NUMBER} ?{_COINS}",
        rf"(?:buy|purchase) (?:the |this |our |all )?{_DATA}",
    )
)
"""The data are for sale."""

_NOT = (
    r"(?:no|not|never|neither|nor|without|nothing|denies|denied|cannot|cant|dont|doesnt|didnt"
    r"|wont|isnt|arent|wasnt|werent|hasnt|havent|hadnt)"
)
DENIED = re.compile(rf" {_NOT} (?:{_WORD} ){{0,2}}$")
"""Just before a formula: it is denied."""
NOT_YET = re.compile(r" (?:be|being|get|before|if|until) $")
"""Just before a word in a title: it is not so yet."""
DEMANDED = re.compile(rf" (?:ransom|demand\w{{0,4}}|pay\w{{0,5}}) (?:{_WORD} ){{0,3}}$")
"""Just before a price: it is what the victim is to pay."""
