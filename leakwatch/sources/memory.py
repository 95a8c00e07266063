"""What a list-like source remembers between polls: its checkpoint.

``{"v": VERSION, "plan": digest, "pages": {url digest: [etag, last-modified, sha256]},
"known": {key digest: content digest}, "items": n, "cursor": path or null,
"polls": n}``. Digests only: no title, no text, no name. ``cursor`` is the one
address kept: of the next page of the list that is still to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leakwatch.model.capture import Capture
from leakwatch.sources.digest import digest

VERSION = "posts/1"
"""Names the shape too: a source whose kind was changed starts afresh."""
MAX_KNOWN = 5_000
"""Posts remembered; the longest unseen is forgotten first, and told again if it returns."""
MAX_PAGES = 64
_MAX_VALIDATOR = 200


@dataclass(slots=True)
class Memory:
    """The checkpoint while a poll works on it."""

    plan: str
    pages: dict[str, list[str | None]] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    items: int = 0
    """Items that the first page had when it was last understood."""
    cursor: str | None = None
    polls: int = 0

    @classmethod
    def load(cls, checkpoint: Mapping[str, Any], plan: str) -> Memory:
        """Read a checkpoint; what is not one of ours counts as the first poll.

        Args:
            checkpoint: as saved, or ``{}``.
            plan: digest of how pages are read. When the operator changed that,
                an unchanged page must be read anew, so validators are dropped.
        """
        if checkpoint.get("v") != VERSION:
            return cls(plan)
        same = checkpoint.get("plan") == plan
        return cls(
            plan,
            pages={k: list(v) for k, v in checkpoint["pages"].items()} if same else {},
            known=dict(checkpoint["known"]),
            items=checkpoint["items"],
            cursor=checkpoint["cursor"] if same else None,
            polls=checkpoint["polls"],
        )

    def snapshot(self) -> dict[str, Any]:
        """Return the checkpoint, independent of what the poll does next."""
        return {
            "v": VERSION,
            "plan": self.plan,
            "pages": dict(list(self.pages.items())[-MAX_PAGES:]),
            "known": dict(list(self.known.items())[-MAX_KNOWN:]),
            "items": self.items,
            "cursor": self.cursor,
            "polls": self.polls,
        }

    def validators(self, url: str) -> tuple[str | None, str | None]:
        """Return (etag, last-modified) of the last answer of that address."""
        etag, modified, _ = self.pages.get(digest(url), (None, None, None))
        return etag, modified

    def is_same(self, url: str, capture: Capture) -> bool:
        """Whether the address gave these very bytes before."""
        known = self.pages.get(digest(url))
        return known is not None and known[2] == capture.sha256[:16]

    def remember(self, url: str, capture: Capture) -> None:
        """Keep an answer's validators: called once the page was understood."""
        etag, modified = capture.etag, capture.last_modified
        self.pages.pop(digest(url), None)
        self.pages[digest(url)] = [
            etag if etag and len(etag) <= _MAX_VALIDATOR else None,
            modified if modified and len(modified) <= _MAX_VALIDATOR else None,
            capture.sha256[:16],
        ]

    def forget(self, url: str) -> None:
        """Drop an address's validators: its page was not understood."""
        self.pages.pop(digest(url), None)

    def is_news(self, key: str, content: str) -> bool:
        """Note a post; return whether it is new or says something new.

        Args:
            key: the post's key.
            content: digest of what it says.
        """
        name = digest(key)
        before = self.known.pop(name, None)
        self.known[name] = content
        return before != content
