"""The daemon's eye on its corpora: opened anew when they change, and all seen before with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.errors import Conflict, LeakwatchError
from leakwatch.ports import Matcher
from leakwatch.rematch import RematchReport
from leakwatch.wiring.service import Service

log = structlog.get_logger(__name__)


class Rematching:
    """Two jobs that APScheduler calls; neither raises what a person can mend.

    Args:
        service: the parts of the daemon.
        metrics: what is counted.
        troubles: what has been said already.
        deliver: sends what is due; called when something was recognised.
    """

    def __init__(
        self,
        service: Service,
        *,
        metrics: Metrics,
        troubles: Troubles,
        deliver: Callable[[], Awaitable[None]],
    ) -> None:
        self._service = service
        self._metrics = metrics
        self._troubles = troubles
        self._deliver = deliver
        self._is_stopping = False
        self._running = asyncio.Lock()

    async def look(self) -> None:
        """Open the corpora that have changed on disk; the next poll is matched against them.

        One that cannot be opened, or is being written, stays in use as it was.
        """
        refreshed = await asyncio.to_thread(self._service.corpora.refresh)
        for name in self._service.corpora.corpora:
            problem = refreshed.problems.get(name)
            if problem is None:
                self._troubles.end(f"corpus {name}")
            else:
                self._troubles.begin(f"corpus {name}", problem.slug, problem.what)
        if not refreshed.changed:
            return
        for name in refreshed.changed:
            log.info("corpus_opened", corpus=name, files=self._service.corpora.corpora[name].files)
        try:
            await self._service.note_corpora()
        except LeakwatchError as error:
            # The run below notes it as well: nothing is lost.
            self._troubles.begin("corpora", error.slug, error.what)
        else:
            self._troubles.end("corpora")

    async def rematch(self) -> None:
        """Match what was seen before against corpora that have changed since, if any have."""
        async with self._running:
            for matter, matcher in list(self._service.corpora.matchers.items()):
                if self._is_stopping:
                    return
                await self._rematch(matter, matcher)

    async def finish(self, timeout_s: float) -> None:
        """Have a run end after what it is at; what is left is done at the next start."""
        self._is_stopping = True
        try:
            async with asyncio.timeout(timeout_s), self._running:
                pass
        except TimeoutError:
            log.warning("rematch_cut_off")

    async def _rematch(self, matter: str, matcher: Matcher) -> None:
        rematcher, trouble = self._service.rematcher, f"rematch {matter}"
        try:
            pending = await rematcher.pending(matter, matcher)
            self._metrics.rematch.labels(matter).set(pending)
            if not pending:
                self._troubles.end(trouble)
                return
            log.info("rematch_started", matter=matter, sightings=pending)
            report = await rematcher.run(
                matter,
                matcher,
                # A newer state of the corpora makes this run moot.
                stop=lambda: (
                    self._is_stopping or self._service.corpora.matchers[matter] is not matcher
                ),
                progress=lambda done, total: self._progress(matter, total - done),
            )
        except Conflict:
            return  # another daemon or a person is at it
        except LeakwatchError as error:
            self._troubles.begin(trouble, error.slug, error.what)
            return
        self._troubles.end(trouble)
        _tell(report)
        if report.alerts:
            await self._deliver()

    def _progress(self, matter: str, left: int) -> None:
        self._metrics.rematch.labels(matter).set(left)


def _tell(report: RematchReport) -> None:
    log.info(
        "rematch_ended",
        matter=report.matter,
        sightings=report.looked_at,
        findings=len(report.recorded),
        alerts=report.alerts,
        is_finished=report.is_finished,
    )
    if report.incomparable or report.damaged:
        log.warning(
            "rematch_incomplete",
            matter=report.matter,
            incomparable=report.incomparable,
            damaged=report.damaged,
        )
