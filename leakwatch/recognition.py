"""Matching what a post showed: as it is seen, and anew from what was kept of it.

Pure CPU, to be run in an executor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter

from leakwatch.inspection import Inspection
from leakwatch.model.artefact import Artefact
from leakwatch.model.capture import Capture
from leakwatch.model.fingerprint import ExactDigests
from leakwatch.model.ids import derived_id
from leakwatch.model.match import Match
from leakwatch.model.post import Post
from leakwatch.model.sighting import Sighting, StoredArtefact, StoredListing
from leakwatch.observation import Observation, as_fields, from_fields
from leakwatch.ports import Matcher, Reading, SeenArtefact, StoredMatch

MAX_KEPT_BYTES = 64 * 1024 * 1024
"""Of sketches kept of one post, to be matched against a later corpus; past that
its artefacts are kept by their digests alone."""
_UNDIGESTED = ExactDigests("", None, 0)


@dataclass(slots=True)
class Recognised:
    """What matching everything that a post showed came to."""

    artefacts: list[SeenArtefact] = field(default_factory=list)
    matches: list[StoredMatch] = field(default_factory=list)
    matched: set[str] = field(default_factory=set)
    """Captures that hold a known file themselves."""
    kept: list[StoredArtefact] = field(default_factory=list)
    listings: list[StoredListing] = field(default_factory=list)

    def add_artefact(self, kept: StoredArtefact, found: tuple[Match, ...], at: datetime) -> None:
        """Take up one artefact with the known files found in it."""
        self.artefacts.append(
            SeenArtefact(
                capture_id=kept.capture_id,
                ordinal=kept.ordinal,
                kind=kept.kind,
                size_bytes=kept.size_bytes,
                digests=kept.digests,
                error=kept.error,
            )
        )
        letters = kept.digests.letters
        self.matches += [
            StoredMatch(match, kept.ordinal, kept.capture_id, at, artefact_letters=letters)
            for match in found
        ]
        if found:
            self.matched.add(kept.capture_id)

    def add_listing(self, capture_id: str, found: tuple[Match, ...], at: datetime) -> None:
        """Take up the known files that a listing on a capture names."""
        self.matches += [StoredMatch(match, None, capture_id, at) for match in found]


class Recogniser:
    """Matches what one post shows, artefact by artefact as it is read.

    Args:
        matcher: knows the stolen files of one matter.
    """

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._heard: dict[str, list[tuple[tuple[int, ...], StoredArtefact, Reading]]] = {}
        self._left_bytes = MAX_KEPT_BYTES

    def hear(self, capture: Capture, artefact: Artefact) -> None:
        """Match one artefact and let its text go. Blocking."""
        reading = self._matcher.match_artefact(artefact, keep=True)
        kept = _kept(artefact, reading, capture.id, self._matcher.scheme)
        self._left_bytes -= sum(map(len, kept.sketches)) + len(kept.pictures)
        if self._left_bytes < 0:
            kept = replace(kept, sketches=(), pictures=b"")
        heard = (artefact.path.ordinals, kept, replace(reading, sketches=(), pictures=b""))
        self._heard.setdefault(capture.id, []).append(heard)

    def has_match(self, capture_id: str) -> bool:
        """Tell whether a known file was found in a capture."""
        return any(reading.matches for _, _, reading in self._heard.get(capture_id, ()))

    def result(self, inspection: Inspection) -> Recognised:
        """Return what was heard of the captures of an inspection, with its listings. Blocking."""
        result = Recognised()
        times = {seen.capture.id: seen.capture.completed_at for seen in inspection.seen}
        for name, at in times.items():
            for _, kept, reading in sorted(self._heard.get(name, ()), key=itemgetter(0)):
                result.add_artefact(kept, reading.matches, at)
                result.kept.append(kept)
        for name, listing in inspection.listings:
            reading = self._matcher.match_listing(listing, keep=True)
            result.add_listing(name, reading.matches, times[name])
            if reading.lines is not None:
                result.listings.append(StoredListing(name, self._matcher.scheme, reading.lines))
        return result


def sighting_of(
    observation: Observation, post: Post, recognised: Recognised, *, corpora: str
) -> Sighting:
    """Return what is kept of a post; the same id for the same content at the same place.

    Args:
        observation: what it showed for a matter.
        post: the post.
        recognised: what matching it came to.
        corpora: the state of the corpora that it was matched against.
    """
    content = [f"{a.digests.raw}/{a.digests.text}/{a.ordinal}" for a in recognised.kept]
    content += [hashlib.sha256(one.lines).hexdigest() for one in recognised.listings]
    return Sighting(
        id=derived_id("s", observation.matter, observation.location, post.key, *content),
        matter=observation.matter,
        source=observation.source,
        location=observation.location,
        observed_at=observation.observed_at,
        corpora=corpora,
        observation=as_fields(observation),
        artefacts=tuple(recognised.kept),
        listings=tuple(recognised.listings),
    )


def look_again(sighting: Sighting, matcher: Matcher) -> Observation:
    """Return the observation that a sighting is in the light of these corpora.

    Raises:
        WrongKey, IncompatibleParams, FingerprintError: what was kept cannot be compared.
        ValueError: the row is damaged.
    """
    bare = from_fields(sighting.observation)
    times = {capture.id: capture.completed_at for capture in bare.captures}
    result = Recognised()
    for kept in sighting.artefacts:
        at = _time(times, kept.capture_id, sighting)
        result.add_artefact(kept, matcher.match_stored(kept).matches, at)
    for listing in sighting.listings:
        at = _time(times, listing.capture_id, sighting)
        found = matcher.match_stored_listing(listing).matches
        result.add_listing(listing.capture_id, found, at)
    return replace(
        bare,
        id=derived_id("o", sighting.id, matcher.corpora),
        artefacts=tuple(result.artefacts),
        matches=tuple(result.matches),
        is_content_reachable=bool(result.matched),
        is_hindsight=True,
        gone_since=sighting.gone_since,
    )


def _time(times: Mapping[str, datetime], capture_id: str, sighting: Sighting) -> datetime:
    return times.get(capture_id, sighting.observed_at)


def _kept(artefact: Artefact, reading: Reading, capture_id: str, scheme: str) -> StoredArtefact:
    return StoredArtefact(
        capture_id=capture_id,
        ordinal=artefact.path.ordinal,
        kind=artefact.kind,
        size_bytes=artefact.size_bytes,
        digests=reading.digests or _UNDIGESTED,
        scheme=scheme,
        sketches=reading.sketches,
        pictures=reading.pictures,
        error=artefact.error,
    )
