"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from tests.support.tor_network import tor_network

__all__ = ["tor_network"]
