"""A small RAR archive carved out of a large one, for those who unpack.

Holds one member, or a run of solid ones, whole and under no name; what RAR 3
to 7 encrypted is decrypted on the way. So memory is for one member and not for
the archive, volumes need no care, and no decoder sees a hostile name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from leakwatch.unpack.container import CHUNK_BYTES, SeekableStream
from leakwatch.unpack.rar_entry import Rar4Entry, Rar5Entry, RarEntry
from leakwatch.unpack.rar_keys import RarKeys, decryptor
from leakwatch.unpack.zip_directory import read_at

_AES_SINCE = 29
"""Version to unpack with, from which on RAR 4 members are encrypted by AES."""
_BLOCK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Carving:
    """How members are cut out of an archive."""

    stream: SeekableStream
    keys: RarKeys
    password: str | None = field(default=None, repr=False)
    """The one to try for RAR 4, which tells a wrong one only by what comes out."""

    def archive(self, entries: Sequence[RarEntry]) -> Iterator[bytes]:
        """Yield an archive of these members only, in chunks.

        Raises:
            Encrypted: no password fits.
        """
        first = entries[0]
        yield first.magic
        yield first.main_header(is_solid=any(entry.is_solid for entry in entries))
        for entry in entries:
            yield _clear(entry).header(entry.packed_bytes)
            yield from self.packed(entry)
        yield first.end

    def packed(self, entry: RarEntry) -> Iterator[bytes]:
        """Yield the packed data of a member over all volumes, decrypted where that is done here."""
        cipher = None
        if isinstance(entry, Rar5Entry) and entry.cipher is not None:
            key = self.keys.key5(entry.cipher)
            cipher = decryptor(key.key, entry.cipher.vector)
        elif is_aes4(entry) and isinstance(entry, Rar4Entry) and self.password is not None:
            cipher = decryptor(*self.keys.key3(entry.salt, self.password))
        rest = b""
        for data in self._raw(entry):
            if cipher is None:
                yield data
                continue
            blocks, rest = _whole_blocks(rest + data)
            yield cipher.update(blocks)
        if rest and cipher is not None:
            yield cipher.update(rest.ljust(_BLOCK_BYTES, b"\0"))[: len(rest)]

    def _raw(self, entry: RarEntry) -> Iterator[bytes]:
        for offset, size in entry.extents:
            at, end = offset, offset + size
            while at < end:
                data = read_at(self.stream, at, min(CHUNK_BYTES, end - at))
                if not data:
                    return
                at += len(data)
                yield data


def is_aes4(entry: RarEntry) -> bool:
    """Tell whether this is a member of RAR 3 or 4 that is decrypted here."""
    is_new = isinstance(entry, Rar4Entry) and entry.unpack_version >= _AES_SINCE
    return is_new and entry.is_encrypted


def _clear(entry: RarEntry) -> RarEntry:
    """Return the entry as it stands in an archive without encryption."""
    if isinstance(entry, Rar4Entry) and is_aes4(entry):
        return replace(entry, flags=entry.flags & ~(0x0004 | 0x0400))
    return entry


def _whole_blocks(data: bytes) -> tuple[bytes, bytes]:
    end = len(data) // _BLOCK_BYTES * _BLOCK_BYTES
    return data[:end], data[end:]
