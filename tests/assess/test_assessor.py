"""The outcome table, by its worked cases."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.assess.assessor import assess
from leakwatch.assess.elements import LONG_PASSAGE_LETTERS
from leakwatch.model.finding import Assessment, Claims, ElementState, Facts, Outcome
from leakwatch.model.match import Grade, Match, Method
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
    assert said(early, not_reached).outcome is Outcome.REVIEW_ORDER
    assert said(facts(match()), not_reached).outcome is Outcome.BREACH_PUBLICATION


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


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (ActCode.FACILITATE, Outcome.BREACH_FACILITATION),
        (ActCode.LINK, Outcome.BREACH_FACILITATION),
        (ActCode.USE, Outcome.REVIEW_FACILITATION),
    ],
)
def test_a_link_to_material_is_facilitation_where_covered(code: ActCode, outcome: Outcome) -> None:
    """Case 5: a paste with nothing but a magnet link to the archive of case 1."""
    order = replace(ORDER, acts=(*ORDER.acts, Act(code, "1(d)")))
    paste = replace(facts(role=Role.PASTE, claims=Claims()), links_to_material=True)
    result = said(paste, order)
    assert result.outcome is outcome
    assert result.paragraph == ("1(d)" if outcome.is_apparent_breach else None)
    assert said(paste, UNVERIFIED).outcome is Outcome.REVIEW_ORDER
    assert said(replace(paste, role=Role.NEWS), order).outcome is Outcome.REVIEW_MEDIA


def _form(count: int, passage: int = 400) -> list[Match]:
    return [
        replace(
            match(f"k{n}", Grade.PROBABLE, Method.TEXT, share=0.4, passage=passage + n),
            leak_in_stolen=0.95,
        )
        for n in range(count)
    ]


def test_a_form_that_many_files_share_alerts_nobody() -> None:
    """Case 6: a blank form that is the whole of what is here, and of no known file."""
    blank = facts(*_form(12), role=Role.OPEN_DIRECTORY, claims=Claims(names_victim=True))
    result = said(blank)
    assert result.outcome is Outcome.OUT_OF_SCOPE
    assert "12 known documents" in " ".join(result.reasons)


def test_what_only_resembles_a_form_is_not_dismissed() -> None:
    """A conclusive match, different passages, few files, or a claim: somebody looks."""
    role = Role.OPEN_DIRECTORY
    others = [replace(m, passage_chars=300 * (n + 1)) for n, m in enumerate(_form(12))]
    assert said(facts(*_form(12), match("x"), role=role)).outcome is Outcome.BREACH_PUBLICATION
    assert said(facts(*others, role=role)).outcome is Outcome.BREACH_PUBLICATION
    assert said(facts(*_form(2), role=role)).outcome is Outcome.BREACH_PUBLICATION
    claimed = Claims(names_victim=True, claims_publication=True)
    assert said(facts(*_form(12), role=role, claims=claimed)).outcome is Outcome.CLAIM_UNVERIFIED


def test_a_locked_archive_is_a_claim() -> None:
    """Case 7: right names and sizes, content locked: claimed, with counts; then opened."""
    assert said(facts(unread=3)).outcome is Outcome.CLAIM_UNVERIFIED
    listed = [match(f, Grade.CONCLUSIVE, Method.LISTING) for f in "abc"]
    locked = replace(facts(*listed, unread=3, claims=Claims()), is_listing_only=True)
    result = said(locked)
    assert result.outcome is Outcome.CLAIM_UNVERIFIED
    assert "3 known documents named by a listing" in " ".join(result.reasons)
    opened = replace(locked, matches=(*locked.matches, match("a")), is_listing_only=False)
    assert said(opened).outcome is Outcome.BREACH_PUBLICATION


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


def test_a_continued_order_reaches_back_to_its_first_version() -> None:
    """What was published under version 1 is no earlier publication under version 2."""
    second = replace(
        ORDER,
        version=2,
        kind=OrderKind.CONTINUED,
        effective_from=EFFECTIVE + 20 * DAY,
        applies_to_prior_publication=Tri.NO,
    )
    known = facts(match(), first_seen=EFFECTIVE + HOUR, seen=EFFECTIVE + 30 * DAY)
    result = said(known, ORDER, second)
    assert result.outcome is Outcome.BREACH_PUBLICATION
    assert result.order == "interim v2"
    lapsed = replace(ORDER, expires_at=EFFECTIVE + 10 * DAY)
    assert said(known, lapsed, second).outcome is Outcome.REVIEW_ORDER
    silent = replace(ORDER, acts=(Act(ActCode.ACCESS, "1"),))
    assert said(known, silent, second).outcome is Outcome.REVIEW_ORDER


def test_each_order_of_a_matter_is_held_against_the_facts() -> None:
    """A later order on something else does not hide the one that is breached."""
    other = OrderVersion(
        order_id="suppression",
        version=1,
        kind=OrderKind.FINAL,
        effective_from=EFFECTIVE + HOUR,
        acts=(Act(ActCode.USE, "9"),),
        verified_by="L. Lawyer",
        verified_at=EFFECTIVE,
    )
    for orders in ((ORDER, other), (other, ORDER)):
        result = said(facts(match()), *orders)
        assert (result.outcome, result.order) == (Outcome.BREACH_PUBLICATION, "interim v1")


def test_an_unverified_end_silences_nothing() -> None:
    """A discharge that no lawyer checked leaves the finding for review, not for the log."""
    ended = replace(
        UNVERIFIED, version=2, kind=OrderKind.DISCHARGED, effective_from=EFFECTIVE + HOUR
    )
    result = said(facts(match()), ORDER, ended)
    assert result.outcome is Outcome.REVIEW_ORDER
    assert any("has not been verified" in reason for reason in result.reasons)


def test_a_threat_outlives_the_order() -> None:
    """After an order ended a threat is still told: counsel may want another order."""
    over = replace(ORDER, expires_at=EFFECTIVE + HOUR)
    assert said(facts(match(), state=PostState.COUNTDOWN), over).outcome is Outcome.THREAT


def test_the_sites_own_date_is_no_proof_against_our_own_look() -> None:
    """A date before the order counts only where no look of ours shows absence after it."""
    dated = replace(facts(match()), claimed_posted_at=EFFECTIVE - DAY)
    assert said(dated).outcome is Outcome.BREACH_PUBLICATION
    unseen = replace(dated, last_absent_at=None)
    assert said(unseen).outcome is Outcome.BREACH_CONTINUING


def test_the_interval_of_posting_is_told() -> None:
    """The last look that did not show it is named; where there is none, that is said."""
    reasons = " ".join(said(facts(match())).reasons)
    assert "appeared after 2026-01-05 02:00:00 UTC" in reasons
    unseen = " ".join(said(facts(match(), last_absent=None)).reasons)
    assert "no look in between" in unseen


def test_a_tracker_says_what_others_do() -> None:
    """A tracker's word that files are offered is a threat, not an offer of its own."""
    offer = Claims(names_victim=True, offers=True)
    assert said(facts(role=Role.TRACKER, claims=offer), SELLING).outcome is Outcome.THREAT
    assert said(facts(role=Role.FORUM, claims=offer), SELLING).outcome is Outcome.BREACH_OFFER


