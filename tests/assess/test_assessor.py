"""The outcome table, by its worked cases."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.assess.assessor import assess
from leakwatch.assess.elements import LONG_PASSAGE_LETTERS
from leakwatch.model.finding import Assessment, Claims, ElementState, Facts, Outcome
from leakwatch.model.match import Grade, Method
from leakwatch.model.matter import Act, ActCode, OrderKind, OrderVersion, Tri
from leakwatch.model.post import PostState
from leakwatch.model.source import Role
from tests.support.facts import (
    EFFECTIVE,
    HOUR,
    ORDER,
    SELLING,
    UNVERIFIED,
    facts,
    match,
)

NOW = EFFECTIVE + 3 * HOUR
DAY = timedelta(days=1)


def said(known: Facts, *orders: OrderVersion) -> Assessment:
    return assess(known, orders or (ORDER,), now=NOW)


def test_exact_files_after_the_order_are_an_apparent_publication() -> None:
    """Case 1: three members match exactly, two hours after the order took effect."""
    result = said(facts(match("a"), match("b"), match("c")))
    assert result.outcome is Outcome.BREACH_PUBLICATION
    assert (result.order, result.paragraph) == ("interim v1", "1(b)")
    assert any("3 known documents" in reason for reason in result.reasons)
    states = {e.code: e.state for e in result.elements}
    assert states["E1"] is states["E2"] is states["E3"] is ElementState.MET
    assert set(states) == {f"E{n}" for n in range(1, 8)}


def test_published_before_the_order_and_still_up_continues() -> None:
    """Case 2: first seen a day before the order, still up after it."""
    early = facts(match(), first_seen=EFFECTIVE - DAY, last_absent=None)
    assert said(early).outcome is Outcome.BREACH_CONTINUING
    not_reached = replace(ORDER, applies_to_prior_publication=Tri.NO)
    assert said(early, not_reached).outcome is Outcome.PRE_ORDER


def test_gone_before_the_order_is_history() -> None:
    """Case 2, second half: gone before the order took effect."""
    gone = facts(match(), first_seen=EFFECTIVE - DAY, gone=EFFECTIVE - HOUR)
    assert said(gone).outcome is Outcome.PRE_ORDER


def test_an_offer_with_a_recognised_sample_is_an_offer() -> None:
    """Case 3: a sample matches exactly and the post offers the rest."""
    offer = Claims(names_victim=True, offers=True)
    result = said(facts(match(), role=Role.FORUM, claims=offer))
    assert result.outcome is Outcome.BREACH_OFFER


def test_an_offer_without_a_sample_depends_on_the_order() -> None:
    """Case 3, second half: a threat where selling is not covered."""
    offer = facts(role=Role.FORUM, claims=Claims(names_victim=True, offers=True))
    assert said(offer).outcome is Outcome.THREAT
    assert said(offer, SELLING).outcome is Outcome.BREACH_OFFER


def test_news_is_a_mention_and_never_a_breach() -> None:
    """Case 4: a story is a mention; with a matched excerpt a person decides."""
    assert said(facts(role=Role.NEWS)).outcome is Outcome.MENTION
    story = facts(match(), match("b"), role=Role.NEWS)
    assert said(story).outcome is Outcome.REVIEW_MEDIA


def test_a_locked_archive_is_a_claim() -> None:
    """Case 7: files that could not be read are claimed, not published."""
    assert said(facts(unread=3)).outcome is Outcome.CLAIM_UNVERIFIED


def test_a_narrower_order_is_held_to_its_own_acts() -> None:
    """Case 8: an act that the version in force does not name is not covered."""
    narrower = replace(
        ORDER,
        version=2,
        kind=OrderKind.VARIED,
        effective_from=EFFECTIVE + HOUR,
        acts=(Act(ActCode.ACCESS, "1(a)"),),
    )
    result = said(facts(match()), ORDER, narrower)
    assert not result.outcome.is_apparent_breach
    assert result.order == "interim v2"
    assert result.paragraph is None


@pytest.mark.parametrize(
    ("orders", "outcome"),
    [
        ((UNVERIFIED,), Outcome.REVIEW_ORDER),
        ((replace(ORDER, kind=OrderKind.DISCHARGED),), Outcome.OUT_OF_SCOPE),
        ((replace(ORDER, expires_at=EFFECTIVE + HOUR),), Outcome.OUT_OF_SCOPE),
        ((replace(ORDER, effective_from=NOW + DAY),), Outcome.PRE_ORDER),
    ],
)
def test_without_a_verified_order_in_force_nothing_is_a_breach(
    orders: tuple[OrderVersion, ...], outcome: Outcome
) -> None:
    """Case 10: unverified, discharged, expired or future: told, but never a breach."""
    assert said(facts(match(), match("b")), *orders).outcome is outcome


def test_no_order_at_all_still_reaches_a_person() -> None:
    """Published files with no order recorded are for review, not for the log."""
    assert assess(facts(match()), (), now=NOW).outcome is Outcome.REVIEW_ORDER


@pytest.mark.parametrize(
    ("matches", "is_met"),
    [
        ([match(grade=Grade.POSSIBLE, method=Method.TEXT, share=1.0)], False),
        ([match(grade=Grade.PROBABLE, method=Method.TEXT)], False),
        ([match(grade=Grade.PROBABLE, method=Method.TEXT, share=0.9)], True),
        ([match(grade=Grade.PROBABLE, method=Method.TEXT, passage=LONG_PASSAGE_LETTERS)], True),
        ([match(f, Grade.PROBABLE, Method.TEXT) for f in "ab"], True),
        ([match(f, Grade.POSSIBLE, Method.TEXT) for f in "abcdef"], False),
        ([match(f, Grade.CONCLUSIVE, Method.LISTING) for f in "abc"], False),
        ([match("a", Grade.PROBABLE, Method.TEXT)] * 5, False),
    ],
)
def test_what_it_takes_to_call_material_met(matches: Sequence[object], is_met: bool) -> None:
    """One weak match, or names alone, never make a breach; an analyst hears of them."""
    result = said(facts(*matches))  # type: ignore[arg-type]
    assert result.outcome.is_apparent_breach is is_met
    assert is_met or result.outcome is Outcome.CLAIM_UNVERIFIED


@pytest.mark.parametrize(
    ("claims", "state", "role", "outcome"),
    [
        (Claims(names_victim=True, threatens=True), PostState.UNKNOWN, Role.PASTE, "threat"),
        (Claims(names_victim=True), PostState.COUNTDOWN, Role.LEAK_SITE, "threat"),
        (Claims(names_victim=True), PostState.UNKNOWN, Role.LEAK_SITE, "claim_unverified"),
        (Claims(names_victim=True), PostState.UNKNOWN, Role.PASTE, "mention"),
        (
            Claims(names_victim=True, claims_possession=True),
            PostState.UNKNOWN,
            Role.PASTE,
            "claim_unverified",
        ),
        (Claims(threatens=True), PostState.COUNTDOWN, Role.LEAK_SITE, "out_of_scope"),
    ],
)
def test_words_alone(claims: Claims, state: PostState, role: Role, outcome: str) -> None:
    """Without recognised material the words decide, and only about the victim."""
    assert said(facts(claims=claims, state=state, role=role)).outcome.value == outcome


ANY_FACTS = st.builds(
    lambda grades, role, state, claims, unread, hours: facts(
        *(match(f"k{n}", g, m) for n, (g, m) in enumerate(grades)),
        role=role,
        claims=claims,
        state=state,
        unread=unread,
        seen=EFFECTIVE + hours * HOUR,
    ),
    st.lists(st.tuples(st.sampled_from(Grade), st.sampled_from(Method)), max_size=4),
    st.sampled_from(Role),
    st.sampled_from(PostState),
    st.builds(Claims, *(st.booleans() for _ in range(6))),
    st.integers(0, 3),
    st.integers(-50, 50),
)


@settings(max_examples=200, deadline=None)
@given(ANY_FACTS)
def test_an_unverified_order_never_yields_an_apparent_breach(known: Facts) -> None:
    """Whatever the facts."""
    selling = replace(SELLING, verified_by=None, verified_at=None)
    for orders in ((UNVERIFIED,), (selling,), ()):
        assert not assess(known, orders, now=NOW).outcome.is_apparent_breach


@settings(max_examples=200, deadline=None)
@given(ANY_FACTS)
def test_every_outcome_has_reasons_in_careful_words(known: Facts) -> None:
    """Reasons are never empty, and never say what only a court may say."""
    result = said(known)
    assert result.reasons
    words = " ".join((*result.reasons, *(e.because for e in result.elements))).lower()
    assert not re.search(r"illegal|contempt|guilty|crime|unlawful", words)
    assert result == said(known)


@settings(max_examples=200, deadline=None)
@given(ANY_FACTS)
def test_more_proof_never_lowers_an_outcome_outside_offers(known: Facts) -> None:
    """A further conclusive match raises or keeps the severity while the order is in force."""
    if known.observed_at < EFFECTIVE:
        return
    more = replace(known, matches=(*known.matches, match("sure")))
    assert said(more).outcome.severity >= said(known).outcome.severity
