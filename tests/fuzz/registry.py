"""Every target. To add one: a line in the ``TARGETS`` of the file of its area."""

from __future__ import annotations

from tests.fuzz import extracting, frames, listing, pages, unpacking
from tests.fuzz.target import by_name

TARGETS = by_name(
    unpacking.TARGETS, extracting.TARGETS, pages.TARGETS, frames.TARGETS, listing.TARGETS
)
