"""Encrypted ZIP members."""

from __future__ import annotations

import io
import os
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import Corrupt, Encrypted, LeakwatchError
from leakwatch.unpack.zip_archive import ZipArchive
from leakwatch.unpack.zip_secrets import _LONG_BYTES
from tests.support.locked_zips import traditional, winzip

NOTES = [("a.txt", b"first note"), ("b.txt", b""), ("c.txt", b"third note" * 5000)]


def contents(packed: bytes, *passwords: str) -> list[bytes]:
    return [b"".join(m.chunks()) for m in ZipArchive().members(io.BytesIO(packed), passwords)]


@pytest.mark.parametrize("strength", [1, 2, 3])
@pytest.mark.parametrize("version", [1, 2])
def test_aes_members_are_opened_by_their_password(version: int, strength: int) -> None:
    """Of all key lengths, with a checksum or without, whatever was tried before."""
    packed = winzip(NOTES, b"hunter2", version=version, strength=strength)
    assert contents(packed, "wrong", "hunter2") == [data for _, data in NOTES]


def test_traditional_members_are_opened_by_their_password() -> None:
    """By the same that the standard library takes."""
    packed = traditional(NOTES, b"hunter2")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.read("a.txt", b"hunter2") == b"first note"
    assert contents(packed, "wrong", "hunter2") == [data for _, data in NOTES]


def test_a_long_member_is_decrypted_as_a_short_one_is() -> None:
    """Whoever does it; other passwords do not open it."""
    data = os.urandom(_LONG_BYTES + 5)
    packed = traditional([("a", data)], b"hunter2")
    assert contents(packed, "hunter2") == [data]
    with pytest.raises(Encrypted):
        contents(packed, *(f"no{n}" for n in range(32)))


def test_a_password_is_tried_in_the_encodings_of_other_systems() -> None:
    """What is not ASCII was typed on a system with a code page of its own."""
    packed = traditional(NOTES[:1], "Жук".encode("cp866"))
    assert contents(packed, "Жук") == [b"first note"]


@pytest.mark.parametrize("make", [traditional, winzip])
def test_no_password_or_a_wrong_one_is_encrypted_not_corrupt(make: object) -> None:
    """And the claims are still told, as far as there are any."""
    packed = make(NOTES, b"hunter2")  # type: ignore[operator]
    for passwords in ((), ("wrong",), tuple(f"wrong{n}" for n in range(300))):
        found = list(ZipArchive().members(io.BytesIO(packed), passwords))
        assert [m.size_bytes for m in found] == [len(data) for _, data in NOTES]
        for member in found:
            with pytest.raises(Encrypted):
                b"".join(member.chunks())


def test_changed_aes_data_is_corrupt() -> None:
    """Its code says so, though the password is right."""
    packed = bytearray(winzip(NOTES[2:], b"hunter2"))
    packed[1000] ^= 1
    with pytest.raises(Corrupt):
        contents(bytes(packed), "hunter2")


def test_a_password_is_in_no_error_and_no_repr() -> None:
    """Nor is a name."""
    [member] = ZipArchive().members(io.BytesIO(winzip(NOTES[:1], b"x")), ["hunter2"])
    with pytest.raises(Encrypted) as caught:
        b"".join(member.chunks())
    assert "hunter2" not in f"{caught.value!r} {caught.value} {member!r}"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_archives_raise_our_errors_only(data: st.DataObject) -> None:
    """Cut anywhere or changed anywhere."""
    make = data.draw(st.sampled_from([traditional, winzip]))
    packed = bytearray(make(NOTES[:2], b"hunter2"))
    if data.draw(st.booleans()):
        del packed[data.draw(st.integers(0, len(packed) - 1)) :]
    else:
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        for member in ZipArchive().members(io.BytesIO(packed), ["hunter2"]):
            try:
                b"".join(member.chunks())
            except LeakwatchError:
                continue
    except LeakwatchError:
        pass
