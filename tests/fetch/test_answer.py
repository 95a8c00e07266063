"""What a capture keeps."""

from __future__ import annotations

import httpx

from leakwatch.fetch.answer import MAX_VALUE_CHARS, kept_headers


def test_headers_keep_their_order_and_repeats() -> None:
    """Repeated headers stay apart, in the order they came."""
    headers = httpx.Headers([("B", "1"), ("A", "2"), ("B", "3")])
    assert kept_headers(headers) == (("b", "1"), ("a", "2"), ("b", "3"))


def test_a_validator_is_never_cut() -> None:
    """A cut validator would match nothing again: it is left out."""
    headers = httpx.Headers({"ETag": "e" * (MAX_VALUE_CHARS + 1), "X": "x"})
    assert kept_headers(headers) == (("x", "x"),)
