"""The root of the tree."""

from __future__ import annotations

from typing import ClassVar


class LeakwatchError(Exception):
    """Base of the tree.

    Args:
        what: one line, naming what went wrong and where.
        hint: one line on what to do next, or None.
    """

    slug: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 99
    retryable: bool = False

    def __init__(self, what: str, *, hint: str | None = None) -> None:
        self.what = what
        self.hint = hint
        super().__init__(what)
