"""Facts and order versions in, outcome and reasons out.

Every rule is asked under every order that governs the moment, and the worst
verdict counts. Two things come before that: news media are never a breach, and
what was over before an order took effect, or seen after every order ended, is
history unless something more is threatened, offered or linked to. An order
that no named lawyer verified never yields an apparent breach, whatever the
facts: they are told all the same, as ``review.order``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from leakwatch.assess import elements, rules
from leakwatch.assess.orders import covered_since, governing, has_ended, label
from leakwatch.assess.rules import FACILITATING, OFFERING, PUBLISHING, Case, Verdict
from leakwatch.model.finding import Assessment, Element, ElementState, Facts, Outcome
from leakwatch.model.matter import ActCode, OrderVersion
from leakwatch.model.source import Role

Rule = Callable[[Case], Verdict | None]

_HISTORY: tuple[Rule, ...] = (rules.ended_order, rules.before_the_order)
_WORDS: tuple[Rule, ...] = (rules.offer_in_words, rules.facilitation, rules.threat)
_FACTS: tuple[Rule, ...] = (
    rules.offer_with_sample,
    rules.publication,
    rules.continuing,
    *_WORDS,
    rules.no_verified_order,
    rules.earlier_publication,
    rules.act_not_covered,
    rules.unverified_claim,
    rules.mention,
)


def assess(facts: Facts, orders: Sequence[OrderVersion], *, now: datetime) -> Assessment:
    """Return the outcome of a finding, with the reasons and the seven elements.

    Args:
        facts: what was observed, so far.
        orders: every recorded version of the matter's orders.
        now: when the assessment is made.
    """
    cases = _cases(facts, orders)
    verdicts = [_verdict(case) for case in cases]
    worst = max(verdicts, key=lambda verdict: verdict.outcome.severity)
    case = cases[verdicts.index(worst)]
    covers, covered = elements.act(case.order, *_codes(worst.outcome, case))
    seven = (
        case.material,
        covers,
        elements.time(facts, case.order, case.since),
        elements.person(case.order),
        elements.notice(),
        elements.exceptions(facts),
        elements.jurisdiction(),
    )
    return Assessment(
        outcome=worst.outcome,
        reasons=tuple(dict.fromkeys((worst.reason, *_particulars(case, worst, seven)))),
        elements=seven,
        assessed_at=now,
        order=label(case.order) if case.order and not case.has_ended else None,
        paragraph=covered.paragraph if covered and not case.has_ended else None,
    )


def _cases(facts: Facts, orders: Sequence[OrderVersion]) -> list[Case]:
    """Return a case for each order that governs; one without an order if none does."""
    at = facts.observed_at if facts.gone_at is None else min(facts.observed_at, facts.gone_at)
    material = elements.material(facts)
    found = governing(orders, at)
    if not found:
        return [Case(facts, material, None, None, has_ended=False, is_future=bool(orders))]
    return [
        Case(
            facts,
            material,
            order,
            covered_since(orders, order, *PUBLISHING),
            has_ended=has_ended(order, at),
            is_future=False,
        )
        for order in found
    ]


def _verdict(case: Case) -> Verdict:
    """Return the worst verdict on one case; an earlier rule wins a tie."""
    if case.facts.role is Role.NEWS:
        return rules.of_news(case.facts)
    history = [verdict for rule in _HISTORY if (verdict := rule(case))]
    asked = _WORDS if history else _FACTS
    fitting = [verdict for rule in asked if (verdict := rule(case))] or history
    if not fitting:
        return Verdict(Outcome.OUT_OF_SCOPE, _nothing(case))
    return max(fitting, key=lambda verdict: verdict.outcome.severity)


def _nothing(case: Case) -> str:
    if elements.looks_like_a_form(case.facts):
        return "what matches reads as a form or leaflet that many known documents share"
    return "nothing here concerns the matter"


def _codes(outcome: Outcome, case: Case) -> tuple[ActCode, ...]:
    """Return the acts that an outcome is about, best first."""
    if outcome is Outcome.BREACH_OFFER:
        return OFFERING + PUBLISHING
    if case.facts.links_to_material and not case.has_material:
        return FACILITATING
    return PUBLISHING


def _particulars(case: Case, verdict: Verdict, seven: tuple[Element, ...]) -> list[str]:
    """Return what else a reader should know, most telling first."""
    facts, (material, covers, when, *_) = case.facts, seven
    is_breach = verdict.outcome.is_apparent_breach
    says = [material.because]
    if case.order is not None and (case.has_material or is_breach):
        says += [covers.because, when.because]
    if case.order is not None and not case.order.is_verified:
        says.append(f"{label(case.order)} has not been verified by a named lawyer")
    if facts.claims.names_victim:
        actor = " and the actor" if facts.claims.names_actor else ""
        says.append(f"the post names the victim{actor}")
    if facts.unread_files and material.state is not ElementState.UNKNOWN:
        says.append(f"files that were not read: {facts.unread_files}")
    return says
