"""Panics of parsers in Rust as errors of ours.

pyo3 raises them beside ``Exception``, so that nobody catches them by accident.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from leakwatch.errors import ExtractError


@contextlib.contextmanager
def as_errors(of: str) -> Iterator[None]:
    """Raise ExtractError for a panic within."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ExtractError(f"{of} gave up") from None
