from __future__ import annotations

import hashlib

from leakwatch.fingerprint.exact import TEXT_FLOOR_LETTERS, ExactHasher
from tests.support.corpora import KEY, OTHER_KEY

SHA256 = hashlib.sha256(b"bytes").hexdigest()
TEXT = b"x" * TEXT_FLOOR_LETTERS


def test_digests_are_keyed() -> None:
    """Neither the bytes' digest nor the text's is one that anybody could compute."""
    one, other = (
        ExactHasher(KEY).digests(SHA256, TEXT),
        ExactHasher(OTHER_KEY).digests(SHA256, TEXT),
    )
    assert one.raw != other.raw
    assert one.text != other.text
    unkeyed = (SHA256, hashlib.sha256(TEXT).hexdigest())
    assert not any(digest.startswith((one.raw, one.text or "-")) for digest in unkeyed)


def test_short_texts_have_no_digest() -> None:
    """Texts below the floor are equal by chance, and have none."""
    hasher = ExactHasher(KEY)
    assert hasher.digests(SHA256, TEXT[1:]).text is None
    assert hasher.digests(SHA256, TEXT).text is not None
    assert hasher.digests(SHA256, TEXT).letters == TEXT_FLOOR_LETTERS


def test_unread_bytes_have_no_digest() -> None:
    """A member that could not be read to its end has no digest of its bytes."""
    assert ExactHasher(KEY).digests("", b"").raw == ""
