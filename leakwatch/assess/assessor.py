"""Facts and order versions in, outcome and reasons out.

The outcome table, most serious first; the first rule that fits decides. An
order that no named lawyer verified never yields an apparent breach, whatever
the facts: they are told all the same, as ``review.order``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leakwatch.assess import elements
from leakwatch.assess.elements import OFFERING, PUBLISHING
from leakwatch.model.finding import Assessment, Element, ElementState, Facts, Outcome
from leakwatch.model.matter import OrderVersion, Tri
from leakwatch.model.post import PostState
from leakwatch.model.source import Role

SAMPLE_DOCUMENTS = 10
"""An offer that shows more known documents than this is no sample any more."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: Outcome
    reason: str


def assess(facts: Facts, orders: Sequence[OrderVersion], *, now: datetime) -> Assessment:
    """Return the outcome of a finding, with the reasons and the seven elements.

    Args:
        facts: what was observed, so far.
        orders: every recorded version of the matter's orders.
        now: when the assessment is made.
    """
    order = elements.in_force(tuple(orders), facts.observed_at)
    codes = OFFERING + PUBLISHING if _is_offer(facts) else PUBLISHING
    covers, covered = elements.act(order, *codes)
    seven = (
        elements.material(facts),
        covers,
        elements.time(facts, order),
        elements.person(order),
        elements.notice(),
        elements.exceptions(facts),
        elements.jurisdiction(),
    )
    verdict = _verdict(facts, order, tuple(orders), seven)
    reasons = (verdict.reason, *_particulars(facts, order, seven))
    return Assessment(
        outcome=verdict.outcome,
        reasons=reasons,
        elements=seven,
        assessed_at=now,
        order=f"{order.order_id} v{order.version}" if order else None,
        paragraph=covered.paragraph if covered else None,
    )


def _verdict(
    facts: Facts,
    order: OrderVersion | None,
    orders: tuple[OrderVersion, ...],
    seven: tuple[Element, ...],
) -> _Verdict:
    material, covers, *_ = seven
    if facts.role is Role.NEWS:
        return _of_news(facts)
    if material.state is ElementState.MET:
        return _of_material(facts, order, orders, covers)
    offered = _of_offer(facts, order)
    return offered or _of_words(facts)


def _of_news(facts: Facts) -> _Verdict:
    if facts.matches:
        says = "news media show what matches protected material: a person decides what it is"
        return _Verdict(Outcome.REVIEW_MEDIA, says)
    if facts.claims.names_victim:
        says = "news media speak of the incident; no protected material was recognised"
        return _Verdict(Outcome.MENTION, says)
    return _Verdict(Outcome.OUT_OF_SCOPE, "nothing here concerns the matter")


def _of_material(
    facts: Facts,
    order: OrderVersion | None,
    orders: tuple[OrderVersion, ...],
    covers: Element,
) -> _Verdict:
    """Protected material is there: what is it under the order?"""
    if order is None:
        return _without_order(facts, orders)
    if facts.gone_at is not None and facts.gone_at <= order.effective_from:
        says = "protected material was there, and was gone before the order took effect"
        return _Verdict(Outcome.PRE_ORDER, says)
    if not order.is_verified:
        says = (
            f"protected material is there; {order.order_id} v{order.version} has not been "
            "verified by a named lawyer, so this cannot be called an apparent breach yet"
        )
        return _Verdict(Outcome.REVIEW_ORDER, says)
    if covers.state is not ElementState.MET:
        says = "protected material is there, but the order has no paragraph on publishing it"
        return _Verdict(Outcome.REVIEW_FACILITATION, says)
    if elements.is_prior(facts, order):
        if order.applies_to_prior_publication is Tri.NO:
            says = "published before the order, which does not reach earlier publications"
            return _Verdict(Outcome.PRE_ORDER, says)
        says = "protected material published before the order is still up after it took effect"
        return _Verdict(Outcome.BREACH_CONTINUING, says)
    if _is_offer(facts):
        says = "protected material is offered, with a sample that was recognised"
        return _Verdict(Outcome.BREACH_OFFER, says)
    says = "protected material was seen published while the order was in force"
    return _Verdict(Outcome.BREACH_PUBLICATION, says)


