"""A sighting: one post as it was seen for one matter, kept without its content.

It holds what a later look into a larger corpus needs: keyed digests, keyed
sketches and keyed numbers, with where and when. No text and no name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leakwatch.model.fingerprint import ExactDigests


@dataclass(frozen=True, slots=True)
class StoredArtefact:
    """What is kept of one artefact in place of it."""

    capture_id: str
    ordinal: str
    """Its position in the capture (``MemberPath.ordinal``)."""
    kind: str
    size_bytes: int
    digests: ExactDigests
    scheme: str
    """Key and recipe of digests and sketches (``FingerprintParams.scheme``)."""
    sketches: tuple[bytes, ...] = field(default=(), repr=False)
    """One a reading of its text (``fingerprint/compact.py``); none for no text."""
    pictures: bytes = field(default=b"", repr=False)
    """Sealed (``fingerprint/kept_pictures.py``); empty for none."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StoredListing:
    """What is kept of a listing: a keyed number for each thing a line tells."""

    capture_id: str
    scheme: str
    lines: bytes = field(repr=False)
    """See ``fingerprint/lines.py``."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One post, seen once, for one matter."""

    id: str
    matter: str
    source: str
    location: str
    observed_at: datetime
    corpora: str
    """Digest of the corpora that it was last matched against (``Matcher.corpora``)."""
    observation: Mapping[str, Any]
    """The observation without artefacts and matches, JSON-ready."""
    artefacts: tuple[StoredArtefact, ...] = ()
    listings: tuple[StoredListing, ...] = ()
    gone_since: datetime | None = None
    """First whole look at the place that did not show it any more; None while it is up."""
