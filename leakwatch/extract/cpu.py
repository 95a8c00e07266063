"""Less CPU for one parser than its whole process has.

A parser in C that hangs hears no Python. The timer's signal, which nobody
handles, ends the process: in the sandbox that costs this one way of reading,
and leaves time for the second.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def cpu_at_most(seconds: float) -> Iterator[None]:
    """End the process if what stands within takes more CPU; not to be nested."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
