"""When a source is due next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leakwatch.daemon.pacing import JITTER, MAX_BACKOFF_S, QUICK_ATTEMPTS, next_poll_at
from leakwatch.model.source import Role, SourceSpec, SourceState

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SPEC = SourceSpec("s", "feed", Role.NEWS, ("http://x/",), (), interval_s=900)
STATE = SourceState("s", {}, NOW)


def wait_s(state: SourceState, spec: SourceSpec = SPEC) -> float:
    return (next_poll_at(spec, state, NOW) - NOW).total_seconds()


def test_a_good_poll_waits_the_interval_within_the_jitter() -> None:
    """The interval is kept, spread by at most a tenth."""
    waits = {
        (next_poll_at(SPEC, STATE, NOW + timedelta(seconds=n)) - NOW).total_seconds() - n
        for n in range(50)
    }
    assert all(900 * (1 - JITTER) <= wait <= 900 * (1 + JITTER) for wait in waits)
    assert len(waits) > 40


@given(st.integers(min_value=1, max_value=10_000))
def test_failures_back_off_to_a_bound(failures: int) -> None:
    """Failing waits longer, but never longer than the bound, and never overflows."""
    wait = wait_s(replace(STATE, consecutive_failures=failures))
    assert 900 * (1 - JITTER) <= wait <= MAX_BACKOFF_S * (1 + JITTER)


def test_files_to_be_tried_again_are_not_waited_for_long() -> None:
    """A published file that failed is tried soon at first, then once an interval."""
    assert wait_s(replace(STATE, checkpoint={"attempts": 1})) < 900 / 4
    assert wait_s(replace(STATE, checkpoint={"attempts": QUICK_ATTEMPTS + 1})) > 900 * 0.8


def test_a_slow_source_is_not_polled_faster_for_failing() -> None:
    """The bound does not shorten an interval that is longer."""
    daily = replace(SPEC, interval_s=86_400)
    assert wait_s(replace(STATE, consecutive_failures=1), daily) >= 86_400 * (1 - JITTER)
