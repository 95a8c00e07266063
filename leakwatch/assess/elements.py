"""The seven elements of a breach, one function each.

Each returns met, not met or unknown, with the sentence that says why. What is
unknown is said to be unknown: it is never guessed, and it lowers nothing.
"""

from __future__ import annotations

from datetime import datetime

from leakwatch.model.finding import Element, ElementState, Facts
from leakwatch.model.match import Grade, Match, Method
from leakwatch.model.matter import Act, ActCode, OrderKind, OrderVersion, Tri
from leakwatch.model.source import Role

PUBLISHING = (
    ActCode.PUBLISH,
    ActCode.MAKE_AVAILABLE,
    ActCode.COMMUNICATE_CONTENTS,
    ActCode.BROADCAST,
    ActCode.TRANSMIT,
)
OFFERING = (ActCode.OFFER_OR_SELL,)

CORROBORATING_DOCUMENTS = 2
"""Distinct known files at ``probable`` that bear each other out."""
WHOLE_DOCUMENT = 0.8
"""``stolen_in_leak`` from which one probable match is a document, not a passage."""
LONG_PASSAGE_LETTERS = 1_000
"""A verbatim passage that no template explains: about 200 words."""


def material(facts: Facts) -> Element:
    """E1: is protected material there?

    Met by one conclusive match of content; by one probable match that is nearly
    the whole document or a long passage; or by several documents at probable.
    A listing of names and sizes, or a single possible match, leaves it unknown.
    """
    content = [m for m in facts.matches if m.method not in (Method.LISTING, Method.NAME)]
    conclusive = _files(content, Grade.CONCLUSIVE)
    probable = _files(content, Grade.PROBABLE)
    if conclusive:
        says = f"{_documents(len(conclusive))} recognised by exact bytes or exact text"
        return Element("E1", ElementState.MET, says)
    if len(probable) >= CORROBORATING_DOCUMENTS:
        says = (
            f"{_documents(len(probable))} recognised by long distinctive text, each other's support"
        )
        return Element("E1", ElementState.MET, says)
    if any(_is_substantial(m) for m in content if m.grade is Grade.PROBABLE):
        says = "one known document recognised nearly whole, or by a long distinctive passage"
        return Element("E1", ElementState.MET, says)
    if facts.matches:
        says = "there is a match, but not one that may stand alone; a person should look"
        return Element("E1", ElementState.UNKNOWN, says)
    if facts.unread_files:
        says = f"{facts.unread_files} files are there that were not read"
        return Element("E1", ElementState.UNKNOWN, says)
    return Element("E1", ElementState.NOT_MET, "no protected material was recognised")


def act(order: OrderVersion | None, *codes: ActCode) -> tuple[Element, Act | None]:
    """E2: does the order cover the act? A code that is absent is not covered."""
    if order is None:
        return Element("E2", ElementState.UNKNOWN, "no order was in force"), None
    covered = order.act(*codes)
    if covered is None:
        names = " or ".join(code.value for code in codes)
        says = f"{order.order_id} v{order.version} has no paragraph on {names}"
        return Element("E2", ElementState.NOT_MET, says), None
    says = f"paragraph {covered.paragraph} prohibits to {covered.code.value.replace('_', ' ')}"
    return Element("E2", ElementState.MET, says), covered


def time(facts: Facts, order: OrderVersion | None) -> Element:
    """E3: was it there while the order was in force?"""
    if order is None:
        return Element("E3", ElementState.NOT_MET, "no order was in force at the observation")
    if not is_prior(facts, order):
        says = "seen after the order took effect; no sign that it was there before"
        return Element("E3", ElementState.MET, says)
    if order.applies_to_prior_publication is Tri.NO:
        says = "first there before the order, which does not reach earlier publications"
        return Element("E3", ElementState.NOT_MET, says)
    return Element("E3", ElementState.MET, "first there before the order, and still up after it")


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


def is_prior(facts: Facts, order: OrderVersion) -> bool:
    """Whether it was seen there before the order took effect.

    Our own observation decides; the site's date is a claim and moves nothing.
    """
    return facts.first_seen_at < order.effective_from


def in_force(orders: tuple[OrderVersion, ...], at: datetime) -> OrderVersion | None:
    """Return the version in force at a time: the latest to take effect and not ended.

    A discharge ends what went before it. Of two that took effect together the
    higher version counts.
    """
    begun = [order for order in orders if order.effective_from <= at]
    if not begun:
        return None
    latest = max(begun, key=lambda order: (order.effective_from, order.version))
    has_ended = latest.expires_at is not None and latest.expires_at <= at
    return None if has_ended or latest.kind is OrderKind.DISCHARGED else latest


def _files(matches: list[Match], grade: Grade) -> set[tuple[str, str]]:
    return {(m.corpus, m.file) for m in matches if m.grade >= grade}


def _is_substantial(match: Match) -> bool:
    return (match.stolen_in_leak or 0.0) >= WHOLE_DOCUMENT or (
        match.passage_chars or 0
    ) >= LONG_PASSAGE_LETTERS


def _documents(count: int) -> str:
    return f"{count} known document{'' if count == 1 else 's'}"
