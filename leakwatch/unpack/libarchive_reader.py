"""Whatever libarchive opens: ISO 9660, CAB, cpio, ar, LHA, xar, WARC, and a second try for others.

Formats are always named. Letting it guess would open mtree, whose members lie
in files on this disk, and filters that are programs to be run.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from leakwatch.errors import Corrupt, Encrypted, Unsupported
from leakwatch.unpack import libarchive
from leakwatch.unpack.container import CHUNK_BYTES, MAX_NAME_CHARS, Member, SeekableStream

_MAX_BAD_HEADERS = 100
"""Headers in a row that may fail before the rest is given up."""
_NAME_TABLES = frozenset({"/", "//", "/SYM64/"})
"""Members of ``ar`` that only serve it."""
_ZEROS = bytes(CHUNK_BYTES)
_UNNAMED = "content"


@dataclass(frozen=True, slots=True)
class LibarchiveReader:
    """A container of any of some formats, read by libarchive.

    Args:
        formats: as in ``archive_read_support_format_*``: ``iso9660``, ``cab``, ``cpio``, ``ar``,
            ``lha``, ``xar``, ``warc``, ``zip``, ``rar``, ``rar5``, ``7zip``, ``tar``, ``raw``.
        filters: as in ``archive_read_support_filter_*``, for packings around it.
        needs_seek: whether the formats are read from their ends; they are then
            held in memory when nested.
    """

    formats: tuple[str, ...]
    filters: tuple[str, ...] = ()
    needs_seek: bool = False

    def members(self, stream: SeekableStream, passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield the regular files in the archive's order; each is read before the next is asked for.

        Raises:
            Unsupported: there is no libarchive here, or it was built without this format.
            Encrypted: the headers themselves need a password.
            Corrupt: the archive gives out here.
        """
        with _opened(self, stream, passwords) as archive:
            bad = ordinal = 0
            while (code := archive.next_header()) != libarchive.EOF:
                if code == libarchive.FATAL or bad > _MAX_BAD_HEADERS:
                    raise archive.problem("the archive is damaged here")
                if code <= libarchive.RETRY and code != libarchive.WARN:
                    bad += 1
                    continue
                if archive.is_file():
                    bad = 0
                    yield archive.member(ordinal)
                ordinal += 1
                if archive.is_broken:
                    raise archive.problem("the rest of the archive cannot be reached")


@contextlib.contextmanager
def _opened(
    reader: LibarchiveReader, stream: SeekableStream, passwords: Sequence[str]
) -> Iterator[_Archive]:
    lib = libarchive.library()
    pointer, entry = lib.archive_read_new(), lib.archive_entry_new()
    if not pointer or not entry:
        raise MemoryError
    try:
        _support(lib, pointer, reader)
        for password in passwords:
            lib.archive_read_add_passphrase(pointer, password.encode("utf-8", "replace"))
        with libarchive.Source(stream) as source:
            archive = _Archive(lib, pointer, entry, source, has_passwords=bool(passwords))
            if source.attach(pointer, seekable=reader.needs_seek) <= libarchive.RETRY:
                raise archive.problem("the archive cannot be opened")
            # The last of the filters is none at all.
            if reader.filters and lib.archive_filter_count(pointer) < 2:
                raise Corrupt("it is not packed the way it starts")
            yield archive
    finally:
        lib.archive_entry_free(entry)
        lib.archive_read_free(pointer)


def _support(lib: ctypes.CDLL, pointer: int, reader: LibarchiveReader) -> None:
    names = [f"format_{name}" for name in reader.formats]
    names += [f"filter_{name}" for name in reader.filters]
    for name in names:
        call = getattr(lib, f"archive_read_support_{name}", None)
        if call is None:
            raise Unsupported(f"this libarchive has no {name.replace('_', ' ')}")
        call.restype, call.argtypes = ctypes.c_int, [ctypes.c_void_p]
        # A warning means that a program would be run for it.
        if call(pointer) < libarchive.OK:
            raise Unsupported(f"this libarchive was built without {name.replace('_', ' ')}")


@dataclass(slots=True)
class _Archive:
    _lib: ctypes.CDLL
    _pointer: int
    _entry: int
    _source: libarchive.Source
    has_passwords: bool
    is_broken: bool = False
    """A read failed in a way that nothing after it can be reached."""
    _headers: int = field(default=0)

    def next_header(self) -> int:
        self._headers += 1
        return int(self._lib.archive_read_next_header2(self._pointer, self._entry))

    def is_file(self) -> bool:
        """Tell whether the entry has content of its own: links and devices have none."""
        kind = self._lib.archive_entry_filetype(self._entry)
        if kind not in {libarchive.REGULAR_FILE, 0} or self._name() in _NAME_TABLES:
            return False
        return not (self._lib.archive_entry_hardlink(self._entry) and not self._size())

    def member(self, ordinal: int) -> Member:
        encrypted = bool(self._lib.archive_entry_is_data_encrypted(self._entry))
        return Member(
            name=self._name(),
            ordinal=ordinal,
            size_bytes=self._size(),
            crc32=None,
            packed_bytes=None,
            chunks=partial(self._content, self._headers, self._size(), is_encrypted=encrypted),
        )

    def problem(self, what: str) -> Exception:
        """Return the reason for a failure: the stream's own first."""
        if self._source.error is not None:
            return self._source.error
        # Without a format the second question would read through a null pointer.
        has_format = bool(self._lib.archive_format(self._pointer))
        if has_format and self._lib.archive_read_has_encrypted_entries(self._pointer) == 1:
            return Encrypted("the archive needs a password")
        return Corrupt(what)

    def _size(self) -> int | None:
        if not self._lib.archive_entry_size_is_set(self._entry):
            return None
        return max(0, int(self._lib.archive_entry_size(self._entry)))

    def _name(self) -> str:
        raw = self._lib.archive_entry_pathname_utf8(self._entry)
        raw = raw or self._lib.archive_entry_pathname(self._entry) or b""
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            name = raw.decode("cp437")
        return str(name[:MAX_NAME_CHARS]) or _UNNAMED

    def _content(self, header: int, claimed: int | None, *, is_encrypted: bool) -> Iterator[bytes]:
        """Yield the current entry's bytes, holes as zeros.

        Raises:
            Encrypted: no password opens it.
            Corrupt: it is damaged or shorter than announced, or another came first.
        """
        block, size, offset = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_int64()
        places = [ctypes.byref(place) for place in (block, size, offset)]
        at = 0
        while self._headers == header:
            code = self._lib.archive_read_data_block(self._pointer, *places)
            if code == libarchive.EOF:
                # A hole at the end is told by the offset alone.
                yield from _holes(at, offset.value)
                if max(at, offset.value) < (claimed or 0):
                    raise Corrupt(f"only {at} of {claimed} bytes came out")
                return
            if code <= libarchive.RETRY and code != libarchive.WARN:
                self.is_broken = code == libarchive.FATAL
                if is_encrypted:
                    raise Encrypted("the member needs a password")
                raise self.problem("the member's data is damaged")
            yield from _holes(at, offset.value)
            at = max(at, offset.value)
            for start in range(0, size.value, CHUNK_BYTES):
                length = min(CHUNK_BYTES, size.value - start)
                yield ctypes.string_at((block.value or 0) + start, length)
            at += size.value
        raise Corrupt("the member was passed over")


def _holes(at: int, end: int) -> Iterator[bytes]:
    while at < end:
        length = min(CHUNK_BYTES, end - at)
        yield _ZEROS[:length]
        at += length
