"""Everybody who must hear hears once; nobody else hears."""

from __future__ import annotations

import pytest

from leakwatch.alert.routing import deliveries, recipients_for
from leakwatch.model.alert import DeliveryState
from leakwatch.model.finding import Outcome
from leakwatch.model.matter import Recipient, RecipientRole
from tests.support.alerts import ANALYST, LEGAL, NOON, OPERATOR, a_matter, an_alert

SILENT = {Outcome.MENTION, Outcome.PRE_ORDER, Outcome.OUT_OF_SCOPE, Outcome.FALSE_POSITIVE}


@pytest.mark.parametrize("outcome", Outcome)
def test_outcome_table(outcome: Outcome) -> None:
    """Legal and analyst hear what may matter, the analyst alone what is unverified."""
    expected: tuple[Recipient, ...] = (LEGAL, ANALYST)
    if outcome in SILENT:
        expected = ()
    elif outcome is Outcome.CLAIM_UNVERIFIED:
        expected = (ANALYST,)
    assert recipients_for(a_matter(), outcome) == expected


def test_a_missing_role_falls_to_everybody() -> None:
    """An alert is never lost because a matter names nobody of the wanted role."""
    only_operator = a_matter(recipients=(OPERATOR,))
    assert recipients_for(only_operator, Outcome.BREACH_OFFER) == (OPERATOR,)
    assert recipients_for(only_operator, Outcome.MENTION) == ()
    only_legal = a_matter(recipients=(LEGAL,))
    assert recipients_for(only_legal, Outcome.CLAIM_UNVERIFIED) == (LEGAL,)


def test_rows_are_due_at_once_and_addressed() -> None:
    """Each recipient gets a pending row that carries channel and address."""
    alert = an_alert()
    first, second = deliveries(alert, a_matter(), NOON)
    assert (first.recipient, first.channel, first.address) == (
        "Ana Counsel",
        "email",
        "ana@chambers.example",
    )
    assert second.channel == "console"
    assert {first.state, second.state} == {DeliveryState.PENDING}
    assert {first.next_attempt_at, second.next_attempt_at} == {NOON}
    assert first.alert_id == alert.id


def test_ids_are_stable_and_distinct() -> None:
    """The same alert queued again gives the same rows; another revision gives others."""
    matter = a_matter()
    ids = [row.id for row in deliveries(an_alert(), matter, NOON)]
    assert ids == [row.id for row in deliveries(an_alert(), matter, NOON)]
    assert not {*ids} & {row.id for row in deliveries(an_alert(revision=2), matter, NOON)}


def test_two_roles_are_told_once_and_two_addresses_twice() -> None:
    """One person in two roles gets one mail; one name with two addresses gets both."""
    as_analyst = Recipient(LEGAL.name, RecipientRole.ANALYST, LEGAL.channel, LEGAL.address)
    elsewhere = Recipient(LEGAL.name, RecipientRole.LEGAL, LEGAL.channel, "ana@home.example")
    rows = deliveries(an_alert(), a_matter(recipients=(LEGAL, as_analyst, elsewhere)), NOON)
    assert [row.address for row in rows] == [LEGAL.address, "ana@home.example"]
