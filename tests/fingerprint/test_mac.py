"""HMAC-SHA256 with the key set up once."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.fingerprint.mac import Mac


@given(key=st.binary(max_size=64), messages=st.lists(st.binary(max_size=200), max_size=4))
def test_it_is_hmac(key: bytes, messages: list[bytes]) -> None:
    """Every message, one after another, has the digest that the standard library gives it."""
    mac = Mac(key)
    assert [mac.digest(m) for m in messages] == [
        hmac.digest(key, m, hashlib.sha256) for m in messages
    ]


def test_a_key_over_a_block_is_refused() -> None:
    """A key that would have to be hashed first is no key of ours."""
    with pytest.raises(ValueError, match="65 bytes"):
        Mac(bytes(65))
