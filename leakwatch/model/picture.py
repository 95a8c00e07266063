"""A picture found in an artefact, as hashes of what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field

HASH_BYTES = 32
QUARTERS_BYTES = 4 * HASH_BYTES
ORIENTATIONS = 8
"""As it stands; turned by each right angle; mirrored over each of four axes."""
MAX_PICTURES = 200
"""Of one artefact; a scan has a picture a page."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the sandbox says of one picture. No key is in it: never stored, never shown."""

    hashes: tuple[bytes, ...] = field(repr=False)
    """PDQ, 32 bytes for each orientation; the picture as it stands comes first."""
    quarters: tuple[bytes, ...] = field(repr=False)
    """The same of its four quarters, row by row, for each orientation: 4 times 32
    bytes, all zero for a quarter that is blank."""
    quality: int
    """From 0 (blank, flat) to 100; below 50 the hashes say little."""
