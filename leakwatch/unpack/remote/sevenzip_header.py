"""The structures in a 7z header (7zFormat.txt of the LZMA SDK). Pure.

Every count is checked against the bytes that are left, so that a lie costs
nothing; what does not fit raises ``ValueError`` or ``IndexError``.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from leakwatch.errors import Unsupported
from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.container import MAX_NAME_CHARS

MAX_FILES = 1_000_000
_MAX_CODERS, _MAX_STREAMS = 32, 32
_END, _HEADER, _PROPERTIES, _STREAMS, _FILES = 0x00, 0x01, 0x02, 0x04, 0x05
_PACK_INFO, _UNPACK_INFO, _SUBSTREAMS = 0x06, 0x07, 0x08
_SIZES, _CRCS, _FOLDERS, _UNPACK_SIZES, _STREAM_COUNTS = 0x09, 0x0A, 0x0B, 0x0C, 0x0D
_EMPTY_STREAM, _EMPTY_FILE, _NAMES = 0x0E, 0x0F, 0x11
_PACKED_HEADER = 0x17
_ADDITIONAL = 0x03


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of packing."""

    method: bytes
    properties: bytes


@dataclass(slots=True)
class Folder:
    """Files packed together."""

    coders: list[Coder]
    outputs: int
    main: int
    """Which output is the content itself."""
    size_bytes: int = 0
    crc32: int | None = None
    streams: int = 1


