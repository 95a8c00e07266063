"""Saying a thing once: on the way in, on the way out, not each time between."""

from __future__ import annotations

import structlog

log = structlog.get_logger(__name__)


class Troubles:
    """Remembers which troubles have been told.

    A trouble is named by what is troubled and what with (``store``,
    ``store_unavailable``); it is logged when it begins, when it becomes another
    one, and when it ends.
    """

    def __init__(self) -> None:
        self._current: dict[str, str] = {}

    def begin(self, what: str, slug: str, message: str) -> None:
        if self._current.get(what) != slug:
            self._current[what] = slug
            log.warning("trouble", what=what, error=slug, message=message)

    def end(self, what: str) -> None:
        slug = self._current.pop(what, None)
        if slug is not None:
            log.info("recovered", what=what, error=slug)

    @property
    def current(self) -> dict[str, str]:
        """What is troubled now, with the slug of each trouble."""
        return dict(self._current)
