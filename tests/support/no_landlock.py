"""A kernel without Landlock, for a zygote that imports this as one of its ``parser_modules``."""

from __future__ import annotations

from leakwatch.sandbox.landlock import Landlock

Landlock.find_version = staticmethod(lambda _kernel: 0)  # type: ignore[assignment, method-assign]
