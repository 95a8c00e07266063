from __future__ import annotations

import pickle
import stat
from pathlib import Path

import pytest

from leakwatch.errors import KeyUnusable, MissingFile
from leakwatch.fingerprint.key import KEY_BYTES, FingerprintKey, keygen


def test_keygen_writes_what_load_reads(tmp_path: Path) -> None:
    """A new key is 32 bytes that only its owner may read, and loads as the same key."""
    path = tmp_path / "key"
    made = keygen(path)
    assert path.stat().st_size == KEY_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert FingerprintKey.load(path).key_id == made.key_id


def test_keys_differ(tmp_path: Path) -> None:
    """No two keys are the same, nor are their ids."""
    one, other = keygen(tmp_path / "one"), keygen(tmp_path / "other")
    assert one.key_id != other.key_id
    assert one.subkey("x") != other.subkey("x")


def test_keygen_never_overwrites(tmp_path: Path) -> None:
    """A key that is there stays, and so does a link, even a dangling one."""
    path = tmp_path / "key"
    keygen(path)
    before = path.read_bytes()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for taken in (path, tmp_path / "link"):
        with pytest.raises(KeyUnusable, match="never overwritten"):
            keygen(taken)
    assert path.read_bytes() == before
    assert not (tmp_path / "nowhere").exists()


def test_keygen_says_why_it_cannot_write(tmp_path: Path) -> None:
    """A folder that is not there is named as such."""
    with pytest.raises(KeyUnusable, match="No such file"):
        keygen(tmp_path / "nowhere" / "key")


@pytest.mark.parametrize("size", [0, 31, 33, 4096])
def test_load_refuses_another_size(tmp_path: Path, size: int) -> None:
    """A file of any other size is no key."""
    path = tmp_path / "key"
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    with pytest.raises(KeyUnusable, match="32 bytes"):
        FingerprintKey.load(path)


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_load_refuses_a_key_open_to_all(tmp_path: Path, mode: int) -> None:
    """A key that every user may read or write is refused, with the way out."""
    path = tmp_path / "key"
    keygen(path)
    path.chmod(mode)
    with pytest.raises(KeyUnusable, match="open to every user") as caught:
        FingerprintKey.load(path)
    assert caught.value.hint == f"chmod 600 {path}"


def test_load_names_what_is_missing(tmp_path: Path) -> None:
    """A key that is not there is a missing file; a folder is no key."""
    with pytest.raises(MissingFile, match="fingerprint key"):
        FingerprintKey.load(tmp_path / "key")
    with pytest.raises(MissingFile):
        FingerprintKey.load(tmp_path)


def test_subkeys_are_of_their_purpose() -> None:
    """Each purpose has its own sub-key, of the length asked for."""
    key = FingerprintKey(bytes(32))
    assert key.subkey("a") != key.subkey("b")
    assert len(key.subkey("a", 100)) == 100


def test_nothing_shows_or_stores_the_key() -> None:
    """Neither repr nor pickle gives the key away."""
    key = FingerprintKey(b"\x07" * 32)
    assert "07" * 8 not in repr(key) + str(vars(type(key)))
    assert key.key_id in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)
