"""RAR archives of all formats, made by the library that also reads them."""

from __future__ import annotations

import io
import os
import random
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
import rars
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import Corrupt, Encrypted, LeakwatchError
from leakwatch.unpack import libarchive, rar_archive, rar_entry, rar_keys, rar_solid
from leakwatch.unpack.rar4_headers import unpack_name
from leakwatch.unpack.rar_archive import RarArchive
from leakwatch.unpack.rar_entry import Cipher5, Rar5Entry, vint
from leakwatch.unpack.volumes import JoinedStream
from tests.support.archives import artefacts

NOTES = [(f"notes/{n}.txt", (f"note number {n}, " * (20 * n)).encode()) for n in range(6)]
FORMATS = ("rar15", "rar20", "rar29", "rar40", "rar50", "rar70")


def rar_of(members: Sequence[tuple[str, bytes]], **options: object) -> bytes:
    builder = rars.RarBuilder(**{"format": "rar50", "compression": 2, **options})
    for name, data in members:
        builder.add_bytes(data, name)
    return bytes(builder.to_bytes())


def volumes_of(folder: Path, members: Sequence[tuple[str, bytes]], **options: object) -> list[Path]:
    builder = rars.RarBuilder(**{"format": "rar50", "compression": 2, **options})
    for name, data in members:
        builder.add_bytes(data, name)
    builder.write_volumes(str(folder / "x.part1.rar"))
    return sorted(folder.iterdir())


def joined(paths: Sequence[Path | None]) -> JoinedStream:
    return JoinedStream([None if p is None else io.BytesIO(p.read_bytes()) for p in paths])


def contents(packed: bytes, *passwords: str) -> list[tuple[str, bytes]]:
    found = RarArchive().members(io.BytesIO(packed), passwords)
    return [(m.name, b"".join(m.chunks())) for m in found]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("solid", [False, True])
def test_every_format_is_read(kind: str, solid: bool) -> None:
    """Names, claims and contents, each member for itself or all in one."""
    packed = rar_of(NOTES, format=kind, solid=solid)
    assert contents(packed) == NOTES
    found = list(RarArchive().members(io.BytesIO(packed)))
    assert [m.size_bytes for m in found] == [len(data) for _, data in NOTES]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("solid", [False, True])
def test_encrypted_members_are_opened_by_their_password(kind: str, solid: bool) -> None:
    """Whatever was tried before; without it they are listed and told to be encrypted."""
    packed = rar_of(NOTES, format=kind, solid=solid, password="hunter2")
    assert contents(packed, "wrong", "hunter2") == NOTES
    for passwords in ((), ("wrong",)):
        for member in list(RarArchive().members(io.BytesIO(packed), passwords))[1:]:
            assert member.size_bytes
            with pytest.raises(Encrypted):
                b"".join(member.chunks())


@pytest.mark.parametrize("kind", ["rar40", "rar50"])
def test_encrypted_headers_are_opened_by_their_password(kind: str) -> None:
    """Without it, not even a name is known."""
    packed = rar_of(NOTES, format=kind, password="hunter2", encrypt_headers=True)
    assert contents(packed, "wrong", "hunter2") == NOTES
    for passwords in ([], ["wrong"]):
        with pytest.raises(Encrypted):
            list(RarArchive().members(io.BytesIO(packed), passwords))


def test_an_archive_cannot_ask_for_any_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of 2^24 rounds is not derived; nor are so many that together they cost as much."""
    keys = rar_keys.RarKeys(["hunter2"])
    with pytest.raises(Encrypted, match="2\\^24"):
        keys.key5(Cipher5(24, b"", b"", None, is_tweaked=False))
    monkeypatch.setattr(rar_keys, "_MAX_ITERATIONS", 100)
    for n in range(6):
        keys.key5(Cipher5(3, b"%d" % n, b"", None, is_tweaked=False))
    with pytest.raises(Encrypted, match="too many rounds"):
        keys.key5(Cipher5(3, b"another", b"", None, is_tweaked=False))


def test_volumes_are_one_archive(tmp_path: Path) -> None:
    """A member may lie in many of them."""
    members = [*NOTES, ("long", os.urandom(20_000))]
    paths = volumes_of(tmp_path, members, volume_size=4000)
    assert len(paths) > 4
    found = RarArchive().members(joined(paths))
    assert [(m.name, b"".join(m.chunks())) for m in found] == members


@pytest.mark.parametrize("options", [{"solid": True}, {"password": "hunter2"}])
def test_solid_and_encrypted_volumes_are_one_archive(
    tmp_path: Path, options: dict[str, object]
) -> None:
    """Their data goes on from one volume to the next."""
    members = [*NOTES, ("long", os.urandom(9_000))]
    paths = volumes_of(tmp_path, members, volume_size=4000, **options)
    found = RarArchive().members(joined(paths), ["hunter2"])
    assert [(m.name, b"".join(m.chunks())) for m in found] == members


def test_a_missing_volume_costs_the_members_in_it(tmp_path: Path) -> None:
    """The others stand, and what is lost says which volume is missing."""
    members = [(f"m{n}", os.urandom(3000)) for n in range(8)]
    paths: list[Path | None] = list(volumes_of(tmp_path, members, volume_size=4000))
    paths[2] = None
    read: dict[str, bytes] = {}
    said: list[str] = []
    for member in RarArchive().members(joined(paths)):
        try:
            read[member.name] = b"".join(member.chunks())
        except Corrupt as error:
            said.append(error.what)
    assert read.items() <= dict(members).items()
    assert len(read) >= 4
    assert said
    assert all("missing" in what for what in said)


def test_equal_names_are_members_of_their_own() -> None:
    """Members are told by their place."""
    parts = [_stored(b"first"), _stored(b"second")]
    packed = Rar5Entry.magic + parts[0].main_header(is_solid=False)
    packed += parts[0].header(5) + b"first" + parts[1].header(6) + b"second"
    assert [artefacts(packed)[n].text for n in ("0", "1")] == ["first", "second"]


def test_a_path_out_of_the_archive_is_only_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written under it."""
    monkeypatch.setattr(rar_entry, "NAME_IN_CARVED", b"../../up")
    entry = _stored(b"text")
    packed = entry.magic + entry.main_header(is_solid=False) + entry.header(4) + b"text"
    monkeypatch.undo()
    assert contents(packed) == [("../../up", b"text")]


