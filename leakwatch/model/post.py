"""A post: what one place on a source shows; a batch: what one page gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from leakwatch.model.capture import Capture
from leakwatch.model.listing import Listing


class PostState(StrEnum):
    """What the site itself says of a post; the words peers throw away."""

    UNKNOWN = "unknown"
    COUNTDOWN = "countdown"
    """Announced, with a deadline."""
    OFFERED = "offered"
    """For sale."""
    PUBLISHED = "published"
    """The site says the data are out."""


@dataclass(frozen=True, slots=True)
class Link:
    """Something a post points to, that could be fetched."""

    url: str = field(repr=False)
    name: str = field(default="", repr=False)
    size_bytes: int | None = None
    is_magnet: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """One thing a source shows: a leak-site post, a paste, a feed entry, a directory."""

    key: str
    """Stable within the source; the site's own id where it has one."""
    location: str
    """Canonical URL a person would open; the finding is filed under it."""
    title: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    """Visible text, already extracted in the sandbox."""
    state: PostState = PostState.UNKNOWN
    stated_at: datetime | None = None
    """The site's own date, where it parses; a claim, not a fact."""
    links: tuple[Link, ...] = ()
    listing: Listing | None = None
    content: Capture | None = None
    """Bytes that are the post itself (a raw paste), to be unpacked and read."""


@dataclass(frozen=True, slots=True)
class SourceBatch:
    """What one step of a poll gave, with the checkpoint that resumes after it.

    The checkpoint is saved in the transaction that saves what the batch
    showed, so every saved batch can be resumed from.
    """

    captures: tuple[Capture, ...]
    """Every answer this batch rests on, page captures first."""
    posts: tuple[Post, ...]
    checkpoint: Mapping[str, Any]
    location: str | None = None
    """The configured location that answered."""
    pages: int = 1
    is_complete: bool = True
    """False when a page cap or a broken page leaves something unseen."""
    is_unchanged: bool = False
    """True when the site says, or shows, that nothing changed."""
    problem: str | None = None
    """Slug (``layout_changed``, ``challenged``, ...) that makes the source degraded."""
    detail: str | None = None
    """One line about the problem for the operator; no page content."""
    present: tuple[str, ...] | None = None
    """Locations of all posts the place shows, told anew or not; None where this
    step did not end a look at the whole place."""
