"""Archives made by the standard library, and what hostile makers do to them."""

from __future__ import annotations

import gzip
import io
import struct
import warnings
import zipfile
from collections.abc import Iterable, Iterator

from leakwatch.extract.formats import TextExtraction
from leakwatch.model.artefact import Artefact
from leakwatch.unpack.budget import Budget, BudgetLimits
from leakwatch.unpack.events import Done, Event, Resume
from leakwatch.unpack.walk import Walker

ENCRYPTED_FLAG = 0x1
UTF8_FLAG = 0x800


def zip_of(members: Iterable[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Pack members, in order, equal names too."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return packed.getvalue()


def directory_offsets(archive: bytes) -> list[int]:
    """Return where each central directory entry starts."""
    (offset,) = struct.unpack_from("<L", archive, archive.rindex(b"PK\x05\x06") + 16)
    found = []
    while archive.startswith(b"PK\x01\x02", offset):
        found.append(offset)
        offset += 46 + sum(struct.unpack_from("<3H", archive, offset + 28))
    return found


def patched(archive: bytes, index: int, field: str, value: int) -> bytes:
    """Return the archive with one field of one directory entry overwritten."""
    offset, form = {
        "flags": (8, "<H"),
        "method": (10, "<H"),
        "crc32": (16, "<L"),
        "packed": (20, "<L"),
        "size": (24, "<L"),
        "attributes": (38, "<L"),
        "header": (42, "<L"),
    }[field]
    data = bytearray(archive)
    struct.pack_into(form, data, directory_offsets(archive)[index] + offset, value)
    return bytes(data)


def nested_zip(depth: int, core: bytes) -> bytes:
    """Pack ``core`` into ``depth`` archives, one in the other."""
    for _ in range(depth):
        core = zip_of([("inner", core)])
    return core


def bomb(size_bytes: int) -> bytes:
    """Return a ZIP of one member of zeros."""
    return zip_of([("zeros.txt", bytes(size_bytes))])


def gzip_bomb(size_bytes: int) -> bytes:
    return gzip.compress(b"a" * size_bytes)


def walk(
    content: bytes, *, limits: BudgetLimits | None = None, resume: Resume | None = None
) -> Iterator[Event]:
    """Walk content in this process: our own test data only."""
    budget = Budget(limits or BudgetLimits())
    walker = Walker(budget, TextExtraction(max_chars=1_000_000), resume or Resume())
    return walker.walk(io.BytesIO(content), "whole")


def artefacts(content: bytes, *, limits: BudgetLimits | None = None) -> dict[str, Artefact]:
    """Return what a walk finds, by ordinal."""
    events = walk(content, limits=limits)
    return {e.artefact.path.ordinal: e.artefact for e in events if isinstance(e, Done)}
