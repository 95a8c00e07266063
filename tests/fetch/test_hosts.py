"""Turns of hosts."""

from __future__ import annotations

import pytest

from leakwatch.fetch.hosts import MAX_HOSTS, HostTurns, make_limiter


@pytest.mark.parametrize(
    ("per_minute", "burst", "period_s"),
    [(30.0, 5.0, 10.0), (1.0, 1.0, 60.0), (0.5, 1.0, 120.0), (600.0, 5.0, 0.5)],
)
def test_the_rate_is_kept_whatever_the_burst(
    per_minute: float, burst: float, period_s: float
) -> None:
    """Burst over period is the rate; even a rate under one a minute lets one through."""
    limiter = make_limiter(per_minute)
    assert (limiter.max_rate, limiter.time_period) == (burst, period_s)


async def test_hosts_are_forgotten() -> None:
    """The memory of hosts is bounded."""
    turns = HostTurns(60.0)
    for n in range(MAX_HOSTS + 10):
        await turns.take(f"h{n}.example")
    assert len(turns._limiters) == MAX_HOSTS
