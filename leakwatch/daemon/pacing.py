"""When a source is polled next: a pure function."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from leakwatch.model.source import SourceSpec, SourceState

MAX_BACKOFF_S = 6 * 3600.0
QUICK_ATTEMPTS = 5
"""Polls in quick succession for a file that failed (``progress.py``)."""
JITTER = 0.1
"""Share of the interval by which polls are spread, so that sites see no metronome."""


def next_poll_at(spec: SourceSpec, state: SourceState, now: datetime) -> datetime:
    """Return the next due time after a poll that left the source in ``state``.

    Failures double the wait up to six hours (or the interval, if longer). Files to
    be tried again are waited for a fifth of the interval at first.
    The jitter is a function of source and time, so a test can foretell it.
    """
    wait_s = spec.interval_s
    if state.consecutive_failures:
        doubled = spec.interval_s * 2 ** min(state.consecutive_failures - 1, 16)
        wait_s = min(doubled, max(MAX_BACKOFF_S, spec.interval_s))
    elif 0 < int(state.checkpoint.get("attempts", 0)) <= QUICK_ATTEMPTS:
        wait_s = spec.interval_s / QUICK_ATTEMPTS
    digest = hashlib.sha256(f"{spec.name} {now.timestamp():.3f}".encode()).digest()
    spread = int.from_bytes(digest[:4], "big") / 2**32 * 2 - 1
    return now + timedelta(seconds=wait_s * (1 + JITTER * spread))
