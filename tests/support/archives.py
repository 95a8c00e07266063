"""Archives made by the standard library, and what hostile makers do to them."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import sys
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator

from leakwatch.extract.formats import TextExtraction
from leakwatch.model.artefact import Artefact
from leakwatch.unpack.budget import Budget, BudgetLimits
from leakwatch.unpack.events import Done, Event, Resume
from leakwatch.unpack.walk import Walker

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

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


def tar_of(
    members: Iterable[tuple[str, bytes]], *, form: int = tarfile.PAX_FORMAT, mode: str = "w"
) -> bytes:
    """Pack members in order."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def zstandard(content: bytes, *, window_log: int = 20) -> bytes:
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: window_log})
    return packer.compress(content) + packer.flush()


def lzip(content: bytes) -> bytes:
    """Pack content as one lzip member (dictionary of 1 MiB)."""
    lzma1 = {"id": lzma.FILTER_LZMA1, "lc": 3, "lp": 0, "pb": 2, "dict_size": 1 << 20}
    stream = lzma.compress(content, format=lzma.FORMAT_RAW, filters=[lzma1])
    tail = struct.pack("<LQQ", zlib.crc32(content), len(content), len(stream) + 26)
    return b"LZIP\x01\x14" + stream + tail


def cpio_of(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Pack members as SVR4 cpio ("newc")."""
    packed = b""
    for name, content in (*members, ("TRAILER!!!", b"")):
        raw = name.encode() + b"\0"
        fields = [0, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(raw), 0]
        packed += b"070701" + b"".join(b"%08X" % number for number in fields) + raw
        packed += bytes(-len(packed) % 4) + content
        packed += bytes(-len(packed) % 4)
    return packed


def ar_of(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Pack members as ``ar`` does on System V."""
    packed = b"!<arch>\n"
    for name, content in members:
        packed += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (
            name.encode() + b"/",
            0,
            0,
            0,
            b"100644",
            len(content),
        )
        packed += content + b"\n" * (len(content) % 2)
    return packed


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


def artefacts(
    content: bytes, *, limits: BudgetLimits | None = None, resume: Resume | None = None
) -> dict[str, Artefact]:
    """Return what a walk finds, by ordinal."""
    events = walk(content, limits=limits, resume=resume)
    return {e.artefact.path.ordinal: e.artefact for e in events if isinstance(e, Done)}
