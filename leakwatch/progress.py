"""Where a source stands: the adapter's checkpoint, and files to be tried again.

A post's files may fail while its page succeeds. Then the adapter's old
checkpoint is kept, so that the next poll reports the post again; files already
fetched are remembered as keyed digests and passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_ATTEMPTS = 5
"""Polls that try a failing file; after that it counts as unread."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A source's checkpoint as the store keeps it."""

    adapter: Mapping[str, Any] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    attempts: int = 0

    @classmethod
    def from_checkpoint(cls, stored: Mapping[str, Any]) -> Progress:
        """Read what ``to_checkpoint`` wrote; ``{}`` is a fresh start."""
        return cls(
            adapter=stored.get("adapter", {}),
            done=frozenset(stored.get("done", ())),
            attempts=int(stored.get("attempts", 0)),
        )

    def to_checkpoint(self) -> dict[str, Any]:
        return {
            "adapter": dict(self.adapter),
            "done": sorted(self.done),
            "attempts": self.attempts,
        }

    def after(
        self, checkpoint: Mapping[str, Any], *, fetched: frozenset[str], missed: int
    ) -> Progress:
        """Return the progress after a batch.

        Args:
            checkpoint: the adapter's, after the batch.
            fetched: blinded addresses of files fetched in the batch.
            missed: files to be tried again; 0 lets the checkpoint advance.
        """
        if missed and self.attempts + 1 < MAX_ATTEMPTS:
            return Progress(self.adapter, self.done | fetched, self.attempts + 1)
        return Progress(checkpoint)