def _without_order(facts: Facts, orders: tuple[OrderVersion, ...]) -> _Verdict:
    if any(order.effective_from <= facts.observed_at for order in orders):
        says = "protected material is there, but the order has expired or was discharged"
        return _Verdict(Outcome.OUT_OF_SCOPE, says)
    if orders:
        says = "protected material was seen before the order takes effect"
        return _Verdict(Outcome.PRE_ORDER, says)
    says = "protected material is there; no order is recorded to hold it against"
    return _Verdict(Outcome.REVIEW_ORDER, says)


def _of_offer(facts: Facts, order: OrderVersion | None) -> _Verdict | None:
    """An offer without a verified sample; None when nothing is offered."""
    if not (_is_offer(facts) and _concerns(facts)):
        return None
    if order is not None and order.is_verified and order.act(*OFFERING):
        says = "the files are offered; the order prohibits to offer or sell them"
        return _Verdict(Outcome.BREACH_OFFER, says)
    says = "the files are offered, without a sample that was recognised"
    return _Verdict(Outcome.THREAT, says)


def _of_words(facts: Facts) -> _Verdict:
    """No material was recognised for sure: what do the words and the files say?"""
    claims = facts.claims
    if facts.matches:
        says = "something resembles protected material, but not enough to stand alone"
        return _Verdict(Outcome.CLAIM_UNVERIFIED, says)
    if not claims.names_victim:
        return _Verdict(Outcome.OUT_OF_SCOPE, "nothing here concerns the matter")
    if facts.post_state is PostState.COUNTDOWN or claims.threatens:
        says = "publication is threatened: a countdown, a demand or an announcement"
        return _Verdict(Outcome.THREAT, says)
    is_claim = (
        claims.claims_publication
        or claims.claims_possession
        or facts.post_state is PostState.PUBLISHED
        or facts.unread_files
    )
    if is_claim or facts.role is Role.LEAK_SITE:
        says = "the place claims to hold or publish the files; no protected material was recognised"
        return _Verdict(Outcome.CLAIM_UNVERIFIED, says)
    says = "the incident or the victim is named; no protected material was recognised"
    return _Verdict(Outcome.MENTION, says)


def _is_offer(facts: Facts) -> bool:
    """Whether the post offers the files rather than gives them away."""
    if facts.post_state is PostState.PUBLISHED or facts.claims.claims_publication:
        return False
    known = len({(m.corpus, m.file) for m in facts.matches})
    is_offered = facts.post_state is PostState.OFFERED or facts.claims.offers
    return is_offered and known <= SAMPLE_DOCUMENTS


def _concerns(facts: Facts) -> bool:
    return facts.claims.names_victim or bool(facts.matches)


def _particulars(
    facts: Facts, order: OrderVersion | None, seven: tuple[Element, ...]
) -> tuple[str, ...]:
    """Return what else a reader should know, most telling first."""
    material, covers, when, *_ = seven
    says = [material.because]
    if material.state is ElementState.MET and order is not None:
        says += [covers.because, when.because]
        is_open = facts.last_absent_at is None or facts.last_absent_at < order.effective_from
        if is_open and facts.first_seen_at >= order.effective_from:
            says.append("it may have been there before: no look between the order and the finding")
    if facts.claims.names_victim:
        says.append("the post names the victim" + _and_actor(facts))
    if facts.unread_files and material.state is not ElementState.UNKNOWN:
        says.append(f"{facts.unread_files} further files were not read")
    if facts.is_listing_only:
        says.append("only names and sizes were seen, not content")
    return tuple(dict.fromkeys(says))


def _and_actor(facts: Facts) -> str:
    return " and the actor" if facts.claims.names_actor else ""
