"""Packed RAR members -> bytes.

By ``rars``, which knows all methods but gives a member whole, or by libarchive,
which gives pieces but knows neither ciphers nor solid archives before RAR 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import rars

from leakwatch.errors import BudgetExceeded, Corrupt, Encrypted, Unsupported
from leakwatch.unpack.container import CHUNK_BYTES, Member
from leakwatch.unpack.forward import ChunkStream
from leakwatch.unpack.libarchive_reader import LibarchiveReader
from leakwatch.unpack.rar_carving import Carving
from leakwatch.unpack.rar_entry import Rar4Entry, RarEntry

_MIB = 1024 * 1024
MAX_WHOLE_BYTES = 128 * _MIB
"""Of packed and of unpacked data that is unpacked in one piece."""
_MAX_DICTIONARY_BYTES = 256 * _MIB
_OPTIONS = {
    "max_member_output_bytes": MAX_WHOLE_BYTES,
    "rar50_dictionary_size_limit": _MAX_DICTIONARY_BYTES,
    "max_reader_workspace_bytes": _MAX_DICTIONARY_BYTES + 64 * _MIB,
    "max_header_bytes": 16 * _MIB,
}


class Whole:
    """A carved archive held in memory, from which members are taken in groups.

    Args:
        carving: how to cut it out.
        entries: its members.
        password: for members of RAR 1.5 and 2, which are decrypted by ``rars``.

    Raises:
        UnpackError: ``rars`` makes nothing of it.
    """

    def __init__(
        self, carving: Carving, entries: Sequence[RarEntry], password: str | None = None
    ) -> None:
        data = b"".join(carving.archive(entries))
        with _Mapped():
            self._file = rars.RarFile.from_bytes(data, password)
            self._infos = self._file.infolist()
        if len(self._infos) != len(entries):
            raise Corrupt("the packed data is damaged")

    def read(self, start: int, end: int) -> list[bytes]:
        """Return what some of the members hold. Raises UnpackError."""
        options = rars.ReadOptions(**_OPTIONS)
        with _Mapped():
            return list(self._file.read_many(self._infos[start:end], options=options))


class _Mapped:
    """Turns what ``rars`` raises into our errors."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, rars.BadPassword | rars.PasswordRequired):
            raise Encrypted("no password opens the member") from None
        if isinstance(error, rars.UnsupportedRarFeature):
            raise Unsupported("a RAR method without a decoder") from None
        if isinstance(error, MemoryError):
            raise BudgetExceeded("the member takes too much memory", limit="memory") from None
        if isinstance(error, rars.Error | KeyError | ValueError):
            raise Corrupt("the packed data is damaged") from None


def whole(carving: Carving, entry: RarEntry, password: str | None = None) -> bytes:
    """Return what one member holds that needs no other. Raises UnpackError."""
    [data] = Whole(carving, [entry], password).read(0, 1)
    return data


def streamed(carving: Carving, entries: Sequence[RarEntry]) -> Iterator[Member]:
    """Yield the members of a carved archive as libarchive reads them, in order.

    Raises:
        UnpackError: it does not.
    """
    name = "rar" if isinstance(entries[0], Rar4Entry) else "rar5"
    yield from LibarchiveReader((name,)).members(ChunkStream(carving.archive(entries)))


def pieces(data: bytes) -> Iterator[bytes]:
    """Yield data in chunks."""
    view = memoryview(data)
    for at in range(0, len(data), CHUNK_BYTES):
        yield bytes(view[at : at + CHUNK_BYTES])


def one_streamed(carving: Carving, entry: RarEntry) -> Iterator[bytes]:
    """Yield what one member holds, through libarchive. Raises UnpackError."""
    size_bytes = 0
    for member in streamed(carving, [entry]):
        try:
            for data in member.chunks():
                size_bytes += len(data)
                yield data
        except Corrupt:
            # A cipher's padding follows the data, and is none itself.
            if not entry.is_encrypted or size_bytes != entry.size_bytes:
                raise
        return
    raise Corrupt("the packed data is damaged")
