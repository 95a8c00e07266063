"""Every target. To add one: a line in the ``TARGETS`` of the file of its area."""

from __future__ import annotations

from tests.fuzz import archives, documents, extracting, frames, listings, pages, unpacking
from tests.fuzz.target import by_name

TARGETS = by_name(
    unpacking.TARGETS,
    archives.TARGETS,
    extracting.TARGETS,
    documents.TARGETS,
    listings.TARGETS,
    pages.TARGETS,
    frames.TARGETS,
)