def test_a_weak_match_in_somebody_elses_threat_is_for_the_analyst() -> None:
    """A possible match does not turn every countdown into a threat to the matter."""
    weak = match(grade=Grade.POSSIBLE, method=Method.TEXT)
    other = facts(weak, claims=Claims(threatens=True), state=PostState.COUNTDOWN)
    assert said(other).outcome is Outcome.CLAIM_UNVERIFIED
    ours = replace(other, claims=Claims(names_victim=True, threatens=True))
    assert said(ours).outcome is Outcome.THREAT


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


def test_what_a_lawyers_signature_would_change_is_said() -> None:
    """The reason names the order that waits for it, and does not promise more than it covers."""
    would = "would be an apparent breach if a named lawyer had verified interim v1"
    assert would in said(facts(match()), UNVERIFIED).reasons[0]
    silent = replace(UNVERIFIED, acts=(Act(ActCode.USE, "9"),))
    assert would not in " ".join(said(facts(match()), silent).reasons)


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
        ([match("a", Grade.CONCLUSIVE, Method.IMAGE)], False),
        ([match("a", Grade.PROBABLE, Method.IMAGE), match("b", Grade.PROBABLE)], True),
        ([match(f, Grade.PROBABLE, Method.IMAGE) for f in "abcde"], False),
        ([match("a", Grade.PROBABLE, Method.IMAGE, share=1.0)], False),
    ],
)
def test_what_it_takes_to_call_material_met(matches: Sequence[Match], is_met: bool) -> None:
    """One weak match, or names alone, never make a breach; an analyst hears of them."""
    result = said(facts(*matches))
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
ANY_ORDER = st.sampled_from([ORDER, SELLING, replace(SELLING, acts=SELLING.acts[1:])])


@settings(max_examples=200, deadline=None)
@given(ANY_FACTS)
def test_an_unverified_order_never_yields_an_apparent_breach(known: Facts) -> None:
    """Whatever the facts."""
    selling = replace(SELLING, verified_by=None, verified_at=None)
    ended = replace(SELLING, expires_at=EFFECTIVE - 60 * HOUR)
    void = replace(SELLING, kind=OrderKind.DISCHARGED)
    suspended = (SELLING, replace(selling, version=2))
    for orders in ((UNVERIFIED,), (selling,), (), (ended,), (void,), suspended):
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


@settings(max_examples=300, deadline=None)
@given(ANY_FACTS, ANY_ORDER, st.sampled_from(Tri), st.sampled_from([None, EFFECTIVE - DAY]))
def test_more_proof_never_lowers_an_outcome(
    known: Facts, order: OrderVersion, prior: Tri, first_seen: datetime | None
) -> None:
    """A further conclusive match raises or keeps the severity while the order is in force."""
    if known.observed_at < EFFECTIVE:
        return
    order = replace(order, applies_to_prior_publication=prior)
    known = replace(known, first_seen_at=first_seen or known.first_seen_at)
    more = replace(known, matches=(*known.matches, match("sure")))
    assert said(more, order).outcome.severity >= said(known, order).outcome.severity


@settings(max_examples=200, deadline=None)
@given(ANY_FACTS, ANY_ORDER)
def test_an_apparent_breach_names_order_and_paragraph(known: Facts, order: OrderVersion) -> None:
    """What is told as an apparent breach can be looked up in the order."""
    result = said(known, order)
    if result.outcome.is_apparent_breach:
        assert result.order == "interim v1"
        assert result.paragraph is not None
        assert any(result.paragraph in reason for reason in result.reasons)
        assert known.role is not Role.NEWS
