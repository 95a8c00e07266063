"""libarchive as ctypes sees it: the dozen calls that reading needs, and nothing of writing.

Bound here and not by a package: those look for the library by running programs,
which a confined child cannot, and log error messages, which may hold names.
The callbacks are made once, when this module is loaded, since making one may
need a file that a child cannot read; the zygote loads it.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_size_t, c_ssize_t, c_void_p
from typing import Any, Self

from leakwatch.errors import Unsupported
from leakwatch.unpack.container import CHUNK_BYTES, SeekableStream

EOF, OK, RETRY, WARN, FAILED, FATAL = 1, 0, -10, -20, -25, -30
"""Return codes of archive.h: from RETRY down nothing usable came."""
REGULAR_FILE = 0o100000
_LIBRARIES = ("libarchive.so.13", "libarchive.so", "libarchive.dylib")
_ERROR = -1

_READ = CFUNCTYPE(c_ssize_t, c_void_p, c_void_p, POINTER(c_void_p))
_SEEK = CFUNCTYPE(c_int64, c_void_p, c_void_p, c_int64, c_int)
_A, _E = c_void_p, c_void_p
_CALLS: dict[str, tuple[Any, ...]] = {
    # name: (result, arguments...)
    "archive_version_number": (c_int,),
    "archive_read_new": (c_void_p,),
    "archive_read_free": (c_int, _A),
    "archive_read_set_read_callback": (c_int, _A, _READ),
    "archive_read_set_seek_callback": (c_int, _A, _SEEK),
    "archive_read_set_callback_data": (c_int, _A, c_void_p),
    "archive_read_open1": (c_int, _A),
    "archive_read_add_passphrase": (c_int, _A, c_char_p),
    "archive_read_next_header2": (c_int, _A, _E),
    "archive_read_data_block": (c_int, _A, POINTER(c_void_p), POINTER(c_size_t), POINTER(c_int64)),
    "archive_format": (c_int, _A),
    "archive_filter_count": (c_int, _A),
    "archive_read_has_encrypted_entries": (c_int, _A),
    "archive_entry_new": (c_void_p,),
    "archive_entry_free": (None, _E),
    "archive_entry_pathname": (c_char_p, _E),
    "archive_entry_pathname_utf8": (c_char_p, _E),
    "archive_entry_hardlink": (c_char_p, _E),
    "archive_entry_filetype": (c_int, _E),
    "archive_entry_size": (c_int64, _E),
    "archive_entry_size_is_set": (c_int, _E),
    "archive_entry_is_data_encrypted": (c_int, _E),
}


def _load() -> ctypes.CDLL | None:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
            for call, (result, *arguments) in _CALLS.items():
                function = getattr(library, call)
                function.restype, function.argtypes = result, arguments
        except (OSError, AttributeError):
            continue
        return library
    return None


_LIBRARY = _load()


def version() -> int | None:
    """Return the library's version (3006002 for 3.6.2), or None where there is none."""
    return int(_LIBRARY.archive_version_number()) if _LIBRARY else None


def library() -> ctypes.CDLL:
    """Return the library. Raises Unsupported where this machine has none."""
    if _LIBRARY is None:
        raise Unsupported(
            "reading this kind needs libarchive (Debian: libarchive13), which is not installed",
            hint="apt-get install libarchive13 (libarchive13t64 from Debian 13 on)",
        )
    return _LIBRARY


class Source:
    """A Python stream that an archive reads from; usable while the ``with`` lasts."""

    _numbers = itertools.count(1)
    _open: dict[int, Source] = {}  # noqa: RUF012  (what the callbacks know a source by)

    def __init__(self, stream: SeekableStream) -> None:
        self._stream = stream
        self._chunk: Any = None
        self.error: Exception | None = None
        """What the stream raised."""
        self.number = next(self._numbers)

    def __enter__(self) -> Self:
        self._open[self.number] = self
        return self

    def __exit__(self, *_: object) -> None:
        self._open.pop(self.number, None)

    def attach(self, archive: int, *, seekable: bool) -> int:
        """Make an archive read from here; return libarchive's code."""
        lib = library()
        lib.archive_read_set_read_callback(archive, _on_read)
        if seekable:
            lib.archive_read_set_seek_callback(archive, _on_seek)
        lib.archive_read_set_callback_data(archive, self.number)
        return int(lib.archive_read_open1(archive))

    def read(self, place: Any) -> int:
        data = self._stream.read(CHUNK_BYTES)
        # The bytes must live until the next call.
        self._chunk = ctypes.c_char_p(data)
        place[0] = ctypes.cast(self._chunk, c_void_p)
        return len(data)

    def seek(self, offset: int, whence: int) -> int:
        return self._stream.seek(offset, whence)


def _guarded(number: int, act: Callable[[Source], int]) -> int:
    source = Source._open.get(number)  # noqa: SLF001
    if source is None:
        return FATAL
    try:
        return act(source)
    except Exception as error:  # noqa: BLE001  (nothing may pass through C)
        source.error = error
        return FATAL


def _read(_archive: int, number: int, place: Any) -> int:
    return _guarded(number, lambda source: source.read(place))


def _seek(_archive: int, number: int, offset: int, whence: int) -> int:
    return _guarded(number, lambda source: source.seek(offset, whence))


_on_read, _on_seek = _READ(_read), _SEEK(_seek)
