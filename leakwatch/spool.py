"""Bytes too many for memory, on disk for a while and never in clear.

One nameless file a content, encrypted with AES-256-CTR (NIST SP 800-38A, 6.5)
under a key made for it alone. The key is never written: it lies in this process
and goes, over a socket, to the child that reads the content. A process that is
killed leaves nothing: the file has no name and ends with its descriptors.

CTR gives secrecy and lets a reader start anywhere; it guards against no change.
Whoever could change the nameless file could change this process as well, and
the SHA-256 is taken of the clear bytes as they came, before they are encrypted.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import secrets
import shutil
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from leakwatch.errors import SpoolFull

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext

HEAD_BYTES = 64 * 1024
"""Kept in clear in memory: what tells the kind of a content."""
CHUNK_BYTES = 1024 * 1024
KEEP_FREE_BYTES = 256 * 1024 * 1024
"""Left for the database, journal and vault on the same disk."""
_NAMED = "spool-"
_BLOCK_BYTES = 16
_KEY_BYTES = 32


class Spool:
    """A directory that holds encrypted contents for a while. Thread-safe.

    Args:
        directory: made if it is not there, for the owner alone; what a killed
            process left in it, unreadable for want of its key, is removed.
        max_bytes: of all contents together.
        keep_free_bytes: left on the disk for others.

    Raises:
        OSError: the directory cannot be made or read.
    """

    def __init__(
        self, directory: Path, *, max_bytes: int, keep_free_bytes: int = KEEP_FREE_BYTES
    ) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        for path in directory.glob(f"{_NAMED}*"):
            path.unlink(missing_ok=True)
        self._directory = directory
        self._max_bytes = max_bytes
        self._keep_free_bytes = keep_free_bytes
        self._lock = threading.Lock()
        self._reserved_bytes = 0

    @property
    def reserved_bytes(self) -> int:
        """Return what the contents on disk take, with what is promised to those under way."""
        return self._reserved_bytes

    def writer(self) -> SpoolWriter:
        """Return an empty content to be written.

        Raises:
            SpoolFull: the file system refused.
        """
        try:
            return SpoolWriter(self, *_nameless(self._directory))
        except OSError as error:
            raise _full(error) from None

    def reserve(self, size_bytes: int, *, on_disk: int = 0) -> None:
        """Take so much of the budget.

        Args:
            size_bytes: to be taken.
            on_disk: how much of it was written already.

        Raises:
            SpoolFull: there is not so much left, of the budget or of the disk.
        """
        with self._lock:
            if self._reserved_bytes + size_bytes > self._max_bytes:
                raise SpoolFull(
                    f"the spool's {self._max_bytes} bytes are taken",
                    hint="raise fetch.max_spool_bytes, or wait: it is tried again",
                )
            free = shutil.disk_usage(self._directory).free
            if size_bytes - on_disk > free - self._keep_free_bytes:
                raise SpoolFull(
                    "the disk of the spool has no room", hint="free space: it is tried again"
                )
            self._reserved_bytes += size_bytes

    def release(self, size_bytes: int) -> None:
        """Give so much of the budget back."""
        with self._lock:
            self._reserved_bytes -= size_bytes


class SpoolWriter:
    """A content on its way to disk. Blocking; one thread at a time."""

    def __init__(self, spool: Spool, write_fd: int, read_fd: int) -> None:
        self._spool = spool
        self._write_fd = write_fd
        self._read_fd = read_fd
        self._reserved_bytes = 0
        self._begin()

    def _begin(self) -> None:
        # A key has one key stream: what is begun anew needs another.
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._cipher = _cipher(self._key, 0)
        self._sha256 = hashlib.sha256()
        self._crc32 = 0
        self._head = b""
        self.size_bytes = 0

    def expect(self, size_bytes: int) -> None:
        """Make sure of room for so much in all. Raises SpoolFull."""
        if size_bytes > self._reserved_bytes:
            more = size_bytes - self._reserved_bytes
            self._spool.reserve(more)
            self._reserved_bytes = size_bytes

    def write(self, data: bytes) -> None:
        """Append some bytes. Raises SpoolFull; what was written is then of no use."""
        if self.size_bytes + len(data) > self._reserved_bytes:
            self.expect(self.size_bytes + max(len(data), CHUNK_BYTES))
        self._sha256.update(data)
        self._crc32 = zlib.crc32(data, self._crc32)
        if len(self._head) < HEAD_BYTES:
            self._head += data[: HEAD_BYTES - len(self._head)]
        view = memoryview(self._cipher.update(data))
        try:
            while view:
                view = view[os.write(self._write_fd, view) :]
        except OSError as error:
            raise _full(error) from None
        self.size_bytes += len(data)

    def restart(self) -> None:
        """Forget what was written; begin anew, under another key."""
        os.ftruncate(self._write_fd, 0)
        os.lseek(self._write_fd, 0, os.SEEK_SET)
        self._begin()

    def finish(self) -> Spooled:
        """Return the content; the writer is done with."""
        os.close(self._write_fd)
        self._write_fd = -1
        self._spool.release(self._reserved_bytes - self.size_bytes)
        return Spooled(
            self._spool,
            self._read_fd,
            self._key,
            size_bytes=self.size_bytes,
            sha256=self._sha256.hexdigest(),
            crc32=self._crc32,
            head=self._head,
        )

    def abandon(self) -> None:
        """Give the disk back; harmless when finished or abandoned before."""
        if self._write_fd >= 0:
            os.close(self._write_fd)
            os.close(self._read_fd)
            self._write_fd = -1
            self._spool.release(self._reserved_bytes)


class Spooled:
    """A content on disk, encrypted; implements ``model.capture.Content``.

    Its disk is given back by ``close``, at the latest with the object.
    """

    def __init__(
        self,
        spool: Spool,
        fd: int,
        key: bytes,
        *,
        size_bytes: int,
        sha256: str,
        crc32: int,
        head: bytes,
    ) -> None:
        self._spool = spool
        self.fd = fd
        self.key = key
        self.size_bytes = size_bytes
        self.sha256 = sha256
        self.crc32 = crc32
        self.head = head

    def __repr__(self) -> str:
        return f"Spooled({self.size_bytes} bytes)"

    def __del__(self) -> None:
        self.close()

    def chunks(self) -> Iterator[bytes]:
        """Yield the clear bytes from the start; may be called again.

        Raises:
            OSError: it was closed before, or the disk fails.
        """
        # Of its own: ``close`` in another thread must not make it another file's.
        fd = os.dup(self.fd)
        try:
            stream = DecryptingStream(fd, self.key, self.size_bytes)
            while data := stream.read(CHUNK_BYTES):
                yield data
        finally:
            os.close(fd)

    def close(self) -> None:
        """Drop the content; idempotent."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
            self.key = self.head = b""
            self._spool.release(self.size_bytes)


