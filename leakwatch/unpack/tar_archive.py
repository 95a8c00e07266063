"""tar archives of all kinds, read forwards, one header and one chunk at a time.

Own reader rather than ``tarfile``: that one keeps every member it has seen, ends
at the first damaged header, and believes sizes that lead out of the archive.
Behind damage the next block with a true checksum is taken for a header again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from leakwatch.errors import Corrupt
from leakwatch.unpack.container import CHUNK_BYTES, Member, SeekableStream, Stream
from leakwatch.unpack.in_place import can_seek, in_place, stretch
from leakwatch.unpack.tar_header import (
    BLOCK_BYTES,
    MAX_SPARSE_ENTRIES,
    Stretch,
    TarHeader,
    decode_name,
    parse_header,
    parse_more_stretches,
    parse_pax,
    parse_sparse_map,
)

_MAX_EXTENSION_BYTES = 1024 * 1024
"""Kept of a long name or an extended header."""
_FILES = frozenset({b"0", b"\0", b"7", b"S", b"M"})
_NO_CONTENT = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
"""Links, devices, folders, pipes."""
_PASSED_OVER = frozenset({b"D", b"V", b"N", b"A", b"g"})
"""Lists of names, labels, attributes, settings for all."""
_ZEROS = bytes(CHUNK_BYTES)


class TarArchive:
    """Gives the regular files of a tar archive."""

    needs_seek = False

    def members(self, stream: Stream, _passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield the files in order; links, devices and folders only count.

        Raises:
            Corrupt: at the end, if bytes were passed over that are no tar, or
                the archive is cut short.
        """
        beneath = stream if can_seek(stream) else None
        # A view of its own: members are read where they lie, in between.
        blocks = _Blocks(stream if beneath is None else in_place(beneath, 0, beneath.seek(0, 2)))
        extension = _Extension()
        ordinal = 0
        while (header := blocks.next_header()) is not None:
            data = _Data(blocks, header.size_bytes)
            if header.type in {b"L", b"K", b"x", b"X"}:
                extension.take(header.type, data)
                continue
            if header.type in _PASSED_OVER:
                data.skip()
                continue
            header, extension = extension.applied(header, data), _Extension()
            data.size_bytes = header.size_bytes
            if _is_file(header):
                yield _member(header, data, ordinal, beneath)
            if header.type not in _NO_CONTENT or not blocks.is_at_header():
                data.skip()
            ordinal += 1
        blocks.check()


def _is_file(header: TarHeader) -> bool:
    if header.type in _NO_CONTENT:
        return False
    # v7 has no type for folders.
    is_folder = header.type in _FILES and header.name.endswith("/") and not header.size_bytes
    return not is_folder


def _member(header: TarHeader, data: _Data, ordinal: int, beneath: SeekableStream | None) -> Member:
    is_sparse = bool(header.stretches or header.real_bytes)
    start, size_bytes = data.blocks.at_bytes, header.size_bytes
    lies = None if is_sparse or beneath is None else partial(stretch, beneath, start, size_bytes)
    return Member(
        name=header.name,
        ordinal=ordinal,
        size_bytes=header.real_bytes if is_sparse else header.size_bytes,
        crc32=None,
        packed_bytes=header.size_bytes,
        chunks=partial(_spread, data, header) if is_sparse else data.chunks,
        in_place=lies,
    )


class _Blocks:
    """The archive as blocks, with an account of what was none of them."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""
        self.at_bytes = 0
        self._bad_bytes = 0
        self._is_cut = False
        self._has_end = True

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, ``b""`` at the end."""
        if not self._buffer:
            self._buffer = self._stream.read(CHUNK_BYTES)
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        self.at_bytes += len(data)
        return data

    def block(self) -> bytes:
        """Return the next block, shorter only at the end."""
        data = self.read(BLOCK_BYTES)
        while data and len(data) < BLOCK_BYTES and (more := self.read(BLOCK_BYTES - len(data))):
            data += more
        return data

    def next_header(self) -> TarHeader | None:
        """Return the next header, past padding and whatever else stands before it."""
        while block := self.block():
            header = parse_header(block)
            if header is not None:
                self._has_end = False
                return header
            if block.strip(b"\0"):
                self._bad_bytes += len(block)
            else:
                self._has_end = True
        return None

    def is_at_header(self) -> bool:
        """Tell whether a header or padding comes next: some links state a size and have none."""
        while len(self._buffer) < BLOCK_BYTES and (more := self._stream.read(CHUNK_BYTES)):
            self._buffer += more
        block = self._buffer[:BLOCK_BYTES]
        return not block.strip(b"\0") or parse_header(block) is not None

    def note_cut(self) -> None:
        self._is_cut = True

    def check(self) -> None:
        """Raises Corrupt if something was wrong."""
        if self._is_cut:
            raise Corrupt("the archive ends within a member")
        if not self._has_end:
            raise Corrupt("the archive has no end mark: it may be cut short")
        if self._bad_bytes:
            raise Corrupt(f"{self._bad_bytes} bytes that are no tar were passed over")


@dataclass(slots=True)
class _Data:
    """What follows a header, padded to whole blocks."""

    blocks: _Blocks
    size_bytes: int
    used_bytes: int = 0
    end_bytes: int | None = None
    """Where the reading stands; None as long as nobody else has read."""

    def __post_init__(self) -> None:
        self.end_bytes = self.blocks.at_bytes

    def chunks(self, limit: int | None = None) -> Iterator[bytes]:
        """Yield what is left, or the next ``limit`` bytes. Raises Corrupt where they end early."""
        left = self.size_bytes - self.used_bytes
        left = left if limit is None else min(left, limit)
        while left > 0:
            if self.end_bytes != self.blocks.at_bytes:
                raise Corrupt("the member was passed over")
            data = self.blocks.read(min(left, CHUNK_BYTES))
            if not data:
                self.blocks.note_cut()
                raise Corrupt("the archive ends within this member")
            left -= len(data)
            self.used_bytes += len(data)
            self.end_bytes = self.blocks.at_bytes
            yield data

    def skip(self) -> None:
        """Go to the next header's place."""
        left = self.size_bytes + -self.size_bytes % BLOCK_BYTES - self.used_bytes
        while left > 0:
            data = self.blocks.read(min(left, CHUNK_BYTES))
            if not data:
                # Padding that is not there does no harm.
                if left >= BLOCK_BYTES:
                    self.blocks.note_cut()
                return
            left -= len(data)


@dataclass(slots=True)
class _Extension:
    """What the headers before a file's own say of it."""

    name: str | None = field(default=None, repr=False)
    size_bytes: int | None = None
    sparse: dict[bytes, bytes] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    """Offsets and lengths of a sparse file in the oldest pax way."""

    def take(self, kind: bytes, data: _Data) -> None:
        raw = bytearray()
        try:
            for chunk in data.chunks(_MAX_EXTENSION_BYTES):
                raw += chunk
        except Corrupt:
            return
        data.skip()
        if kind == b"L":
            self.name = decode_name(bytes(raw).partition(b"\0")[0])
        elif kind in {b"x", b"X"}:
            for key, value in parse_pax(bytes(raw)):
                self._note(key, value)

    def _note(self, key: bytes, value: bytes) -> None:
        if key == b"path" and b"GNU.sparse.name" not in self.sparse:
            self.name = decode_name(value)
        elif key == b"size" and value.isdigit() and len(value) < 19:
            self.size_bytes = int(value)
        elif key in {b"GNU.sparse.offset", b"GNU.sparse.numbytes"}:
            if value.isdigit() and len(value) < 19 and len(self.numbers) < 2 * MAX_SPARSE_ENTRIES:
                self.numbers.append(int(value))
        elif key.startswith(b"GNU.sparse."):
            self.sparse[key] = value
            if key == b"GNU.sparse.name":
                self.name = decode_name(value)

    def applied(self, header: TarHeader, data: _Data) -> TarHeader:
        """Return the header of a file with all that is said of it; reads a sparse map."""
        sizes = (self.sparse.get(b"GNU.sparse." + name, b"") for name in (b"realsize", b"size"))
        real = next((int(size) for size in sizes if size.isdigit() and len(size) < 19), None)
        if self.name is not None:
            header = replace(header, name=self.name)
        # Some say the real size of a sparse file here as well.
        if self.size_bytes is not None and (real is None or not header.size_bytes):
            header = replace(header, size_bytes=self.size_bytes)
            data.size_bytes = self.size_bytes
        if header.has_more_stretches:
            return replace(header, stretches=header.stretches + _more_stretches(data))
        if real is None:
            return header
        if self.sparse.get(b"GNU.sparse.major") == b"1":
            numbers = _map_in_data(data)
        else:
            numbers = self.numbers or _numbers(self.sparse.get(b"GNU.sparse.map", b"").split(b","))
        return replace(header, real_bytes=real, stretches=parse_sparse_map(numbers))


def _numbers(fields: Sequence[bytes]) -> list[int]:
    return [int(f) for f in fields[: 2 * MAX_SPARSE_ENTRIES] if f.isdigit() and len(f) < 19]


def _more_stretches(data: _Data) -> tuple[Stretch, ...]:
    """Read the blocks that go on with an old GNU sparse map: before the data and not of it."""
    found: list[Stretch] = []
    has_more = True
    while has_more:
        block = data.blocks.block()
        more, has_more = parse_more_stretches(block)
        if len(found) < MAX_SPARSE_ENTRIES:
            found += more
    data.end_bytes = data.blocks.at_bytes
    return tuple(found)


def _map_in_data(data: _Data) -> list[int]:
    """Read the map that stands before the data in pax sparse 1.0: numbers, a line each, in blocks."""
    lines: list[bytes] = []
    rest = b""
    wanted = 1
    while len(lines) < wanted:
        block = b"".join(data.chunks(BLOCK_BYTES))
        *more, rest = (rest + block).split(b"\n")
        lines += more
        if lines and lines[0].isdigit() and len(lines[0]) < 7:
            wanted = 1 + 2 * min(int(lines[0]), MAX_SPARSE_ENTRIES)
        if len(block) < BLOCK_BYTES or len(rest) > BLOCK_BYTES:
            break
    return _numbers(lines[1:wanted])


def _spread(data: _Data, header: TarHeader) -> Iterator[bytes]:
    """Yield a sparse file with its holes as zeros. Raises Corrupt."""
    at = 0
    for offset, length in header.stretches:
        if offset < at or offset + length > header.real_bytes:
            raise Corrupt("the map of the sparse file is damaged")
        yield from _hole(offset - at)
        yield from data.chunks(length)
        at = offset + length
    yield from _hole(header.real_bytes - at)


def _hole(length: int) -> Iterator[bytes]:
    while length > 0:
        yield _ZEROS[:length]
        length -= CHUNK_BYTES
