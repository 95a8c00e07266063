"""7z archives, made by another library."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Sequence

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import BudgetExceeded, Corrupt, Encrypted, LeakwatchError, Unsupported
from leakwatch.unpack import libarchive, sevenzip_keys
from leakwatch.unpack.sevenzip_archive import SevenZipArchive
from leakwatch.unpack.sevenzip_coders import chain
from leakwatch.unpack.sevenzip_header import MAGIC, Coder, Folder, read_header
from leakwatch.unpack.sevenzip_keys import SevenZipKeys
from leakwatch.unpack.volumes import JoinedStream
from tests.support.archives import artefacts

NOTES = [(f"notes/{n}.txt", (f"note number {n}, " * (20 * n)).encode()) for n in range(5)]
X86, ARM = {"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_ARM}
LZMA1 = {"id": py7zr.FILTER_LZMA, "preset": 1}
LZMA2 = {"id": py7zr.FILTER_LZMA2, "preset": 1}
DELTA = {"id": py7zr.FILTER_DELTA}
METHODS = {
    "copy": [{"id": py7zr.FILTER_COPY}],
    "lzma1": [LZMA1],
    "lzma2": [LZMA2],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "x86": [X86, LZMA2],
    "x86-lzma1": [X86, LZMA1],
    "arm": [ARM, LZMA2],
    "delta": [DELTA, LZMA2],
}


def sevenzip_of(
    members: Sequence[tuple[str, bytes]],
    method: str = "lzma2",
    *,
    password: str | None = None,
    header_encryption: bool = False,
) -> bytes:
    packed = io.BytesIO()
    filters = METHODS[method]
    if password is not None:
        filters = [*filters, {"id": py7zr.FILTER_CRYPTO_AES256_SHA256}]
    with py7zr.SevenZipFile(
        packed, "w", filters=filters, password=password, header_encryption=header_encryption
    ) as archive:
        for name, data in members:
            archive.writestr(data, name)
    return packed.getvalue()


def contents(packed: bytes, *passwords: str) -> list[tuple[str, bytes]]:
    found = SevenZipArchive().members(io.BytesIO(packed), passwords)
    return [(m.name, b"".join(m.chunks())) for m in found]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_read(method: str) -> None:
    """Names, claims and contents, empty files too."""
    packed = sevenzip_of(NOTES, method)
    assert contents(packed) == NOTES
    for member, (_, data) in zip(SevenZipArchive().members(io.BytesIO(packed)), NOTES, strict=True):
        assert member.size_bytes == len(data)
        assert member.crc32 in {zlib.crc32(data), None}


@pytest.mark.parametrize("header_encryption", [False, True])
def test_encrypted_archives_are_opened_by_their_password(header_encryption: bool) -> None:
    """Whatever was tried before; without it, what is listed is told."""
    packed = sevenzip_of(NOTES, password="hunter2", header_encryption=header_encryption)
    assert contents(packed, "wrong", "hunter2") == NOTES
    for passwords in ((), ("wrong",)):
        if header_encryption:
            with pytest.raises(Encrypted):
                list(SevenZipArchive().members(io.BytesIO(packed), passwords))
            continue
        for member in list(SevenZipArchive().members(io.BytesIO(packed), passwords))[1:]:
            assert member.size_bytes
            assert member.crc32
            with pytest.raises(Encrypted):
                b"".join(member.chunks())


def test_an_archive_cannot_ask_for_any_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of 2^40 rounds is not derived; nor are so many that together they cost as much."""
    keys = SevenZipKeys(["hunter2"])
    with pytest.raises(Encrypted, match="2\\^40"):
        keys.derive(bytes([40]), "hunter2")
    monkeypatch.setattr(sevenzip_keys, "_MAX_ROUNDS", 100)
    for n in range(12):
        keys.derive(bytes([0x83, 0x00, n]), "hunter2")
    with pytest.raises(Encrypted):
        keys.derive(bytes([0x83, 0x00, 99]), "hunter2")
    assert "hunter2" not in repr(keys)


def test_a_dictionary_is_as_large_as_what_comes_out() -> None:
    """However large it claims to be: four gigabytes are not asked of memory."""
    packed = sevenzip_of([("a", b"text" * 1000)], "copy")
    folder = Folder([Coder(b"\x21", b"\x28", 1, 1)], [], [0], [4000])
    del packed
    chain(folder, io.BytesIO(b""), SevenZipKeys([]), None)
    folder.sizes = [2**32]
    with pytest.raises(BudgetExceeded):
        chain(folder, io.BytesIO(b""), SevenZipKeys([]), None)


@pytest.mark.skipif(libarchive.version() is None, reason="there is no libarchive")
def test_a_method_only_libarchive_knows_is_left_to_it() -> None:
    """PPMd: a decoder that needs no thread."""
    METHODS["ppmd"] = [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 16}]
    packed = sevenzip_of(NOTES, "ppmd")
    assert contents(packed) == NOTES


