"""Where one zygote of a pool stands: started when first needed, and again after its death."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from leakwatch.errors import SandboxError
from leakwatch.sandbox.layers import check_required, missing_of
from leakwatch.sandbox.worker import Zygote

log = structlog.get_logger(__name__)


class ZygotePlace:
    """Not thread-safe but for ``stop``: whoever holds it asks alone."""

    def __init__(
        self, modules: Sequence[str], required_layers: Collection[str], *, pictures: bool
    ) -> None:
        self._modules = modules
        self._required_layers = required_layers
        self._pictures = pictures
        self._zygote: Zygote | None = None

    def zygote(self) -> Zygote:
        """Raises SandboxError when it does not start, or without a layer that is required."""
        if self._zygote is None:
            zygote = Zygote(self._modules, pictures=self._pictures)
            try:
                check_required(self._required_layers, zygote.layers)
            except SandboxError:
                zygote.close()
                raise
            self._zygote = zygote
            log.debug("sandbox_started", **zygote.layers)
            if missing := missing_of(zygote.layers):
                log.warning("sandbox_layer_missing", layers=missing)
        return self._zygote

    def stop(self) -> None:
        """End the processes though a request may be under way in another thread."""
        if self._zygote is not None:
            self._zygote.stop()

    def discard(self) -> None:
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None
