"""What a title itself says of its post; the words that other trackers strip off."""

from __future__ import annotations

import re

from leakwatch.model.post import PostState

_SOON = re.compile(
    r"\b(?:to be|will be|soon(?: to be)?|about to be|not(?: yet)?|un)[ -]?"
    r"(?:leaked|published|disclosed|released)\b|\bcoming soon\b|\bcountdown\b"
    r"|\b\d+ (?:days?|hours?) (?:left|to go|remaining)\b",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(
    r"\b(?:disclosed|leaked|full (?:data )?leak|published|released|data is out)\b"
    r"|[\[(]\s*(?:torrent|evidence|proofs?|part \d+|100 ?%)[^\])]{0,20}[\])]"
    r"|[-:|]\s*part \d+\s*$",
    re.IGNORECASE,
)
_LOUD = re.compile(r"\b(?:TORRENT|EVIDENCE|PART \d+)\b")
_OFFERED = re.compile(
    r"\bfor sale\b|\bauction\b|[\[(]\s*sold\b[^\])]{0,20}[\])]|\bsold\s*$", re.IGNORECASE
)
_LOUD_OFFER = re.compile(r"\bSOLD\b")


_MARKS = re.compile(
    r"[\[(]\s*(?:disclosed|leaked|full (?:data )?leak|published|released|updated?|sold|torrent"
    r"|evidence|proofs?)\b[^\])]{0,20}[\])]"
    r"|[\s:|-]+(?:disclosed|leaked|full data leak|published|updated|sold)\s*$",
    re.IGNORECASE,
)


def name_of_title(title: str) -> str:
    """Return a title without its state words: what stays when the state changes."""
    return " ".join(_MARKS.sub(" ", title).casefold().split()) or title


def state_of_title(title: str) -> PostState:
    """Return what the title's state words say; UNKNOWN when it has none.

    SOLD is an offer, closed. EVIDENCE is data put out to prove the rest.
    UPDATED says nothing of the state: the change of the title is what is told.
    """
    if _SOON.search(title):
        return PostState.COUNTDOWN
    if _PUBLISHED.search(title) or _LOUD.search(title):
        return PostState.PUBLISHED
    if _OFFERED.search(title) or _LOUD_OFFER.search(title):
        return PostState.OFFERED
    return PostState.UNKNOWN
