"""RAR 1.5 to 7: members by their place, never by a name; volumes as one archive."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from leakwatch.errors import (
    BudgetExceeded,
    Corrupt,
    Encrypted,
    UnpackError,
    Unsupported,
)
from leakwatch.unpack.container import Member, Mismatch, SeekableStream
from leakwatch.unpack.rar_carving import Carving, is_aes4
from leakwatch.unpack.rar_entry import Rar4Entry, Rar5Entry, RarEntry
from leakwatch.unpack.rar_keys import RarKeys
from leakwatch.unpack.rar_solid import SolidRun
from leakwatch.unpack.rar_unpacking import MAX_WHOLE_BYTES, one_streamed, pieces, whole
from leakwatch.unpack.rar_volumes import entries, missing

MAX_ENTRIES = 400_000
"""Headers held at once; more members than a budget allows anyway."""


class RarArchive:
    """Gives the members of a RAR archive, of all its volumes where several are joined."""

    needs_seek = True

    def members(self, stream: SeekableStream, passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield the members in order; folders and symbolic links are passed over.

        Raises:
            Corrupt: there is no archive, or it gives out; what could be found came before.
            Encrypted: the headers need a password.
            Unsupported: it is older than RAR 1.5.
        """
        keys = RarKeys(tuple(passwords))
        found: list[RarEntry] = []
        problem: UnpackError | None = None
        try:
            for entry in entries(stream, keys):
                if len(found) == MAX_ENTRIES:
                    raise BudgetExceeded("more members than are listed", limit="members")
                found.append(entry)
        except UnpackError as error:
            problem = error
        archive = _Archive(stream, keys, found)
        for ordinal, entry in enumerate(found):
            if entry.is_directory or (entry.link_target is not None and not entry.is_copy):
                continue
            claims = archive.target_of(entry) if entry.is_copy else entry
            yield Member(
                name=entry.name,
                ordinal=ordinal,
                size_bytes=claims.size_bytes,
                crc32=claims.crc32,
                packed_bytes=None if claims.is_solid else claims.packed_bytes,
                chunks=partial(archive.content, entry, ordinal),
            )
        if problem is not None:
            raise problem


@dataclass(slots=True)
class _Archive:
    _stream: SeekableStream
    _keys: RarKeys
    _entries: Sequence[RarEntry]
    _run: SolidRun | None = None
    _by_name: Mapping[str, RarEntry] | None = field(default=None, repr=False)

    def content(self, entry: RarEntry, ordinal: int) -> Iterator[bytes]:
        """Yield a member's bytes, then check them. Raises UnpackError."""
        if entry.is_copy:
            entry = self._resolved(entry)
        crc32 = size_bytes = 0
        lack = missing(entry)
        try:
            for data in self._unpacked(entry, ordinal):
                crc32 = zlib.crc32(data, crc32)
                size_bytes += len(data)
                yield data
        except Corrupt as error:
            raise lack or error from None
        if lack is not None:
            raise lack
        if entry.size_bytes not in {None, size_bytes}:
            raise Corrupt(f"{size_bytes} bytes came out where {entry.size_bytes} were announced")
        if not self._fits(entry, crc32):
            raise Mismatch("the checksum is wrong")

    def target_of(self, entry: RarEntry) -> RarEntry:
        """Return the member that a hard link or copy repeats, or itself where that is none."""
        if self._by_name is None:
            self._by_name = {e.name: e for e in reversed(self._entries) if not e.is_copy}
        return self._by_name.get(entry.link_target or "", entry)

    def _resolved(self, entry: RarEntry) -> RarEntry:
        target = self.target_of(entry)
        if target.is_copy or target.is_directory or target.link_target is not None:
            raise Corrupt("the member repeats one that is not there")
        if target.is_solid:
            raise Unsupported("the member repeats another, which is read under its own name")
        return target

    def _unpacked(self, entry: RarEntry, ordinal: int) -> Iterator[bytes]:
        if entry.continues_before and not entry.is_solid:
            return iter(())
        if entry.is_encrypted and not self._keys.passwords:
            raise Encrypted("the member needs a password")
        if entry.is_solid or self._is_followed(ordinal):
            return self._solid(ordinal)
        if entry.method == 0 and _is_read_here(entry):
            return self._stored(entry)
        if is_aes4(entry) or (entry.is_encrypted and isinstance(entry, Rar4Entry)):
            return self._locked4(entry)
        return _alone(Carving(self._stream, self._keys), entry)

    def _stored(self, entry: RarEntry) -> Iterator[bytes]:
        left = entry.size_bytes
        for data in Carving(self._stream, self._keys).packed(entry):
            # Encrypted data is padded.
            piece = data if left is None else data[:left]
            left = None if left is None else left - len(piece)
            if piece:
                yield piece

    def _locked4(self, entry: RarEntry) -> Iterator[bytes]:
        """Try the passwords on a member of RAR 4: only what comes out tells a right one."""
        for password in self._keys.in_order():
            carving = Carving(self._stream, self._keys, password)
            old = None if is_aes4(entry) else password
            if (entry.size_bytes or 0) > MAX_WHOLE_BYTES and old is None:
                return one_streamed(carving, entry)
            try:
                data = whole(carving, entry, old)
            except (Corrupt, Encrypted, Unsupported):
                continue
            self._keys.note_right(password)
            return pieces(data)
        raise Encrypted(f"none of {len(self._keys.passwords)} passwords opens the member")

    def _solid(self, ordinal: int) -> Iterator[bytes]:
        if self._run is None or ordinal not in self._run:
            first, end = ordinal, ordinal + 1
            while first > 0 and _builds_on(self._entries[first]):
                first -= 1
            while end < len(self._entries) and _builds_on(self._entries[end]):
                end += 1
            members = [(n, self._entries[n]) for n in range(first, end)]
            members = [(n, entry) for n, entry in members if _has_data(entry)]
            self._run = SolidRun(self._stream, self._keys, members)
        return self._run.content(ordinal)

    def _is_followed(self, ordinal: int) -> bool:
        """Tell whether the next member with data builds on this one."""
        at = ordinal + 1
        while at < len(self._entries):
            if _has_data(self._entries[at]):
                return self._entries[at].is_solid
            at += 1
        return False

    def _fits(self, entry: RarEntry, crc32: int) -> bool:
        if isinstance(entry, Rar5Entry):
            if entry.raw_crc is None:
                return True
            if entry.cipher is not None and entry.cipher.is_tweaked:
                return self._keys.key5(entry.cipher).keyed(crc32) == entry.raw_crc
        return crc32 == entry.crc32


def _has_data(entry: RarEntry) -> bool:
    return not entry.is_directory and not entry.is_copy and bool(entry.extents)


def _builds_on(entry: RarEntry) -> bool:
    """Tell whether a member goes with what is before it, or lies among those that do."""
    return entry.is_solid or not _has_data(entry)


def _is_read_here(entry: RarEntry) -> bool:
    """Tell whether a stored member needs no more than its packed data, decrypted or not."""
    return isinstance(entry, Rar5Entry) or not entry.is_encrypted


def _alone(carving: Carving, entry: RarEntry) -> Iterator[bytes]:
    size_bytes = max(entry.packed_bytes, entry.size_bytes or 0)
    if size_bytes > MAX_WHOLE_BYTES or missing(entry) is not None:
        return one_streamed(carving, entry)
    try:
        return pieces(whole(carving, entry))
    except (Corrupt, Unsupported, BudgetExceeded):
        return one_streamed(carving, entry)