def _stored(data: bytes) -> Rar5Entry:
    return Rar5Entry("", len(data), zlib.crc32(data), (), 0)


def test_a_wrong_checksum_is_told_beside_the_content() -> None:
    """The bytes are the attacker's either way."""
    packed = rar_of([("a", b"some text" * 9), ("b", b"neighbour")], store=True)
    changed = packed.replace(b"some text", b"same text", 1)
    found = artefacts(changed)
    assert found["0"].error == "corrupt"
    assert (found["0"].text or "").startswith("same text")
    assert found["1"].text == "neighbour"


def test_a_damaged_solid_member_does_not_hide_those_before_it() -> None:
    """What can be unpacked is."""
    noise = [(f"m{n}", os.urandom(2000)) for n in range(5)]
    packed = bytearray(rar_of(noise, solid=True, compression=1))
    packed[-3000] ^= 0xFF
    read = 0
    for member, (_, data) in zip(RarArchive().members(io.BytesIO(packed)), noise, strict=True):
        try:
            read += b"".join(member.chunks()) == data
        except LeakwatchError:
            continue
    assert read >= 3


@pytest.mark.parametrize("options", [{}, {"format": "rar29"}, {"solid": True}, {"store": True}])
def test_truncated_anywhere_what_came_before_stands(options: dict[str, object]) -> None:
    """Every prefix gives members of the whole, and errors of ours."""
    packed = rar_of(NOTES[:3], **options)
    whole = dict(NOTES)
    for end in range(len(packed)):
        try:
            for member in RarArchive().members(io.BytesIO(packed[:end])):
                try:
                    assert b"".join(member.chunks()) == whole[member.name]
                except LeakwatchError:
                    continue
        except LeakwatchError:
            continue


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_changed_anywhere_only_errors_of_ours_come(data: st.DataObject) -> None:
    """Whatever the format."""
    options: dict[str, object] = data.draw(
        st.sampled_from([{}, {"format": "rar29"}, {"solid": True}, {"password": "hunter2"}])
    )
    packed = bytearray(rar_of(NOTES[:2], **options))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        for member in RarArchive().members(io.BytesIO(packed), ["hunter2"]):
            try:
                b"".join(member.chunks())
            except LeakwatchError:
                continue
    except LeakwatchError:
        pass


@given(st.binary(max_size=60), st.binary(max_size=120))
def test_any_packed_name_is_some_name(plain: bytes, packed: bytes) -> None:
    """Total and bounded."""
    assert len(unpack_name(plain, packed)) <= 5000


@given(st.integers(0, 2**63))
def test_numbers_are_written_as_they_are_read(number: int) -> None:
    """Seven bits a byte, lowest first."""
    raw = vint(number)
    assert sum((byte & 0x7F) << 7 * place for place, byte in enumerate(raw)) == number
    assert raw[-1] < 0x80


def test_a_password_is_in_no_repr() -> None:
    """Of what holds passwords and keys."""
    keys = rar_keys.RarKeys(["hunter2"])
    keys.note_right("hunter2")
    assert "hunter2" not in repr(keys)


@pytest.mark.skipif(libarchive.version() is None, reason="there is no libarchive")
@pytest.mark.parametrize("solid", [False, True])
def test_what_is_too_large_to_be_held_is_unpacked_piece_by_piece(
    monkeypatch: pytest.MonkeyPatch, solid: bool
) -> None:
    """To its last byte, encrypted or not; those of a solid run in one pass, not encrypted."""
    for module in (rar_archive, rar_solid):
        monkeypatch.setattr(module, "MAX_WHOLE_BYTES", 100)
    words = random.Random(3)
    members = [
        (f"{n}", b" ".join(b"%x" % words.getrandbits(24) for _ in range(60_000))) for n in range(3)
    ]
    for password in (None,) if solid else (None, "hunter2"):
        packed = rar_of(members, solid=solid, compression=1, password=password)
        assert contents(packed, "hunter2") == members
