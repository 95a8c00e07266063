"""Rematching by hand: the daemon's own path, once, for a person who waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.daemon.pool import WorkerPool
from leakwatch.daemon.tick import Jobs
from leakwatch.errors import EntityUnknown
from leakwatch.rematch import RematchReport
from leakwatch.settings import Settings
from leakwatch.wiring.service import build_service


async def rematch_by_hand(
    settings: Settings,
    *,
    corpus: str | None = None,
    since: datetime | None = None,
    everything: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Sequence[RematchReport]:
    """Match what was seen against the corpora as they are, and deliver what follows.

    Args:
        settings: the whole tree.
        corpus: only this one, for all that was seen, whatever it was matched against.
        since: only what was seen at or after.
        everything: what was matched against these corpora before, too.
        progress: called with things done and their total, matter by matter.

    Raises:
        EntityUnknown: no matter has a corpus of that name.
        Conflict: a daemon is at it.
    """
    async with build_service(settings) as service:
        chosen = [m for m in service.matters.values() if corpus is None or corpus in m.corpora]
        if not chosen:
            known = ", ".join(service.corpora.corpora) or "none"
            raise EntityUnknown(f"no matter has a corpus {corpus!r}; configured: {known}")
        await service.start()
        metrics, troubles = Metrics(), Troubles()
        jobs = Jobs(service, pool=WorkerPool(1), metrics=metrics, troubles=troubles)
        await jobs.recover()
        reports = [
            await service.rematcher.run(
                matter.id,
                service.corpora.matchers[matter.id]
                if corpus is None
                else service.corpora.matcher_of(corpus),
                everything=everything or corpus is not None,
                since=since,
                is_whole=corpus is None,
                progress=progress,
            )
            for matter in chosen
        ]
        await jobs.deliver()
        return reports
