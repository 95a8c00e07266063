"""The outcome table, a rule a function: each returns a verdict, or None if it does not fit.

A rule looks at one case: the facts under one governing order version. Which
verdict counts is decided in ``assessor``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leakwatch.assess import elements
from leakwatch.assess.orders import label
from leakwatch.model.finding import Element, ElementState, Facts, Outcome
from leakwatch.model.match import Grade, best_grade
from leakwatch.model.matter import ActCode, OrderVersion, Tri
from leakwatch.model.post import PostState
from leakwatch.model.source import Role

PUBLISHING = (
    ActCode.PUBLISH,
    ActCode.MAKE_AVAILABLE,
    ActCode.COMMUNICATE_CONTENTS,
    ActCode.BROADCAST,
    ActCode.TRANSMIT,
)
OFFERING = (ActCode.OFFER_OR_SELL,)
FACILITATING = (ActCode.FACILITATE, ActCode.LINK)

SAMPLE_DOCUMENTS = 10
"""An offer that shows more known documents than this is no sample any more."""


@dataclass(frozen=True, slots=True)
class Case:
    """The facts under one order version, with what was decided before the outcome."""

    facts: Facts
    material: Element
    order: OrderVersion | None
    """The version that governs; None when none does."""
    since: datetime | None
    """From when on it has covered publishing."""
    has_ended: bool
    """The governing version was discharged or ran out, as a lawyer verified."""
    is_future: bool
    """No version governs yet, and one will."""

    @property
    def has_material(self) -> bool:
        return self.material.state is ElementState.MET

    @property
    def is_in_force(self) -> bool:
        """Whether a verified version is in force: without it nothing is a breach."""
        return self.order is not None and self.order.is_verified and not self.has_ended

    def covers(self, *codes: ActCode) -> bool:
        return self.order is not None and self.order.act(*codes) is not None


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome with the sentence that carries it."""

    outcome: Outcome
    reason: str


def ended_order(case: Case) -> Verdict | None:
    """``out_of_scope``: material is there, and every order it could touch is over."""
    if not (case.has_material and case.has_ended and case.order is not None):
        return None
    says = f"protected material is there, but {label(case.order)} has expired or was discharged"
    return Verdict(Outcome.OUT_OF_SCOPE, says)


def before_the_order(case: Case) -> Verdict | None:
    """``pre_order``: material was there, and the order only took effect later."""
    if not case.has_material:
        return None
    if case.is_future:
        says = "protected material was seen before the order takes effect"
        return Verdict(Outcome.PRE_ORDER, says)
    gone = case.facts.gone_at
    if gone is not None and case.since is not None and gone <= case.since:
        says = "protected material was there, and was gone before the order took effect"
        return Verdict(Outcome.PRE_ORDER, says)
    return None


def publication(case: Case) -> Verdict | None:
    """``apparent_breach.publication``: material is published while the order is in force."""
    if not _is_breach_by_publishing(case) or _is_prior(case) or is_offer(case.facts):
        return None  # a sample is told with its offer
    says = "protected material was seen published while the order was in force"
    return Verdict(Outcome.BREACH_PUBLICATION, says)


def continuing(case: Case) -> Verdict | None:
    """``apparent_breach.continuing``: posted before the order, still up after it."""
    if not _is_breach_by_publishing(case) or not _is_prior(case):
        return None
    if case.order is not None and case.order.applies_to_prior_publication is Tri.NO:
        return None
    says = "protected material that was there before the order is still up after it took effect"
    return Verdict(Outcome.BREACH_CONTINUING, says)


def offer_with_sample(case: Case) -> Verdict | None:
    """``apparent_breach.offer``: the post offers the files, and its sample is of them."""
    is_sample = case.has_material and is_offer(case.facts)
    if not (is_sample and case.is_in_force and case.covers(*OFFERING, *PUBLISHING)):
        return None
    if _is_prior(case):
        return None  # `continuing` says more, and is the worse
    says = "protected material is offered, with a sample that was recognised"
    if case.covers(*PUBLISHING):
        says += "; the sample is itself published"
    return Verdict(Outcome.BREACH_OFFER, says)


def offer_in_words(case: Case) -> Verdict | None:
    """``apparent_breach.offer`` where the order names selling: no sample is needed.

    A tracker only says that somebody offers: that is no offer of its own.
    """
    facts = case.facts
    is_own_offer = is_offer(facts) and facts.role is not Role.TRACKER and _concerns(facts)
    if not (is_own_offer and case.is_in_force and case.covers(*OFFERING)):
        return None
    return Verdict(
        Outcome.BREACH_OFFER, "the files are offered; the order prohibits to offer or sell them"
    )


