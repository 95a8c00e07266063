"""The test message says that it is one."""

from __future__ import annotations

from datetime import timedelta

from leakwatch.alert.trial import trial_alert, trial_messages
from tests.support.alerts import NOON, a_matter


def test_it_reaches_every_recipient_and_alarms_nobody() -> None:
    """All roles are tried; the words leave no doubt; nothing of a breach is said."""
    matter = a_matter()
    sent = trial_messages(matter, at=NOON)
    assert [m.delivery.recipient for m in sent] == [r.name for r in matter.recipients]
    alert = sent[0].alert
    assert alert.subject == "[TLP:AMBER+STRICT] KC-2026-001 test message: nothing has happened"
    assert alert.body.startswith("This is a test. Nothing has happened.\n")
    assert "breach" not in alert.body


def test_each_test_is_a_message_of_its_own() -> None:
    """A receiver that drops duplicates must still show the second test."""
    matter = a_matter()
    assert trial_alert(matter, at=NOON).id != trial_alert(matter, at=NOON + timedelta(seconds=1)).id
