"""Who hears of what is read: each matter as far as its own leave goes, and the account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from leakwatch.accounting import Account
from leakwatch.clock import Clock
from leakwatch.inspection import Inspection, Part
from leakwatch.model.artefact import Artefact
from leakwatch.model.capture import Capture
from leakwatch.ports import Matcher
from leakwatch.recognition import Recognised, Recogniser


class Listening:
    """Hears one post for every matter of a poll.

    Args:
        account: of the poll; knows its matters.
        matchers: by matter.
        clock: tells whether a leave still lasts.
    """

    def __init__(self, account: Account, matchers: Mapping[str, Matcher], clock: Clock) -> None:
        self.account = account
        self._clock = clock
        self._recognisers = {
            matter.id: Recogniser(matchers[matter.id]) for matter in account.matters
        }

    def leave_until(self) -> datetime | None:
        """Return until when some matter's leave allows fetching; None if none does now."""
        now = self._clock.now()
        leaves = (matter.leave(now) for matter in self.account.matters)
        return max((leave.expires_at for leave in leaves if leave), default=None)

    def hear(self, capture: Capture, part: Part, artefact: Artefact) -> None:
        """Match an artefact for the matters that may see it. Blocking."""
        now = self._clock.now()
        self.account.count(capture.id, artefact)
        for matter in self.account.matters:
            if part is not Part.FILE or matter.may_fetch_payload(now):
                self._recognisers[matter.id].hear(capture, artefact)

    def is_wanted(self, capture: Capture) -> bool:
        """Tell whether a linked file's bytes are to be sealed for some matter."""
        now = self._clock.now()
        return any(
            matter.may_seal_payload(now) and self._recognisers[matter.id].has_match(capture.id)
            for matter in self.account.matters
        )

    def result(self, matter: str, inspection: Inspection) -> Recognised:
        """Return what was heard for one matter. Blocking."""
        return self._recognisers[matter].result(inspection)