@dataclass(slots=True)
class Streams:
    """What is packed, and where."""

    pack_at: int = 0
    pack_sizes: list[int] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    """Of each file with content."""
    crcs: list[int | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Header:
    """The files of an archive."""

    entries: list[ListingEntry] = field(repr=False)
    claimed: int
    is_cut: bool


class HeaderReader:
    """Reads one header, from its start to its end."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0
        self._kind = self._byte()
        if self._kind not in {_HEADER, _PACKED_HEADER}:
            raise ValueError("no header")

    @property
    def is_packed(self) -> bool:
        """Whether this only says where the header proper is."""
        return self._kind == _PACKED_HEADER

    def packed(self) -> Streams:
        """Return where a packed header lies."""
        return self._streams()

    def files(self) -> Header:
        """Return the files that a header lists."""
        streams = Streams()
        while (kind := self._byte()) != _END:
            if kind == _PROPERTIES:
                self._skip_properties()
            elif kind == _ADDITIONAL:
                self._streams()
            elif kind == _STREAMS:
                streams = self._streams()
            elif kind == _FILES:
                return self._files(streams)
            else:
                raise ValueError("an unknown structure")
        return Header([], 0, is_cut=False)

    def _files(self, streams: Streams) -> Header:
        claimed = self._number()
        count = min(claimed, MAX_FILES, len(self._raw))
        names: Sequence[str] = ()
        empty_stream: Sequence[bool] = ()
        empty_file: Sequence[bool] = ()
        while (kind := self._number()) != _END:
            size = self._number()
            end = self._at + size
            if end > len(self._raw):
                raise ValueError("a property runs over the end")
            if kind == _EMPTY_STREAM:
                empty_stream = self._bits(count)
            elif kind == _EMPTY_FILE:
                empty_file = self._bits(sum(empty_stream))
            elif kind == _NAMES:
                if self._byte():
                    raise Unsupported("the names lie elsewhere")
                names = self._names(self._raw[self._at : end], count)
            self._at = end
        return Header(
            _entries(names, count, empty_stream, empty_file, streams), claimed, claimed > count
        )

    @staticmethod
    def _names(raw: bytes, count: int) -> list[str]:
        text = raw[: len(raw) & ~1].decode("utf-16-le", "replace")
        return text.split("\0", count)[:count]

    def _streams(self) -> Streams:
        streams = Streams()
        has_substreams = False
        while (kind := self._byte()) != _END:
            if kind == _PACK_INFO:
                self._pack_info(streams)
            elif kind == _UNPACK_INFO:
                self._unpack_info(streams)
            elif kind == _SUBSTREAMS:
                self._substreams(streams)
                has_substreams = True
            else:
                raise ValueError("an unknown structure")
        if not has_substreams:
            streams.sizes = [folder.size_bytes for folder in streams.folders]
            streams.crcs = [folder.crc32 for folder in streams.folders]
        return streams

    def _pack_info(self, streams: Streams) -> None:
        streams.pack_at = self._number()
        count = self._count()
        while (kind := self._byte()) != _END:
            if kind == _SIZES:
                streams.pack_sizes = [self._number() for _ in range(count)]
            elif kind == _CRCS:
                self._digests(count)
            else:
                raise ValueError("an unknown structure")

    def _unpack_info(self, streams: Streams) -> None:
        while (kind := self._byte()) != _END:
            if kind == _FOLDERS:
                count = self._count()
                if self._byte():
                    raise Unsupported("the folders lie elsewhere")
                streams.folders = [self._folder() for _ in range(count)]
            elif kind == _UNPACK_SIZES:
                for folder in streams.folders:
                    sizes = [self._number() for _ in range(folder.outputs)]
                    folder.size_bytes = sizes[folder.main]
            elif kind == _CRCS:
                digests = self._digests(len(streams.folders))
                for folder, crc32 in zip(streams.folders, digests, strict=True):
                    folder.crc32 = crc32
            else:
                raise ValueError("an unknown structure")

    def _folder(self) -> Folder:
        coders, inputs, outputs = [], 0, 0
        for _ in range(self._few(_MAX_CODERS)):
            flags = self._byte()
            method = self._take(flags & 0x0F)
            is_simple = not flags & 0x10
            inputs += 1 if is_simple else self._few(_MAX_STREAMS)
            outputs += 1 if is_simple else self._few(_MAX_STREAMS)
            properties = self._take(self._number()) if flags & 0x20 else b""
            coders.append(Coder(method, properties))
        bound = set()
        for _ in range(max(0, outputs - 1)):
            self._number()
            bound.add(self._number())
        packed = inputs - max(0, outputs - 1)
        if packed > 1:
            for _ in range(packed):
                self._number()
        main = next((n for n in reversed(range(outputs)) if n not in bound), None)
        if main is None:
            raise ValueError("a folder without an output")
        return Folder(coders, outputs, main)

    def _substreams(self, streams: Streams) -> None:
        kind = self._byte()
        if kind == _STREAM_COUNTS:
            for folder in streams.folders:
                folder.streams = self._number()
            kind = self._byte()
        if sum(folder.streams for folder in streams.folders) > MAX_FILES + len(self._raw):
            raise ValueError("more files than the header has room for")
        for folder in streams.folders:
            given = [self._number() for _ in range(folder.streams - 1)] if kind == _SIZES else []
            if folder.streams:
                streams.sizes += [*given, max(0, folder.size_bytes - sum(given))]
        if kind == _SIZES:
            kind = self._byte()
        known = {
            n: folder.crc32
            for n, folder in enumerate(streams.folders)
            if folder.streams == 1 and folder.crc32 is not None
        }
        unknown = sum(f.streams for n, f in enumerate(streams.folders) if n not in known)
        digests: list[int | None] = [None] * unknown
        while kind != _END:
            if kind != _CRCS:
                raise ValueError("an unknown structure")
            digests = self._digests(unknown)
            kind = self._byte()
        told = iter(digests)
        for n, folder in enumerate(streams.folders):
            streams.crcs += (
                [known[n]] if n in known else [next(told) for _ in range(folder.streams)]
            )

    def _digests(self, count: int) -> list[int | None]:
        is_defined = [True] * count if self._byte() else self._bits(count)
        numbers = iter(struct.unpack(f"<{sum(is_defined)}L", self._take(4 * sum(is_defined))))
        return [next(numbers) if there else None for there in is_defined]

    def _skip_properties(self) -> None:
        while self._number() != _END:
            self._take(self._number())

    def _bits(self, count: int) -> list[bool]:
        raw = self._take((count + 7) // 8)
        return [bool(raw[n >> 3] & (0x80 >> (n & 7))) for n in range(count)]

    def _byte(self) -> int:
        self._at += 1
        return self._raw[self._at - 1]

    def _take(self, size: int) -> bytes:
        data = self._raw[self._at : self._at + size]
        if len(data) != size:
            raise ValueError("the header ends early")
        self._at += size
        return data

    def _count(self) -> int:
        """Return how many things follow, of a byte or more each."""
        return self._few(len(self._raw) - self._at)

    def _few(self, most: int) -> int:
        count = self._number()
        if count > most:
            raise ValueError("more than there is room for")
        return count

    def _number(self) -> int:
        """Return a number whose first byte says by leading ones how many bytes follow."""
        first = self._byte()
        extra, mask = 0, 0x80
        while mask and first & mask:
            extra, mask = extra + 1, mask >> 1
        low = int.from_bytes(self._take(extra), "little")
        return low + ((first & (mask - 1)) << (8 * extra) if mask else 0)


def _entries(
    names: Sequence[str],
    count: int,
    empty_stream: Sequence[bool],
    empty_file: Sequence[bool],
    streams: Streams,
) -> list[ListingEntry]:
    content = iter(zip(streams.sizes, streams.crcs, strict=True))
    empty = iter(empty_file)
    entries = []
    for n in range(count):
        size: int | None = None
        crc32: int | None = None
        is_directory = False
        if n < len(empty_stream) and empty_stream[n]:
            is_directory = not next(empty, False)
            size = None if is_directory else 0
        else:
            size, crc32 = next(content, (None, None))
        name = names[n][:MAX_NAME_CHARS] if n < len(names) else ""
        if size is not None and size >= 2**63:
            size = None
        entries.append(ListingEntry(name, size, crc32, is_directory=is_directory))
    return entries
