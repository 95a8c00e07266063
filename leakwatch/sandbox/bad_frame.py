"""What is raised when a child does not keep to the protocol."""

from __future__ import annotations


class BadFrame(Exception):
    """The child broke the protocol: whatever it says is worthless from here."""
