"""A source's health, with hysteresis."""

from datetime import UTC, datetime, timedelta

from leakwatch.model.capture import Poll, PollOutcome
from leakwatch.model.source import FAILURES_UNTIL_FAILING, Health, SourceState

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def poll(outcome: PollOutcome, minute: int, error: str | None = None) -> Poll:
    at = NOW + timedelta(minutes=minute)
    return Poll("p", "s", at, at, outcome, None, 1, 3, is_complete=True, error=error)


def test_one_failure_is_not_news_and_one_answer_is_recovery() -> None:
    """A source is failing after several failures in a row, and well again at once."""
    state = SourceState("s", {}, NOW).after(poll(PollOutcome.OK, 0))
    for minute in range(1, FAILURES_UNTIL_FAILING):
        state = state.after(poll(PollOutcome.FAILED, minute, "timed_out"))
        assert state.health is Health.OK
    state = state.after(poll(PollOutcome.FAILED, 9, "timed_out"))
    assert state.health is Health.FAILING
    assert state.health_since == NOW + timedelta(minutes=9)
    assert state.last_success_at == NOW
    assert state.last_item_count == 3
    state = state.after(poll(PollOutcome.UNCHANGED, 10))
    assert (state.health, state.consecutive_failures, state.last_error) == (Health.OK, 0, None)


def test_a_page_not_understood_is_degraded_at_once() -> None:
    """A redesign is noticed at the first poll, and keeps its error's name."""
    state = SourceState("s", {}, NOW).after(poll(PollOutcome.DEGRADED, 0, "layout_changed"))
    assert (state.health, state.last_error) == (Health.DEGRADED, "layout_changed")
