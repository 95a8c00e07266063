"""``/healthz``, ``/readyz`` and ``/metrics`` on loopback.

Healthy: the event loop turns. Ready: sources are being claimed and the outbox
moves; anything troubled is named by its stable slug.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from aiohttp import web
from prometheus_client import generate_latest

from leakwatch import __version__
from leakwatch.clock import Clock
from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.errors import ConfigError

STALE_AFTER_TICKS = 6


class HealthServer:
    """Serves the daemon's own state.

    Args:
        listen: ``host:port``, loopback.
        last_tick: when due sources were last claimed, or None.
        tick_s: seconds between ticks.
    """

    def __init__(
        self,
        *,
        listen: str,
        metrics: Metrics,
        troubles: Troubles,
        clock: Clock,
        last_tick: Callable[[], datetime | None],
        tick_s: float,
    ) -> None:
        self._listen = listen
        self._metrics = metrics
        self._troubles = troubles
        self._clock = clock
        self._last_tick = last_tick
        self._stale_after = timedelta(seconds=max(tick_s * STALE_AFTER_TICKS, 30.0))
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Raises ConfigError when the port is taken."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._serve_metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        host, _, port = self._listen.rpartition(":")
        try:
            await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            await self.stop()
            raise ConfigError(
                f"daemon.listen: cannot listen on {self._listen}: {error.strerror}",
                hint="another daemon runs here, or choose another port",
            ) from None

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "version": __version__})

    async def _readyz(self, _: web.Request) -> web.Response:
        last = self._last_tick()
        # A tick in the future: the wall clock was put back since.
        is_ticking = last is not None and abs(self._clock.now() - last) < self._stale_after
        troubles = self._troubles.current
        # One broken source leaves the daemon ready: it goes on with the rest.
        blocking = {k: v for k, v in troubles.items() if k in ("store", "outbox", "journal", "tor")}
        is_ready = is_ticking and not blocking
        body = {
            "status": "ready" if is_ready else "not ready",
            "last_tick_at": last.isoformat() if last else None,
            "troubles": troubles,
        }
        return web.json_response(body, status=200 if is_ready else 503)

    async def _serve_metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self._metrics.registry),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )
