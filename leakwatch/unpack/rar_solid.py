"""Solid RAR members: each is packed with all that came before in mind.

To read one is to unpack those before it. So they are unpacked in groups as
large as memory allows, or, where the whole is too large for that, in one pass
of libarchive. The cost grows with the data, not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

from leakwatch.errors import BudgetExceeded, Corrupt, Encrypted, UnpackError
from leakwatch.unpack.container import Member, SeekableStream
from leakwatch.unpack.rar_carving import Carving, is_aes4
from leakwatch.unpack.rar_entry import Rar4Entry, RarEntry
from leakwatch.unpack.rar_keys import RarKeys
from leakwatch.unpack.rar_unpacking import MAX_WHOLE_BYTES, Whole, pieces, streamed
from leakwatch.unpack.rar_volumes import missing

_GROUP_BYTES = 64 * 1024 * 1024
_GROUP_MEMBERS = 65_536
_MAX_FAILURES = 8
"""Damaged members of one run that are tried on their own before the rest is given up."""


class SolidRun:
    """Members from one that needs no other to the last that builds on it.

    Args:
        stream: the archive.
        keys: its passwords.
        members: by their places in the archive, those that have data.
    """

    def __init__(
        self, stream: SeekableStream, keys: RarKeys, members: Sequence[tuple[int, RarEntry]]
    ) -> None:
        self._carving = Carving(stream, keys)
        self._entries = [entry for _, entry in members]
        self._place = {ordinal: at for at, (ordinal, _) in enumerate(members)}
        packed = sum(entry.packed_bytes for entry in self._entries)
        largest = max(entry.size_bytes or 0 for entry in self._entries)
        self._is_large = max(packed, largest) > MAX_WHOLE_BYTES
        self._held: dict[int, bytes] = {}
        self._whole: Whole | None = None
        self._passing: Iterator[Member] | None = None
        self._passed = 0
        self._group_members = _GROUP_MEMBERS
        self._failures = 0

    def __contains__(self, ordinal: int) -> bool:
        return ordinal in self._place

    def content(self, ordinal: int) -> Iterator[bytes]:
        """Yield what a member holds; to be called in order. Raises UnpackError."""
        at = self._place[ordinal]
        if self._is_large:
            yield from self._pass_to(at).chunks()
            return
        if at not in self._held:
            self._fill(at)
        yield from pieces(self._held.pop(at))

    def _fill(self, at: int) -> None:
        """Unpack a member and as many behind it as are held at once."""
        self._held.clear()
        if self._failures > _MAX_FAILURES:
            raise Corrupt("too much before this member is damaged")
        while True:
            end = self._group_end(at)
            try:
                self._whole = self._whole or self._opened()
                data = self._whole.read(at, end)
            except Encrypted:
                raise
            except UnpackError as error:
                if end - at == 1:
                    self._fail(at, error)
                self._group_members = (end - at) // 2
                continue
            self._group_members = min(2 * self._group_members, _GROUP_MEMBERS)
            self._held = dict(enumerate(data, start=at))
            return

    def _fail(self, at: int, error: UnpackError) -> NoReturn:
        self._failures += 1
        raise missing(self._entries[at]) or error

    def _group_end(self, at: int) -> int:
        size_bytes, end = 0, at
        for entry in self._entries[at : at + max(1, self._group_members)]:
            size_bytes += entry.size_bytes or 0
            if end > at and size_bytes > _GROUP_BYTES:
                break
            end += 1
        return end

    def _opened(self) -> Whole:
        first = self._entries[0]
        if not isinstance(first, Rar4Entry) or not first.is_encrypted:
            return Whole(self._carving, self._entries)
        # What comes out of the first member tells a right password.
        keys = self._carving.keys
        for password in keys.in_order():
            carving = Carving(self._carving.stream, keys, password)
            try:
                opened = Whole(carving, self._entries, None if is_aes4(first) else password)
                opened.read(0, 1)
            except (Corrupt, Encrypted):
                continue
            keys.note_right(password)
            return opened
        raise Encrypted(f"none of {len(keys.passwords)} passwords opens the member")

    def _pass_to(self, at: int) -> Member:
        """Go forwards to a member of a run that is too large to be held."""
        if isinstance(self._entries[0], Rar4Entry) or self._entries[0].is_encrypted:
            # libarchive knows neither, nor what a cipher's padding is.
            raise BudgetExceeded("too much solid data to be unpacked", limit="held_bytes")
        if self._passing is None or at < self._passed:
            self._passing, self._passed = streamed(self._carving, self._entries), 0
        for member in self._passing:
            self._passed += 1
            if self._passed > at:
                return member
        raise missing(self._entries[at]) or Corrupt("the packed data is damaged")
