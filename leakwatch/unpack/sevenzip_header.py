"""What a 7z archive says it holds, and how it is packed (7zFormat.txt of the LZMA SDK).

     0  6  "7z" BC AF 27 1C     12  8  header offset, counted from 32
     6  2  version              20  8  header bytes
     8  4  CRC-32 of 12..32     28  4  CRC-32 of the header

The header lies at the end, mostly packed itself. Every count in it is checked
against the bytes that are left, so that a lie costs nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from leakwatch.errors import Corrupt, Unsupported
from leakwatch.unpack.container import MAX_NAME_CHARS

MAGIC = b"7z\xbc\xaf\x27\x1c"
START_BYTES = 32
MAX_FILES = 1_000_000
"""Listed of one archive; more than a budget lets be opened anyway."""
_MAX_CODERS = 32
_END, _HEADER, _PROPERTIES, _ADDITIONAL, _STREAMS, _FILES = 0, 1, 2, 3, 4, 5
_PACK_INFO, _UNPACK_INFO, _SUBSTREAMS = 6, 7, 8
_SIZES, _CRCS, _FOLDERS, _UNPACK_SIZES, _STREAM_COUNTS = 9, 10, 11, 12, 13
_EMPTY_STREAM, _EMPTY_FILE, _ANTI, _NAMES, _ATTRIBUTES = 14, 15, 16, 17, 21
_PACKED_HEADER = 0x17
_UNIX_MODE = 0x8000


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of packing."""

    method: bytes
    properties: bytes
    inputs: int
    outputs: int


@dataclass(slots=True)
class Folder:
    """What is packed together: a chain of coders, and the streams that go into it."""

    coders: Sequence[Coder]
    binds: Sequence[tuple[int, int]]
    """(input, output): what one coder puts out, another takes in."""
    packed: Sequence[int]
    """Inputs that come from the file."""
    sizes: Sequence[int] = ()
    """Of each output."""
    crc32: int | None = None
    streams: int = 1
    """Files in it."""
    places: Sequence[tuple[int, int]] = ()
    """(offset in the archive, bytes) of each packed stream."""

    @property
    def main(self) -> int:
        """Return the output that is the content itself."""
        bound = {output for _, output in self.binds}
        for output in reversed(range(len(self.sizes))):
            if output not in bound:
                return output
        raise Corrupt("packed data without an output")

    @property
    def size_bytes(self) -> int:
        return self.sizes[self.main]


@dataclass(frozen=True, slots=True)
class SevenZipEntry:
    """One file: claims."""

    name: str = field(repr=False)
    size_bytes: int
    crc32: int | None
    folder: int | None
    """Which of the folders it is packed in; None where it is empty."""
    at: int = 0
    """Where it starts in what the folder unpacks to."""
    is_directory: bool = False
    unix_mode: int = 0


@dataclass(slots=True)
class Streams:
    """What is packed, and where."""

    folders: list[Folder] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    crcs: list[int | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Start:
    """Where the header lies."""

    offset: int
    size_bytes: int
    crc32: int


def read_start(raw: bytes) -> Start:
    """Read the first 32 bytes. Raises Corrupt."""
    if len(raw) < START_BYTES or not raw.startswith(MAGIC):
        raise Corrupt("the archive's start is damaged")
    return Start(*struct.unpack_from("<2QL", raw, 12))


def read_header(raw: bytes) -> Streams | tuple[Streams, Iterator[SevenZipEntry], int]:
    """Read a header.

    Returns:
        Where the header proper is packed; or what is packed, the files in it,
        and how many files it claims.

    Raises:
        Corrupt: it follows no format.
        Unsupported: part of it lies elsewhere.
    """
    reader = _Reader(raw)
    try:
        kind = reader.byte()
        if kind == _PACKED_HEADER:
            return reader.streams()
        if kind != _HEADER:
            raise Corrupt("the header of the archive is damaged")
        return reader.files()
    except (IndexError, ValueError, struct.error):
        raise Corrupt("the header of the archive is damaged") from None


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def byte(self) -> int:
        self._at += 1
        return self._raw[self._at - 1]

    def take(self, size: int) -> bytes:
        data = self._raw[self._at : self._at + size]
        if len(data) != size:
            raise ValueError
        self._at += size
        return data

    def number(self) -> int:
        """Return a number whose first byte says by leading ones how many bytes follow."""
        first = self.byte()
        extra, mask = 0, 0x80
        while mask and first & mask:
            extra, mask = extra + 1, mask >> 1
        low = int.from_bytes(self.take(extra), "little")
        return low + ((first & (mask - 1)) << (8 * extra) if mask else 0)

    def count(self, most: int | None = None) -> int:
        """Return how many things follow, each of a byte or more."""
        count = self.number()
        if count > (len(self._raw) - self._at if most is None else most):
            raise ValueError
        return count

    def files(self) -> tuple[Streams, Iterator[SevenZipEntry], int]:
        streams = Streams()
        while (kind := self.byte()) != _END:
            if kind == _PROPERTIES:
                while self.number() != _END:
                    self.take(self.number())
            elif kind == _ADDITIONAL:
                self.streams()
            elif kind == _STREAMS:
                streams = self.streams()
            elif kind == _FILES:
                claimed, files = self._files()
                return streams, _entries(files, streams), claimed
            else:
                raise ValueError
        return streams, iter(()), 0

    def streams(self) -> Streams:
        streams = Streams()
        pack_at, pack_sizes, has_substreams = 0, [0][:0], False
        while (kind := self.byte()) != _END:
            if kind == _PACK_INFO:
                pack_at, pack_sizes = self._pack_info()
            elif kind == _UNPACK_INFO:
                streams.folders = self._unpack_info()
            elif kind == _SUBSTREAMS:
                self._substreams(streams)
                has_substreams = True
            else:
                raise ValueError
        _place(streams.folders, pack_at, pack_sizes)
        if not has_substreams:
            streams.sizes = [folder.size_bytes for folder in streams.folders]
            streams.crcs = [folder.crc32 for folder in streams.folders]
        return streams

    def _pack_info(self) -> tuple[int, list[int]]:
        pack_at, count = self.number(), self.count()
        sizes: list[int] = []
        while (kind := self.byte()) != _END:
            if kind == _SIZES:
                sizes = [self.number() for _ in range(count)]
            elif kind == _CRCS:
                self._digests(count)
            else:
                raise ValueError
        return pack_at, sizes

    def _unpack_info(self) -> list[Folder]:
        folders: list[Folder] = []
        while (kind := self.byte()) != _END:
            if kind == _FOLDERS:
                count = self.count()
                if self.byte():
                    raise Unsupported("part of the archive's header lies elsewhere")
                folders = [self._folder() for _ in range(count)]
            elif kind == _UNPACK_SIZES:
                for folder in folders:
                    outputs = sum(coder.outputs for coder in folder.coders)
                    folder.sizes = [self.number() for _ in range(outputs)]
            elif kind == _CRCS:
                for folder, crc in zip(folders, self._digests(len(folders)), strict=True):
                    folder.crc32 = crc
            else:
                raise ValueError
        return folders

    def _folder(self) -> Folder:
        coders = []
        for _ in range(self.count(_MAX_CODERS)):
            flags = self.byte()
            method = self.take(flags & 0x0F)
            is_complex = flags & 0x10
            inputs = self.count(_MAX_CODERS) if is_complex else 1
            outputs = self.count(_MAX_CODERS) if is_complex else 1
            properties = self.take(self.number()) if flags & 0x20 else b""
            coders.append(Coder(method, properties, inputs, outputs))
        inputs = sum(coder.inputs for coder in coders)
        bound = sum(coder.outputs for coder in coders) - 1
        if not coders or bound < 0 or inputs <= bound:
            raise ValueError
        binds = [(self.number(), self.number()) for _ in range(bound)]
        packed = inputs - bound
        if packed == 1:
            taken = {taker for taker, _ in binds}
            first = [n for n in range(inputs) if n not in taken][:1]
            return Folder(coders, binds, first)
        return Folder(coders, binds, [self.number() for _ in range(packed)])

    def _substreams(self, streams: Streams) -> None:
        kind = self.byte()
        if kind == _STREAM_COUNTS:
            for folder in streams.folders:
                folder.streams = self.count(MAX_FILES * 4)
            kind = self.byte()
        if sum(folder.streams for folder in streams.folders) > MAX_FILES * 4:
            raise ValueError
        for folder in streams.folders:
            given = [self.number() for _ in range(folder.streams - 1)] if kind == _SIZES else []
            if folder.streams:
                streams.sizes += [*given, max(0, folder.size_bytes - sum(given))]
                streams.sizes += [0] * (folder.streams - 1 - len(given))
        if kind == _SIZES:
            kind = self.byte()
        is_known = [f.streams == 1 and f.crc32 is not None for f in streams.folders]
        untold = zip(streams.folders, is_known, strict=True)
        unknown = sum(folder.streams for folder, known in untold if not known)
        digests: list[int | None] = [None] * unknown
        while kind != _END:
            if kind != _CRCS:
                raise ValueError
            digests = self._digests(unknown)
            kind = self.byte()
        told = iter(digests)
        for folder, known in zip(streams.folders, is_known, strict=True):
            streams.crcs += [folder.crc32] if known else [next(told) for _ in range(folder.streams)]

    def _files(self) -> tuple[int, _Files]:
        claimed = self.number()
        files = _Files(min(claimed, MAX_FILES, len(self._raw)))
        while (kind := self.number()) != _END:
            end = self.number() + self._at
            if end > len(self._raw):
                raise ValueError
            read = _FILE_PROPERTIES.get(kind)
            if read is not None:
                read(self, files, end)
            self._at = end
        return claimed, files

    def read_empty_stream(self, files: _Files, _end: int) -> None:
        files.has_no_stream = self._bits(files.count)

    def read_empty_file(self, files: _Files, _end: int) -> None:
        files.is_empty_file = self._bits(sum(files.has_no_stream))

    def read_anti(self, files: _Files, _end: int) -> None:
        files.is_anti = self._bits(sum(files.has_no_stream))

    def read_names(self, files: _Files, end: int) -> None:
        if self.byte():
            raise Unsupported("part of the archive's header lies elsewhere")
        raw = self._raw[self._at : end]
        text = raw[: len(raw) & ~1].decode("utf-16-le", "replace")
        files.names = text.split("\0", files.count)[: files.count]

    def read_attributes(self, files: _Files, _end: int) -> None:
        is_defined = [True] * files.count if self.byte() else self._bits(files.count)
        if not self.byte():
            values = iter(struct.unpack(f"<{sum(is_defined)}L", self.take(4 * sum(is_defined))))
            files.attributes = [next(values) if there else 0 for there in is_defined]

    def _digests(self, count: int) -> list[int | None]:
        is_defined = [True] * count if self.byte() else self._bits(count)
        values = iter(struct.unpack(f"<{sum(is_defined)}L", self.take(4 * sum(is_defined))))
        return [next(values) if there else None for there in is_defined]

    def _bits(self, count: int) -> list[bool]:
        raw = self.take((count + 7) // 8)
        return [bool(raw[n >> 3] & (0x80 >> (n & 7))) for n in range(count)]


@dataclass(slots=True)
class _Files:
    count: int
    names: Sequence[str] = field(default=(), repr=False)
    has_no_stream: Sequence[bool] = ()
    is_empty_file: Sequence[bool] = ()
    is_anti: Sequence[bool] = ()
    attributes: Sequence[int] = ()


_FILE_PROPERTIES = MappingProxyType[int, Callable[[_Reader, _Files, int], None]](
    {
        _EMPTY_STREAM: _Reader.read_empty_stream,
        _EMPTY_FILE: _Reader.read_empty_file,
        _ANTI: _Reader.read_anti,
        _NAMES: _Reader.read_names,
        _ATTRIBUTES: _Reader.read_attributes,
    }
)


def _place(folders: Sequence[Folder], pack_at: int, pack_sizes: Sequence[int]) -> None:
    """Tell each folder where its packed streams lie."""
    offset, sizes = START_BYTES + pack_at, iter(pack_sizes)
    for folder in folders:
        places = []
        for _ in folder.packed:
            size = next(sizes, None)
            if size is None:
                raise Corrupt("packed data is announced that is not there")
            places.append((offset, size))
            offset += size
        folder.places = places


def _entries(files: _Files, streams: Streams) -> Iterator[SevenZipEntry]:
    content = _contents(streams)
    empty, anti = iter(files.is_empty_file), iter(files.is_anti)
    for n in range(files.count):
        name = files.names[n][:MAX_NAME_CHARS] if n < len(files.names) else ""
        attributes = files.attributes[n] if n < len(files.attributes) else 0
        mode = attributes >> 16 if attributes & _UNIX_MODE else 0
        if n < len(files.has_no_stream) and files.has_no_stream[n]:
            # What is to be deleted when unpacked over another archive is no file here.
            is_file = next(empty, False) and not next(anti, False)
            yield SevenZipEntry(name, 0, None, None, is_directory=not is_file, unix_mode=mode)
            continue
        told = next(content, None)
        if told is None:
            raise Corrupt("more files are listed than there is data for")
        yield SevenZipEntry(name, *told, unix_mode=mode)


def _contents(streams: Streams) -> Iterator[tuple[int, int | None, int, int]]:
    """Yield (size, CRC-32, folder, offset in it) of each file with content."""
    told = iter(zip(streams.sizes, streams.crcs, strict=True))
    for number, folder in enumerate(streams.folders):
        at = 0
        for _ in range(folder.streams):
            size, crc = next(told)
            yield size, crc, number, at
            at += size
