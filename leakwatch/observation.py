"""An observation: what one post showed for one matter, ready to be recorded.

It holds no content: digests, matches, flags and times. So it can be journalled
before the database takes it, and recorded after a crash as if nothing happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from leakwatch.model.capture import Capture
from leakwatch.model.evidence import SealedContent
from leakwatch.model.finding import Claims
from leakwatch.model.post import PostState
from leakwatch.model.source import Role
from leakwatch.ports import SeenArtefact, StoredMatch


@dataclass(frozen=True, slots=True)
class Observation:
    """What one post showed for one matter."""

    id: str
    """Derived from matter, location and captures: the same again after a crash."""
    poll_id: str
    matter: str
    source: str
    role: Role
    location: str
    """Canonical, document names redacted."""
    observed_at: datetime
    post_state: PostState
    claims: Claims
    captures: tuple[Capture, ...]
    """Bodies dropped, URLs redacted."""
    artefacts: tuple[SeenArtefact, ...]
    matches: tuple[StoredMatch, ...]
    is_content_reachable: bool
    """Matched content was itself fetched, not merely listed."""
    unread_files: int
    """Files that are there but were locked, dead, too large or not fetched."""
    claimed_posted_at: datetime | None = None
    sealed: SealedContent | None = None
    sealed_captures: tuple[str, ...] = ()
    """Ids of the captures that ``sealed`` holds."""
    is_hindsight: bool = False
    """Known files were recognised later, in what was kept: see ``recognition.look_again``."""
    gone_since: datetime | None = None
    """Of a hindsight: first look that did not show the place any more; None while it is up."""

    @property
    def is_listing_only(self) -> bool:
        """Whether names and sizes matched, and no content did."""
        return bool(self.matches) and not self.is_content_reachable


_CODEC: TypeAdapter[Observation] = TypeAdapter(Observation)


def encode(observation: Observation) -> bytes:
    """Return the observation as JSON."""
    return _CODEC.dump_json(observation)


def decode(raw: bytes) -> Observation:
    """Return the observation that ``encode`` was given.

    Raises:
        ValueError: the bytes are not one.
    """
    return _CODEC.validate_json(raw)


def as_fields(observation: Observation) -> Mapping[str, Any]:
    """Return the observation JSON-ready, without what matching it came to."""
    bare = replace(
        observation,
        artefacts=(),
        matches=(),
        is_content_reachable=False,
        sealed=None,
        sealed_captures=(),
    )
    fields: Mapping[str, Any] = _CODEC.dump_python(bare, mode="json")
    return fields


def from_fields(fields: Mapping[str, Any]) -> Observation:
    """Return the observation that ``as_fields`` was given; raises as ``decode``."""
    return _CODEC.validate_json(json.dumps(fields))