def facilitation(case: Case) -> Verdict | None:
    """A link, magnet, password or mirror list that leads to material.

    ``apparent_breach.facilitation`` where the order covers helping or linking,
    ``review.facilitation`` where it does not.
    """
    if not case.facts.links_to_material or case.has_ended or case.is_future:
        return None
    says = "this leads to a place where protected material was recognised"
    if case.is_in_force and case.covers(*FACILITATING):
        return Verdict(Outcome.BREACH_FACILITATION, f"{says}; the order covers that")
    if case.order is not None and case.order.is_verified:
        return Verdict(Outcome.REVIEW_FACILITATION, f"{says}; no act of the order covers that")
    return Verdict(Outcome.REVIEW_ORDER, f"{says}; {_no_verified(case, *FACILITATING)}")


def no_verified_order(case: Case) -> Verdict | None:
    """``review.order``: the facts of a breach, and no verified order to hold them against."""
    if not case.has_material or case.is_future or case.is_in_force or case.has_ended:
        return None
    says = f"protected material is there; {_no_verified(case, *PUBLISHING)}"
    return Verdict(Outcome.REVIEW_ORDER, says)


def earlier_publication(case: Case) -> Verdict | None:
    """``review.order``: still up, from before an order that does not reach back."""
    if not (case.is_in_force and case.has_material and _is_prior(case)):
        return None
    says = "protected material from before the order is still up; the order does not reach back"
    return Verdict(Outcome.REVIEW_ORDER, says)


def act_not_covered(case: Case) -> Verdict | None:
    """``review.facilitation``: the facts of a breach by an act the order does not name."""
    if not (case.is_in_force and case.has_material) or case.covers(*PUBLISHING):
        return None
    says = "protected material is there, but the order has no paragraph on publishing it"
    return Verdict(Outcome.REVIEW_FACILITATION, says)


def threat(case: Case) -> Verdict | None:
    """``threat``: a countdown, a demand, or an offer that is no apparent breach."""
    facts = case.facts
    if not _concerns(facts):
        return None
    if facts.post_state is PostState.COUNTDOWN or facts.claims.threatens:
        says = "publication is threatened: a countdown, a demand or an announcement"
        return Verdict(Outcome.THREAT, says)
    if is_offer(facts):
        says = "the files are offered, without a sample that was recognised"
        return Verdict(Outcome.THREAT, says)
    return None


def unverified_claim(case: Case) -> Verdict | None:
    """``claim_unverified``: words, a listing or a weak match that content does not bear out."""
    facts, claims = case.facts, case.facts.claims
    if facts.matches and not elements.looks_like_a_form(facts):
        says = "something resembles protected material, but not enough to stand alone"
        if elements.is_listed_only(facts):
            says = "known documents are listed here; their content was not read"
        return Verdict(Outcome.CLAIM_UNVERIFIED, says)
    is_claim = (
        claims.claims_publication
        or claims.claims_possession
        or facts.post_state is PostState.PUBLISHED
        or facts.unread_files
        or facts.role in (Role.LEAK_SITE, Role.TRACKER)
    )
    if claims.names_victim and is_claim:
        says = "the place claims to hold or publish the files; no protected material was recognised"
        return Verdict(Outcome.CLAIM_UNVERIFIED, says)
    return None


def mention(case: Case) -> Verdict | None:
    """``mention``: the incident or the victim is named, and that is all."""
    is_form = elements.looks_like_a_form(case.facts)
    if not case.facts.claims.names_victim or is_form:
        return None
    says = "the incident or the victim is named; no protected material was recognised"
    return Verdict(Outcome.MENTION, says)


def of_news(facts: Facts) -> Verdict:
    """Reporting: ``review.media`` with a matched excerpt, else ``mention``; never a breach."""
    if facts.matches or facts.links_to_material:
        says = "news media show, or lead to, what matches protected material: a person decides"
        return Verdict(Outcome.REVIEW_MEDIA, says)
    if facts.claims.names_victim:
        says = "news media speak of the incident; no protected material was recognised"
        return Verdict(Outcome.MENTION, says)
    return Verdict(Outcome.OUT_OF_SCOPE, "nothing here concerns the matter")


def is_offer(facts: Facts) -> bool:
    """Whether the post offers the files rather than gives them away."""
    is_given_away = facts.post_state is PostState.PUBLISHED or facts.claims.claims_publication
    is_offered = facts.post_state is PostState.OFFERED or (
        facts.claims.offers and not is_given_away
    )
    return is_offered and len({(m.corpus, m.file) for m in facts.matches}) <= SAMPLE_DOCUMENTS


def _is_breach_by_publishing(case: Case) -> bool:
    return case.has_material and case.is_in_force and case.covers(*PUBLISHING)


def _is_prior(case: Case) -> bool:
    return case.since is not None and elements.is_prior(case.facts, case.since)


def _concerns(facts: Facts) -> bool:
    """Whether a post is about the matter: it names the victim, or shows what is surely theirs."""
    grade = best_grade(facts.matches)
    return facts.claims.names_victim or (grade is not None and grade >= Grade.PROBABLE)


def _no_verified(case: Case, *codes: ActCode) -> str:
    if case.order is None:
        return "no order is recorded to hold it against"
    name = label(case.order)
    if case.covers(*codes):
        return f"it would be an apparent breach if a named lawyer had verified {name}"
    return f"{name} is not verified by a named lawyer, and names no such act"