class DecryptingStream(io.RawIOBase):
    """Clear bytes of a spooled content, read anywhere; the descriptor's offset is not used.

    Args:
        fd: of the encrypted file; not closed.
        key: its key.
        size_bytes: its length.
    """

    def __init__(self, fd: int, key: bytes, size_bytes: int) -> None:
        super().__init__()
        self._fd = fd
        self._key = key
        self._size_bytes = size_bytes
        self._at = 0
        self._cipher: CipherContext | None = None
        self._cipher_at = -1
        """Where the key stream stands."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size_bytes}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, "before the start")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = os.pread(self._fd, min(len(view), max(0, self._size_bytes - self._at)), self._at)
        if not data:
            return 0
        view[: len(data)] = self._stream().update(data)
        self._at = self._cipher_at = self._at + len(data)
        return len(data)

    def _stream(self) -> CipherContext:
        if self._cipher is None or self._cipher_at != self._at:
            self._cipher = _cipher(self._key, self._at)
        return self._cipher


def opened(fd: int, key: bytes, size_bytes: int) -> io.BufferedReader:
    """Return the clear bytes of a spooled content as a file."""
    return io.BufferedReader(DecryptingStream(fd, key, size_bytes), HEAD_BYTES)


def _cipher(key: bytes, at: int) -> CipherContext:
    """Return the key stream from a byte on. It is its own inverse."""
    block, inside = divmod(at, _BLOCK_BYTES)
    context = Cipher(AES256(key), CTR(block.to_bytes(_BLOCK_BYTES, "big"))).encryptor()
    if inside:
        context.update(bytes(inside))
    return context


def _nameless(directory: Path) -> tuple[int, int]:
    """Return descriptors to write and to read one file that no name leads to.

    Raises:
        OSError: the file system refused.
    """
    with contextlib.suppress(OSError):
        write_fd = os.open(directory, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            return write_fd, os.open(f"/proc/self/fd/{write_fd}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            os.close(write_fd)  # no /proc: by the other way
    path = directory / f"{_NAMED}{secrets.token_hex(8)}"
    write_fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        return write_fd, os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        os.close(write_fd)
        raise
    finally:
        path.unlink(missing_ok=True)


def _full(error: OSError) -> SpoolFull:
    return SpoolFull(
        f"the spool cannot be written: {error.strerror}",
        hint="free space or restore access to the state directory: it is tried again",
    )
