"""The daemon's jobs around its corpora: said once, stopped in time, never in the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.daemon.rematching import Rematching
from leakwatch.errors import Conflict, CorpusCorrupt, LeakwatchError, StoreUnavailable
from leakwatch.rematch import RematchReport
from leakwatch.wiring.corpora import Refreshed
from leakwatch.wiring.service import Service


@dataclass
class Bundles:
    """Stands in for ``CorporaInUse``: what the next look at the disk comes to."""

    next: Refreshed = field(default_factory=lambda: Refreshed(()))
    corpora: dict[str, Any] = field(default_factory=lambda: {"clinic": SimpleNamespace(files=3)})
    matchers: dict[str, object] = field(default_factory=lambda: {"matter": object()})

    def refresh(self) -> Refreshed:
        return self.next


@dataclass
class Work:
    """Stands in for ``Rematcher``: a matter has so much to do, and it goes as told."""

    left: int = 5
    fault: LeakwatchError | None = None
    runs: int = 0
    alerts: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def pending(self, matter: str, matcher: object) -> int:
        return self.left

    async def run(self, matter: str, matcher: object, *, stop: Any, progress: Any) -> Any:
        self.runs += 1
        if self.fault is not None:
            raise self.fault
        await self.go_on.wait()
        is_finished = not stop()
        self.left = 0 if is_finished else self.left
        progress(5 - self.left, 5)
        report = RematchReport(matter, looked_at=5 - self.left, is_finished=is_finished)
        return SimpleNamespace(**{**vars_of(report), "alerts": self.alerts})


def vars_of(report: RematchReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in RematchReport.__slots__}


class Daemon:
    """The jobs over stand-ins."""

    def __init__(self) -> None:
        self.bundles, self.work = Bundles(), Work()
        self.metrics, self.troubles = Metrics(), Troubles()
        self.noted = self.delivered = 0
        service = SimpleNamespace(
            corpora=self.bundles, rematcher=self.work, note_corpora=self._note
        )
        self.jobs = Rematching(
            cast("Service", service),
            metrics=self.metrics,
            troubles=self.troubles,
            deliver=self._deliver,
        )

    async def _note(self) -> None:
        self.noted += 1

    async def _deliver(self) -> None:
        self.delivered += 1

    @property
    def left(self) -> float | None:
        return self.metrics.registry.get_sample_value(
            "leakwatch_rematch_pending", {"matter": "matter"}
        )


async def test_a_broken_bundle_is_a_trouble_until_it_is_mended() -> None:
    """Named by corpus and slug; gone with the next look that finds it whole."""
    daemon = Daemon()
    daemon.bundles.next = Refreshed((), {"clinic": CorpusCorrupt("bent")})
    await daemon.jobs.look()
    assert daemon.troubles.current == {"corpus clinic": "corpus_corrupt"}
    assert daemon.noted == 0
    daemon.bundles.next = Refreshed(("clinic",))
    await daemon.jobs.look()
    assert daemon.troubles.current == {}
    assert daemon.noted == 1


async def test_what_is_recognised_is_sent_at_once() -> None:
    """A run with alerts has the outbox drained; nothing to do starts none."""
    daemon = Daemon()
    daemon.work.alerts = 1
    daemon.work.go_on.set()
    await daemon.jobs.rematch()
    await daemon.jobs.rematch()
    assert (daemon.work.runs, daemon.delivered, daemon.left) == (1, 1, 0)


async def test_a_store_that_refuses_is_a_trouble_another_daemon_is_none() -> None:
    """The next run tries again; what somebody else is at is left to them."""
    daemon = Daemon()
    daemon.work.fault = StoreUnavailable("locked")
    await daemon.jobs.rematch()
    assert daemon.troubles.current == {"rematch matter": "store_unavailable"}
    daemon.work.fault = None
    daemon.work.go_on.set()
    await daemon.jobs.rematch()
    assert daemon.troubles.current == {}
    daemon.work.left, daemon.work.fault = 5, Conflict("somebody else is at it")
    await daemon.jobs.rematch()
    assert daemon.troubles.current == {}


async def test_a_newer_corpus_ends_the_run_under_way() -> None:
    """What is left is matched against the newer one, by the next run."""
    daemon = Daemon()
    run = asyncio.create_task(daemon.jobs.rematch())
    await asyncio.sleep(0)
    daemon.bundles.matchers["matter"] = object()
    daemon.work.go_on.set()
    await run
    assert (daemon.work.left, daemon.left) == (5, 5)
    await daemon.jobs.rematch()
    assert daemon.work.left == 0


async def test_stopping_waits_for_the_thing_in_hand_and_starts_no_more() -> None:
    """The end of the daemon neither cuts off a recording nor waits for all of a run."""
    daemon = Daemon()
    run = asyncio.create_task(daemon.jobs.rematch())
    await asyncio.sleep(0)
    finish = asyncio.create_task(daemon.jobs.finish(timeout_s=60))
    await asyncio.sleep(0)
    assert not finish.done()
    daemon.work.go_on.set()
    await asyncio.gather(run, finish)
    assert daemon.work.left == 5
    await daemon.jobs.rematch()
    assert daemon.work.runs == 1


async def test_stopping_does_not_wait_for_ever() -> None:
    """What hangs is left behind after a while: what it had not done is done at the next start."""
    daemon = Daemon()
    run = asyncio.create_task(daemon.jobs.rematch())
    await asyncio.sleep(0)
    await daemon.jobs.finish(timeout_s=0.01)
    assert not run.done()
    daemon.work.go_on.set()
    await run
