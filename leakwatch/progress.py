"""Where a source stands: the adapter's checkpoint, and files to be tried again.

A post's files may fail while its page succeeds. Then the adapter's old
checkpoint is held, so that the next poll reports the post again; files already
fetched are remembered as keyed digests and passed over. Batches behind the
failing one are looked at all the same: they only cannot move the checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

MAX_ATTEMPTS = 50
"""Polls that try a failing file, soon at first, then once an interval; after
that it counts as unread until its post changes."""
MAX_LISTED = 2000
"""Remote archives remembered; of more, the longest unseen are listed again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A source's checkpoint as the store keeps it."""

    adapter: Mapping[str, Any] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    attempts: int = 0
    is_held: bool = False
    """A batch of this poll has files to be tried again."""
    listed: Mapping[str, str] = field(default_factory=dict)
    """Remote archives whose directory was read, by keyed digest -> keyed digest of their version."""

    @classmethod
    def from_checkpoint(cls, stored: Mapping[str, Any]) -> Progress:
        """Read what ``to_checkpoint`` wrote; ``{}`` is a fresh start."""
        attempts = int(stored.get("attempts", 0))
        return cls(
            adapter=stored.get("adapter", {}),
            done=frozenset(stored.get("done", ())) if attempts else frozenset(),
            attempts=attempts,
            listed=stored.get("listed", {}),
        )

    def to_checkpoint(self) -> dict[str, Any]:
        return {
            "adapter": dict(self.adapter),
            "done": sorted(self.done) if self.attempts else [],
            "attempts": self.attempts,
            **({"listed": dict(self.listed)} if self.listed else {}),
        }

    def after(
        self,
        checkpoint: Mapping[str, Any],
        *,
        fetched: frozenset[str],
        missed: int,
        listed: Mapping[str, str] = MappingProxyType({}),
        is_full: bool = False,
    ) -> Progress:
        """Return the progress after a batch.

        Args:
            checkpoint: the adapter's, after the batch.
            fetched: blinded addresses of files fetched in the batch.
            missed: files to be tried again; 0 lets the checkpoint advance.
            listed: archives whose directory was read, or is unchanged, in the batch.
            is_full: some were missed for want of disk: that is nobody's but ours to mend,
                so they are never given up for it.
        """
        seen = [*((k, v) for k, v in self.listed.items() if k not in listed), *listed.items()]
        known = dict(seen[-MAX_LISTED:])
        done = self.done | fetched
        if self.is_held:
            return replace(self, done=done, listed=known)
        attempts = min(self.attempts + 1, MAX_ATTEMPTS - 1) if is_full else self.attempts + 1
        if missed and attempts < MAX_ATTEMPTS:
            return Progress(self.adapter, done, attempts, is_held=True, listed=known)
        return Progress(checkpoint, done, listed=known)