def test_a_method_nobody_knows_is_unsupported() -> None:
    """By its number."""
    folder = Folder([Coder(b"\x7f", b"", 1, 1)], [], [0], [4000])
    with pytest.raises(Unsupported, match="7f"):
        chain(folder, io.BytesIO(b""), SevenZipKeys([]), None)


def test_coders_in_a_ring_are_corrupt() -> None:
    """A chain has a start and an end."""
    coder = Coder(b"\x00", b"", 1, 1)
    for binds in ([(0, 1), (1, 0)], [(1, 1)], [(5, 0)]):
        with pytest.raises(Corrupt):
            chain(Folder([coder, coder], binds, [0], [1, 1]), io.BytesIO(), SevenZipKeys([]), None)


def test_an_archive_behind_a_program_is_found() -> None:
    """By a start with a right checksum, in the first mebibyte."""
    program = b"MZ\0\0" + MAGIC + bytes(90_000)
    found = artefacts(program + sevenzip_of(NOTES))
    assert [found[f"{n}"].text for n in range(1, 5)] == [d.decode() for _, d in NOTES[1:]]
    assert found[""].kind == "7z"


def test_volumes_are_one_archive_and_a_missing_one_leaves_a_gap() -> None:
    """What lies in the others is still read, where the header is."""
    members = [(f"m{n}", os.urandom(3000)) for n in range(6)]
    packed = sevenzip_of(members, "copy")
    pieces = [io.BytesIO(packed[at : at + 4000]) for at in range(0, len(packed), 4000)]
    found = SevenZipArchive().members(JoinedStream(pieces))
    assert [(m.name, b"".join(m.chunks())) for m in found] == members
    holed = JoinedStream([None if n == 1 else p for n, p in enumerate(pieces)], fill=True)
    read = 0
    for member, (_, data) in zip(SevenZipArchive().members(holed), members, strict=True):
        try:
            read += b"".join(member.chunks()) == data
        except Corrupt:
            continue
    assert read >= 3


def test_damage_costs_what_is_packed_behind_it_and_no_time() -> None:
    """It is met once, not once a member."""
    members = [(f"m{n}", os.urandom(5000)) for n in range(200)]
    packed = bytearray(sevenzip_of(members))
    packed[500_000] ^= 0xFF
    good = 0
    for member, (_, data) in zip(
        SevenZipArchive().members(io.BytesIO(packed)), members, strict=True
    ):
        try:
            good += b"".join(member.chunks()) == data
        except Corrupt:
            continue
    assert good >= 90


def test_a_header_is_believed_no_further_than_it_is_long() -> None:
    """Counts, sizes and offsets are lies until shown otherwise."""
    huge = b"\xff" + (2**60).to_bytes(8, "little")
    for raw in (
        b"\x01\x05" + huge,
        b"\x01\x04\x06" + huge + huge,
        b"\x01\x04\x07\x0b" + huge,
        b"\x17\x06\x00\x01\x09" + huge,
    ):
        with pytest.raises(Corrupt):
            read_header(raw)
    start = struct.pack("<2QL", 2**60, 2**40, 0)
    packed = MAGIC + b"\0\4" + struct.pack("<L", zlib.crc32(start)) + start
    with pytest.raises(LeakwatchError):
        contents(packed)


def test_truncated_anywhere_only_errors_of_ours_come() -> None:
    """The header lies at the end: without it there is nothing to read by."""
    packed = sevenzip_of(NOTES[:3])
    for end in range(len(packed)):
        with pytest.raises(LeakwatchError):
            contents(packed[:end])


# Made once: a library's archive holds the time.
_PACKED = {method: sevenzip_of(NOTES[:3], method) for method in ("copy", "lzma2", "x86")}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_changed_anywhere_only_errors_of_ours_come(data: st.DataObject) -> None:
    """Also behind the checksums, which an attacker makes right."""
    method = data.draw(st.sampled_from(sorted(_PACKED)))
    packed = bytearray(_PACKED[method])
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(32, len(packed) - 1))] = data.draw(st.integers(0, 255))
    offset, size = struct.unpack_from("<2Q", packed, 12)
    struct.pack_into("<L", packed, 28, zlib.crc32(packed[32 + offset : 32 + offset + size]))
    struct.pack_into("<L", packed, 8, zlib.crc32(packed[12:32]))
    try:
        for member in SevenZipArchive().members(io.BytesIO(packed)):
            try:
                b"".join(member.chunks())
            except LeakwatchError:
                continue
    except LeakwatchError:
        pass


@given(st.binary(max_size=300))
def test_any_bytes_are_a_header_or_corrupt(raw: bytes) -> None:
    """Total: no other exception, no memory for what is only claimed."""
    try:
        found = read_header(b"\x01" + raw)
        if isinstance(found, tuple):
            list(found[1])
    except LeakwatchError:
        pass
