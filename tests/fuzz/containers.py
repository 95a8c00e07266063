"""Targets in what libarchive reads: its own parsers, behind ours."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable

from leakwatch.unpack import libarchive
from leakwatch.unpack.formats import CONTAINERS
from tests.fuzz.target import Target, unpacked
from tests.support.archives import ar_of, cpio_of
from tests.support.disk_images import cab_of, iso_of

_NOTE = b"The patient was seen again today. " * 8
_FILES = [("a/note.txt", _NOTE), ("b", b"")]
_SEEDS: dict[str, Callable[[], Iterable[bytes]]] = {
    "cpio": lambda: (cpio_of(_FILES),),
    "ar": lambda: (ar_of(_FILES),),
    "cab": lambda: (cab_of(_FILES),),
    "iso": lambda: (iso_of(_FILES),),
    "lz4": lambda: (b"\x04\x22\x4d\x18\x60\x40\x82\x04\0\0\x80note\0\0\0\0",),
    "compress": lambda: (b"\x1f\x9d\x90aD\x88\x01",),
}


def _target(kind: str) -> Target:
    run = CONTAINERS[kind]
    return Target(kind, lambda data: unpacked(run, io.BytesIO(data)), _SEEDS[kind])


TARGETS = tuple(map(_target, _SEEDS)) if libarchive.version() is not None else ()
