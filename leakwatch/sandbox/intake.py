"""Content on its way into a child: a descriptor, and digests that no child can forge."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from leakwatch.model.capture import Content
from leakwatch.spool import DecryptingStream
from leakwatch.unpack.sniff import HEAD_BYTES, sniff
from leakwatch.unpack.volumes import VOLUME_KINDS
from leakwatch.unpack.zip_directory import MAX_TAIL_BYTES, ends_volumes

Body = bytes | Path | int | Content
"""Bytes, a regular file, a descriptor open for reading (its offset may move), or
a content that lies encrypted on disk."""
_CHUNK_BYTES = 1024 * 1024
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


@dataclass(frozen=True, slots=True)
class Intake:
    """One input, hashed."""

    fd: int
    size_bytes: int
    sha256: str
    crc32: int
    head: bytes
    """The first bytes, enough for ``sniff``."""
    key: bytes | None = field(default=None, repr=False)
    """Of a content that lies encrypted on disk."""
    volumes: tuple[int | None, ...] = ()
    """Descriptors of all volumes of a set, ``fd`` among them; None for one that is missing."""
    fill: bool = False
    """Whether a missing volume counts with the length of another."""

    @property
    def more_fds(self) -> list[int]:
        return [fd for fd in self.volumes if fd is not None and fd != self.fd]

    def start(self, size: int) -> bytes:
        """Return the first so many bytes."""
        if self.key is None:
            return os.pread(self.fd, size, 0)
        return DecryptingStream(self.fd, self.key, self.size_bytes).read(size) or b""


@contextmanager
def take_in(body: Body) -> Iterator[Intake]:
    """Open and hash some content without holding it in memory.

    A symbolic link is not followed.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    if isinstance(body, bytes):
        fd = sealed_memory(body)
        is_ours = True
    elif isinstance(body, Path):
        fd = os.open(body, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        is_ours = True
    elif isinstance(body, int):
        fd, is_ours = body, False
    else:
        # Of its own: whoever closes the content must not make it another file's.
        fd, is_ours = os.dup(body.fd), True
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        yield _hashed(fd) if isinstance(body, (bytes, Path, int)) else _as_told(fd, body)
    finally:
        if is_ours:
            os.close(fd)


@contextmanager
def take_in_set(bodies: Sequence[Path | None], *, fill: bool) -> Iterator[Intake]:
    """Open the volumes of a set and hash the first that is there; raises as ``take_in``."""
    with ExitStack() as opened:
        fds = [None if body is None else opened.enter_context(_regular(body)) for body in bodies]
        first = next(fd for fd in fds if fd is not None)
        yield replace(_hashed(first), volumes=tuple(fds), fill=fill)


def is_set(paths: Sequence[Path], *, is_cut: bool) -> bool:
    """Tell by their first bytes whether files that are called volumes are some.

    Of a file that was cut only the first piece looks like an archive; of a ZIP
    in volumes the last tells, by its directory.
    """
    heads, tail = [_read(path)[0] for path in paths], _read(paths[-1])[1]
    kinds = [sniff(head) for head in heads]
    if kinds[0] not in VOLUME_KINDS:
        return not is_cut and ends_volumes(tail)
    return not is_cut or kinds[0] == "tar" or kinds[0] not in kinds[1:]


def _read(path: Path) -> tuple[bytes, bytes]:
    """Return the first and the last bytes of a file; none where it cannot be read."""
    try:
        with _regular(path) as fd:
            end = os.lseek(fd, 0, os.SEEK_END)
            tail_at = max(0, end - MAX_TAIL_BYTES)
            return os.pread(fd, HEAD_BYTES, 0), os.pread(fd, MAX_TAIL_BYTES, tail_at)
    except OSError:
        return b"", b""


@contextmanager
def _regular(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        yield fd
    finally:
        os.close(fd)


@contextmanager
def sealed(body: bytes) -> Iterator[int]:
    """Give ``sealed_memory`` for the length of a block."""
    fd = sealed_memory(body)
    try:
        yield fd
    finally:
        os.close(fd)


def sealed_memory(body: bytes) -> int:
    """Return a descriptor of a nameless file that nobody can change any more."""
    fd = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    view = memoryview(body)
    while view:
        view = view[os.write(fd, view) :]
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    return fd


def _as_told(fd: int, content: Content) -> Intake:
    """Return a content with the digests that were taken while it came in."""
    return Intake(
        fd,
        content.size_bytes,
        content.sha256,
        content.crc32,
        content.head[:HEAD_BYTES],
        content.key,
    )


def _hashed(fd: int) -> Intake:
    sha256 = hashlib.sha256()
    crc32 = at = 0
    head = os.pread(fd, HEAD_BYTES, 0)
    while data := os.pread(fd, _CHUNK_BYTES, at):
        sha256.update(data)
        crc32 = zlib.crc32(data, crc32)
        at += len(data)
    return Intake(fd, at, sha256.hexdigest(), crc32, head)
