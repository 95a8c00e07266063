"""Every target. To add one: a line in the ``TARGETS`` of the file of its area."""

from __future__ import annotations

from tests.fuzz import (
    archives,
    containers,
    documents,
    extracting,
    frames,
    listings,
    pages,
    remote,
    unpacking,
)
from tests.fuzz.target import by_name

TARGETS = by_name(
    unpacking.TARGETS,
    archives.TARGETS,
    containers.TARGETS,
    extracting.TARGETS,
    documents.TARGETS,
    listings.TARGETS,
    pages.TARGETS,
    remote.TARGETS,
    frames.TARGETS,
)
