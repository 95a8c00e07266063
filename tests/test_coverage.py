"""What the report says of a span of time: gaps, shares, and totals that reconcile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.coverage import Coverage, Gap, Reason, Watched, cover
from leakwatch.model.capture import Poll, PollOutcome
from leakwatch.model.taking import ArtefactCount, Fate, Ground, Purpose, Taking
from tests.contracts.test_store_takings import a_taking
from tests.support.store import a_poll

START = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
END = START + timedelta(hours=4)
NEW = Watched("kazu", 900.0, START)
MINUTE = timedelta(minutes=1)


def poll_at(minute: float, outcome: PollOutcome = PollOutcome.OK) -> Poll:
    at = START + minute * MINUTE
    return a_poll(0, id=f"p-{minute}", started_at=at, finished_at=at + MINUTE / 6, outcome=outcome)


def covered(polls: Sequence[Poll], **changes: Any) -> Coverage:
    watched = Watched("kazu", 900.0, START - timedelta(days=9), poll_at(-5))
    return cover(replace(watched, **changes), polls, (), since=START, until=END)


def test_regular_looks_leave_no_gap() -> None:
    """Every quarter of an hour, as configured: all of every hour was watched."""
    found = covered([poll_at(10 + 15 * n) for n in range(16)])
    assert (found.gaps, found.covered) == ((), 1.0)
    assert [share for _, share in found.hours] == [1.0] * 5
    assert found.hours[0][0] == START.replace(minute=0)


def test_a_gap_has_its_start_and_end_and_falls_into_its_hours() -> None:
    """No look for more than two intervals: from the last look to the next one."""
    polls = [poll_at(10 + 15 * n) for n in range(16) if n not in {5, 6, 7, 8}]
    found = covered(polls)
    assert found.gaps == (Gap(polls[4].finished_at, polls[5].started_at),)
    assert found.longest_gap == 75 * MINUTE - MINUTE / 6
    missing = {hour.hour: 1 - share for hour, share in found.hours if share < 1}
    assert set(missing) == {11, 12}
    assert sum(missing.values()) == pytest.approx(found.longest_gap / timedelta(hours=1))


@pytest.mark.parametrize("outcome", [PollOutcome.FAILED, PollOutcome.DEGRADED])
def test_a_poll_that_understood_nothing_is_no_look(outcome: PollOutcome) -> None:
    """An answer that is not understood proves nothing about what was there."""
    polls = [poll_at(10 + 15 * n, outcome if 3 < n < 9 else PollOutcome.OK) for n in range(16)]
    found = covered(polls)
    assert len(found.gaps) == 1
    assert found.polls == Counter({"ok": 11, outcome.value: 5})


def test_a_source_that_just_began_has_no_gap_before_it() -> None:
    """What was not watched yet is not a gap: the span begins with the first poll."""
    found = covered(
        [poll_at(200), poll_at(215)], first_poll_at=poll_at(200).started_at, last_look=None
    )
    assert (found.since, found.gaps) == (poll_at(200).started_at, ())


def test_a_source_never_polled_is_all_gap() -> None:
    """No poll at all: nothing was covered, whatever the interval."""
    found = covered([], first_poll_at=None, last_look=None)
    assert (found.gaps, found.covered) == ((Gap(START, END),), 0.0)


def test_the_time_up_to_now_counts() -> None:
    """A daemon that stopped an hour ago has a gap that lasts."""
    found = covered([poll_at(10 + 15 * n) for n in range(4)])
    assert found.gaps[-1].end == END


@given(st.lists(st.integers(0, 239), max_size=40, unique=True), st.booleans())
def test_what_is_not_covered_is_the_gaps(minutes: list[int], has_before: bool) -> None:
    """Whatever the polls: gaps do not overlap, and the shares of the hours add up to them."""
    polls = [poll_at(minute) for minute in sorted(minutes)]
    found = covered(polls, last_look=poll_at(-5) if has_before else None)
    total = sum((gap.length for gap in found.gaps), timedelta())
    assert found.covered == pytest.approx(1 - total / (END - START))
    for one, other in zip(found.gaps, found.gaps[1:], strict=False):
        assert one.end <= other.start
    watched = sum(
        share * (min(hour + timedelta(hours=1), END) - max(hour, START)).total_seconds()
        for hour, share in found.hours
    )
    assert watched == pytest.approx((END - START - total).total_seconds())


_FATES = st.sampled_from(Fate)
_TAKINGS = st.lists(
    st.builds(
        Taking,
        id=st.uuids().map(str),
        poll_id=st.just("p"),
        source=st.just("kazu"),
        purpose=st.sampled_from(Purpose),
        location=st.just("http://x.example/"),
        address_hmac=st.just("ab"),
        began_at=st.just(START),
        ended_at=st.just(START),
        requests=st.integers(0, 9),
        received_bytes=st.integers(0, 2**40),
        size_bytes=st.none() | st.integers(0, 2**40),
        content_hmac=st.none(),
        error=st.none() | st.sampled_from(["gone", "timed_out"]),
        things=st.integers(1, 5),
        grounds=st.tuples(
            st.builds(Ground, st.just("a"), st.just("seal_matches"), st.just("ref"), _FATES),
            st.builds(Ground, st.just("b"), st.just("metadata_only"), st.none(), _FATES),
        ),
        artefacts=st.lists(
            st.builds(ArtefactCount, st.sampled_from(["zip", "text"]), st.sampled_from(["opened", "no_text", "corrupt"]),
                      st.integers(1, 9)),
            max_size=3,
        ).map(tuple),
    ),
    max_size=12,
)  # fmt: skip


@given(_TAKINGS)
def test_totals_reconcile_with_the_rows(takings: list[Taking]) -> None:
    """Requests, bytes, things, failures and artefacts are the sums of the rows, none twice."""
    found = cover(NEW, [], takings, since=START, until=END)
    assert found.requests == sum(t.requests for t in takings)
    assert found.received_bytes == sum(t.received_bytes for t in takings)
    assert sum(r.things for r in found.read.values()) == sum(t.things for t in takings)
    assert sum(found.things(fate) for fate in Fate) == sum(t.things for t in takings)
    assert sum(sum(r.errors.values()) for r in found.read.values()) == sum(
        t.things for t in takings if t.error
    )
    assert sum(found.artefacts.values()) == sum(a.artefacts for t in takings for a in t.artefacts)
    assert sum(r.content_bytes for r in found.read.values()) == sum(
        t.size_bytes or 0 for t in takings
    )


def test_a_matter_is_not_charged_with_what_another_ones_leave_fetched() -> None:
    """Bytes fetched for one matter are no bytes of a matter that may not fetch them."""
    taking = a_taking()
    found = {
        matter: cover(NEW, [], [taking], since=START, until=END, matter=matter)
        for matter in ("harbour-clinic", "other", "third")
    }
    assert found["harbour-clinic"].received_bytes == taking.received_bytes
    assert found["harbour-clinic"].reasons == {
        Reason("harbour-clinic", "seal_matches", "letter of 1 May"): 1
    }
    assert found["other"].received_bytes == found["other"].requests == 0
    assert found["other"].things(Fate.REFUSED_BY_POLICY) == 1
    assert found["other"].artefacts == {}
    assert found["third"].read == {}


def test_the_most_that_was_done_is_what_became_of_it() -> None:
    """Sealed for one matter is sealed, whatever the others did with it."""
    assert a_taking().fate is Fate.SEALED
    refused = replace(a_taking(), grounds=a_taking().grounds[1:])
    assert refused.fate is Fate.REFUSED_BY_POLICY
