"""The seven elements of a breach, one function each.

Each returns met, not met or unknown, with the sentence that says why. What is
unknown is said to be unknown: it is never guessed, and it lowers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from leakwatch.assess.orders import label
from leakwatch.model.finding import Element, ElementState, Facts
from leakwatch.model.match import Grade, Match, Method
from leakwatch.model.matter import Act, ActCode, OrderVersion, Tri
from leakwatch.model.source import Role

CORROBORATING_DOCUMENTS = 2
"""Distinct known files at ``probable`` that bear each other out."""
WHOLE_DOCUMENT = 0.8
"""``stolen_in_leak`` from which one probable match is a document, not a passage."""
LONG_PASSAGE_LETTERS = 1_000
"""A verbatim passage that no template explains: about 200 words."""
FORM_DOCUMENTS = 5
"""Known files that all hold the whole of what is here: from so many on, a form."""
FORM_SHARE = 0.8
"""``leak_in_stolen`` from which a known file holds the whole of what is here."""
FORM_SPREAD = 1.5
"""Ratio of the longest to the shortest shared passage, for it to be the same one."""


def material(facts: Facts) -> Element:
    """E1: is protected material there?

    Met by one conclusive match of bytes or text; by several documents at
    probable; or by one probable match that is nearly the whole document or a
    long passage. Pictures may support what was recognised by its text, but
    however many there are they never meet it alone; nor do names, sizes and
    checksums in a listing, a shared form, or a single possible match.
    """
    if looks_like_a_form(facts):
        says = (
            f"{_documents(len(_files(facts.matches)))} each hold the whole of what is here, by the "
            "same passage: it reads as a form they share"
        )
        return Element("E1", ElementState.NOT_MET, says)
    content = [m for m in facts.matches if m.method in _CONTENT]
    conclusive = _files(m for m in content if m.grade is Grade.CONCLUSIVE and m.method in _EXACT)
    probable = _files(m for m in content if m.grade >= Grade.PROBABLE)
    if conclusive:
        further = len(probable - conclusive)
        also = f"; {further} more recognised by long distinctive text" if further else ""
        says = f"{_documents(len(conclusive))} recognised by exact bytes or exact text{also}"
        return Element("E1", ElementState.MET, says)
    by_text = any(m.grade >= Grade.PROBABLE and m.method in _EXACT for m in content)
    if by_text and len(probable) >= CORROBORATING_DOCUMENTS:
        says = (
            f"{_documents(len(probable))} recognised by long distinctive text, each other's support"
        )
        return Element("E1", ElementState.MET, says)
    if any(_is_substantial(m) for m in content if m.grade >= Grade.PROBABLE and m.method in _EXACT):
        says = "one known document recognised nearly whole, or by a long distinctive passage"
        return Element("E1", ElementState.MET, says)
    return _not_recognised(facts)


def act(order: OrderVersion | None, *codes: ActCode) -> tuple[Element, Act | None]:
    """E2: does the order cover the act? A code that is absent is not covered.

    Args:
        order: that governs, or None.
        codes: any of which would do, best first.
    """
    if order is None:
        return Element("E2", ElementState.UNKNOWN, "no order was in force"), None
    covered = next((found for code in codes if (found := order.act(code))), None)
    if covered is None:
        names = " or ".join(_spoken(code) for code in codes)
        says = f"{label(order)} has no paragraph that prohibits to {names}"
        return Element("E2", ElementState.NOT_MET, says), None
    says = f"paragraph {covered.paragraph} of {label(order)} prohibits to {_spoken(covered.code)}"
    return Element("E2", ElementState.MET, says), covered


def time(facts: Facts, order: OrderVersion | None, since: datetime | None) -> Element:
    """E3: was it there while the order was in force?

    Args:
        facts: what was observed.
        order: that governs, or None.
        since: from when on it has covered the act.
    """
    if order is None or since is None:
        return Element("E3", ElementState.NOT_MET, "no order was in force at the observation")
    if facts.gone_at is not None and facts.gone_at <= since:
        return Element("E3", ElementState.NOT_MET, "gone before the order took effect")
    if is_prior(facts, since):
        if order.applies_to_prior_publication is Tri.NO:
            says = "first there before the order, which does not reach earlier publications"
            return Element("E3", ElementState.NOT_MET, says)
        says = "first there before the order, and still up after it took effect"
        return Element("E3", ElementState.MET, says)
    if facts.last_absent_at is None or facts.last_absent_at < since:
        says = "seen after the order took effect; no look in between shows that it was not there"
        return Element("E3", ElementState.MET, says)
    says = f"appeared after {_at(facts.last_absent_at)}, while the order was in force"
    return Element("E3", ElementState.MET, says)


def person(order: OrderVersion | None) -> Element:
    """E4: is somebody bound who did it? Attribution is for people."""
    if order is not None and order.bound:
        says = "the order binds a class; who published is not established"
        return Element("E4", ElementState.UNKNOWN, says)
    return Element("E4", ElementState.UNKNOWN, "who published is not established")


def notice() -> Element:
    """E5: did they know of the order? Unknown lowers no urgency; it is stated."""
    return Element("E5", ElementState.UNKNOWN, "no service of the order on this place is recorded")


def exceptions(facts: Facts) -> Element:
    """E6: is an exception excluded?"""
    if facts.role is Role.NEWS:
        says = "the place is news media: reporting may be excepted"
        return Element("E6", ElementState.UNKNOWN, says)
    return Element("E6", ElementState.UNKNOWN, "no exception is known to apply")


def jurisdiction() -> Element:
    """E7: does the order have effect where this is done?"""
    return Element("E7", ElementState.UNKNOWN, "where the place is run is not established")


def is_prior(facts: Facts, since: datetime) -> bool:
    """Whether it was there before the order covered it.

    Our own looks decide. The site's date is a claim: it counts only against
    calling something new, and only where no look of ours says otherwise.
    """
    if facts.first_seen_at < since:
        return True
    was_absent = facts.last_absent_at is not None and facts.last_absent_at >= since
    claimed = facts.claimed_posted_at
    return not was_absent and claimed is not None and claimed < since


def is_listed_only(facts: Facts) -> bool:
    """Whether everything that matched is a line of a listing, and no content."""
    return bool(facts.matches) and not any(m.method in _CONTENT for m in facts.matches)


def looks_like_a_form(facts: Facts) -> bool:
    """Whether what matched reads as a form or leaflet that many known files share.

    Many files then hold all of it by the same passage, and it is the whole of
    none of them; a leak's files match each its own, or are nearly complete.
    """
    content = [m for m in facts.matches if m.method in _CONTENT]
    if len(_files(content)) < FORM_DOCUMENTS:
        return False
    passages = [m.passage_chars for m in content if m.passage_chars]
    is_same = not passages or max(passages) <= FORM_SPREAD * min(passages)
    return is_same and all(
        m.grade < Grade.CONCLUSIVE
        and (m.leak_in_stolen or 0.0) >= FORM_SHARE
        and (m.stolen_in_leak or 0.0) < WHOLE_DOCUMENT
        for m in content
    )


_CONTENT = frozenset({Method.EXACT, Method.TEXT, Method.IMAGE})
_EXACT = frozenset({Method.EXACT, Method.TEXT})


def _not_recognised(facts: Facts) -> Element:
    if is_listed_only(facts):
        return Element("E1", ElementState.UNKNOWN, _listed(facts))
    if facts.matches:
        says = "there is a match, but not one that may stand alone; a person should look"
        return Element("E1", ElementState.UNKNOWN, says)
    if facts.unread_files:
        says = f"files are there that were not read: {facts.unread_files}"
        return Element("E1", ElementState.UNKNOWN, says)
    return Element("E1", ElementState.NOT_MET, "no protected material was recognised")


def _listed(facts: Facts) -> str:
    named = _documents(len(_files(facts.matches)))
    return f"{named} named by a listing (names, sizes, checksums); their content was not read"


def _files(matches: Iterable[Match]) -> set[tuple[str, str]]:
    return {(m.corpus, m.file) for m in matches}


def _is_substantial(match: Match) -> bool:
    return (match.stolen_in_leak or 0.0) >= WHOLE_DOCUMENT or (
        match.passage_chars or 0
    ) >= LONG_PASSAGE_LETTERS


def _documents(count: int) -> str:
    return f"{count} known document{'' if count == 1 else 's'}"


def _spoken(code: ActCode) -> str:
    return code.value.replace("_", " ")


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
