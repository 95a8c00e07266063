"""The spool: nothing in clear, nothing by name, nothing left, read from anywhere."""

from __future__ import annotations

import hashlib
import io
import os
import random
import shutil
import subprocess
import sys
import zlib
from collections import namedtuple
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import SpoolFull
from leakwatch.spool import CHUNK_BYTES, DecryptingStream, Spool, Spooled, opened

SECRET = b"Fictional Patient, born on a day that never was. "
MIB = 1024 * 1024
_Usage = namedtuple("_Usage", "total used free")  # noqa: PYI024 - as shutil's own


def spool_in(folder: Path, *, max_bytes: int = 64 * MIB) -> Spool:
    return Spool(folder / "spool", max_bytes=max_bytes, keep_free_bytes=0)


def put(spool: Spool, data: bytes, *, piece: int = 70_001) -> Spooled:
    writer = spool.writer()
    for at in range(0, len(data), piece):
        writer.write(data[at : at + piece])
    return writer.finish()


def test_what_went_in_comes_out_with_its_digests(tmp_path: Path) -> None:
    """Digests are of the clear bytes, and the clear bytes can be had again and again."""
    data = random.Random(1).randbytes(3 * MIB + 17)
    content = put(spool_in(tmp_path), data)
    assert (content.size_bytes, content.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert content.crc32 == zlib.crc32(data)
    assert data.startswith(content.head)
    for _ in range(2):
        assert b"".join(content.chunks()) == data


def test_nothing_lies_there_in_clear_or_by_name(tmp_path: Path) -> None:
    """No name leads to a content, and its bytes on disk tell nothing."""
    data = SECRET * 20_000
    content = put(spool_in(tmp_path), data)
    raw = os.pread(content.fd, len(data), 0)
    assert len(raw) == len(data)
    assert SECRET[:9] not in raw
    assert len(zlib.compress(raw)) > 0.99 * len(raw)
    assert list((tmp_path / "spool").iterdir()) == []
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
    assert os.fstat(content.fd).st_nlink == 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(content.fd, b"x")


def test_the_same_content_looks_different_each_time(tmp_path: Path) -> None:
    """Each has a key of its own: nobody can tell that one came twice."""
    spool = spool_in(tmp_path)
    first, second = (put(spool, SECRET * 100) for _ in range(2))
    assert os.pread(first.fd, 4096, 0) != os.pread(second.fd, 4096, 0)


def test_what_is_begun_anew_has_another_key(tmp_path: Path) -> None:
    """A key stream used for two contents would give away both."""
    writer = spool_in(tmp_path).writer()
    writer.write(SECRET)
    before = os.pread(writer._read_fd, 99, 0)
    writer.restart()
    writer.write(SECRET)
    content = writer.finish()
    assert os.pread(content.fd, 99, 0) != before
    assert b"".join(content.chunks()) == SECRET


_DATA = random.Random(2).randbytes(100_003)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-100_100, 100_100), st.integers(0, 70_000)))
)
def test_a_content_reads_like_a_file(moves: list[tuple[int, int, int]]) -> None:
    """Whatever is sought and read, the bytes are those of the clear content there."""
    content = put(_shared(), _DATA)
    plain = io.BytesIO(_DATA)
    for stream in (DecryptingStream(content.fd, content.key, len(_DATA)), _file(content)):
        plain.seek(0)
        for whence, offset, size in moves:
            base = (0, plain.tell(), len(_DATA))[whence]
            if base + offset >= 0:
                assert stream.seek(offset, whence) == plain.seek(base + offset)
            assert stream.read(size) == plain.read(size)
            assert stream.tell() == plain.tell()
    content.close()


def _file(content: Spooled) -> io.BufferedReader:
    return opened(content.fd, content.key, content.size_bytes)


_SHARED: list[Spool] = []


def _shared() -> Spool:
    return _SHARED[0]


@pytest.fixture(autouse=True, scope="module")
def _a_shared_spool(tmp_path_factory: pytest.TempPathFactory) -> None:
    _SHARED.append(spool_in(tmp_path_factory.mktemp("shared")))


def test_the_budget_is_one_for_all_and_is_given_back(tmp_path: Path) -> None:
    """Contents share the budget; what is closed, abandoned or dropped makes room."""
    spool = spool_in(tmp_path, max_bytes=2 * MIB)
    first = put(spool, bytes(MIB), piece=CHUNK_BYTES)
    writer = spool.writer()
    writer.write(bytes(CHUNK_BYTES))
    with pytest.raises(SpoolFull, match="taken"):
        writer.write(bytes(CHUNK_BYTES))
    writer.abandon()
    writer.abandon()
    assert spool.reserved_bytes == MIB
    first.close()
    first.close()
    assert spool.reserved_bytes == 0
    dropped = put(spool, bytes(100))
    assert spool.reserved_bytes == 100
    del dropped
    assert spool.reserved_bytes == 0


def test_what_is_announced_is_refused_before_it_comes(tmp_path: Path) -> None:
    """A file for which there is no room costs no byte of traffic."""
    writer = spool_in(tmp_path, max_bytes=MIB).writer()
    with pytest.raises(SpoolFull):
        writer.expect(2 * MIB)
    writer.write(b"still usable")
    assert writer.finish().size_bytes == 12


def test_room_is_left_for_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The spool never takes the last of a disk that journal, vault and database share."""
    spool = Spool(tmp_path / "spool", max_bytes=1 << 40, keep_free_bytes=10 * MIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(99 * MIB, 88 * MIB, 11 * MIB))
    writer = spool.writer()
    with pytest.raises(SpoolFull, match="no room"):
        writer.expect(2 * MIB)


FULL_DISK = """
import resource, sys
from pathlib import Path
from leakwatch.errors import SpoolFull
from leakwatch.spool import Spool
spool = Spool(Path(sys.argv[1]), max_bytes=1 << 30, keep_free_bytes=0)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
writer = spool.writer()
try:
    for _ in range(8):
        writer.write(bytes(1_000_000))
except SpoolFull as error:
    writer.abandon()
    sys.exit(f"refused: {error.what} {spool.reserved_bytes}")
"""


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """The file system refuses in the middle: an error of ours, and no bytes taken up."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "spool")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stderr.startswith("refused: the spool cannot be written: File too large 0")


def test_without_nameless_files_the_name_is_gone_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system without O_TMPFILE, a system without /proc: unlinked before the first byte."""
    real = os.open

    def no_nameless(path: Path | str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(95, "Operation not supported")
        return real(path, flags, mode)

    spool = spool_in(tmp_path)
    monkeypatch.setattr(os, "open", no_nameless)
    writer = spool.writer()
    assert list((tmp_path / "spool").iterdir()) == []
    writer.write(SECRET)
    assert b"".join(writer.finish().chunks()) == SECRET


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """Only a kill between making and unlinking a name leaves one; the next start takes it away."""
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "spool-0123456789abcdef").write_bytes(b"unreadable")
    spool_in(tmp_path)
    assert list(folder.iterdir()) == []


def test_nothing_of_a_content_is_shown(tmp_path: Path) -> None:
    """A log line with a content in it shows neither key nor bytes."""
    content = put(spool_in(tmp_path), SECRET)
    assert repr(content) == f"Spooled({len(SECRET)} bytes)"
