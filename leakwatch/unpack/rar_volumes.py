"""All members of a RAR archive, over its volumes where it has several.

A volume behind another is found where the other ends, or where it is known to
begin; so volumes read one behind the other need no other preparation.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from leakwatch.errors import Corrupt, UnpackError, Unsupported
from leakwatch.unpack import rar4_headers, rar5_headers
from leakwatch.unpack.container import SeekableStream
from leakwatch.unpack.rar_entry import RAR4_MAGIC, RAR5_MAGIC, RarEntry, merged
from leakwatch.unpack.rar_keys import RarKeys
from leakwatch.unpack.volumes import starts_of
from leakwatch.unpack.zip_directory import read_at

SFX_BYTES = 1024 * 1024
"""How far into a program its archive is looked for."""
_OLD_MAGIC = b"RE~^"
_PIECE_BYTES = 64 * 1024


def entries(stream: SeekableStream, keys: RarKeys) -> Iterator[RarEntry]:
    """Yield the members in order, each whole or as far as there are volumes of it.

    Raises:
        Corrupt: the archive gives out; what the other volumes tell came before.
        Encrypted: its headers need a password.
        Unsupported: it is older than RAR 1.5.
    """
    problem: UnpackError | None = None
    waiting: RarEntry | None = None
    for part in _parts(stream, keys):
        if isinstance(part, UnpackError):
            problem = problem or part
        elif part.continues_before and waiting is not None and waiting.name == part.name:
            waiting = merged(waiting, part)
        else:
            if waiting is not None:
                yield waiting
            waiting = part
        if waiting is not None and not waiting.continues_after:
            yield waiting
            waiting = None
    if waiting is not None:
        yield waiting
    if problem is not None:
        raise problem


def _parts(stream: SeekableStream, keys: RarKeys) -> Iterator[RarEntry | UnpackError]:
    end = stream.seek(0, 2)
    # Where no header stands, a file was cut into pieces after it was made.
    is_magic = RAR4_MAGIC[:-1].__eq__
    starts = [s for s in starts_of(stream)[1:] if is_magic(read_at(stream, s, 6))]
    starts.append(end)
    at = find_signature(stream, min(SFX_BYTES, end))
    if at is None:
        if read_at(stream, 0, 4) == _OLD_MAGIC:
            yield Unsupported("an archive from before RAR 1.5")
            return
        yield Corrupt("the archive has no RAR header")
        return
    while at < end:
        volume_end = next(start for start in starts if start > at)
        magic = read_at(stream, at, len(RAR5_MAGIC))
        parser: Generator[RarEntry, None, int]
        if magic == RAR5_MAGIC:
            parser = rar5_headers.parts(stream, at + len(RAR5_MAGIC), volume_end, keys)
        elif magic.startswith(RAR4_MAGIC):
            parser = rar4_headers.parts(stream, at + len(RAR4_MAGIC), volume_end, keys)
        else:
            return
        try:
            at = yield from parser
        except UnpackError as error:
            yield error
            at = volume_end
        following = read_at(stream, at, len(RAR4_MAGIC) - 1) if at < end else b""
        if not RAR4_MAGIC.startswith(following) or not following:
            at = volume_end


def find_signature(stream: SeekableStream, within: int) -> int | None:
    """Return where the first RAR signature starts in a file's first bytes, or None."""
    start = 0
    while start < within:
        data = read_at(stream, start, _PIECE_BYTES + len(RAR5_MAGIC))
        at = data.find(RAR4_MAGIC[:-1])
        while at >= 0:
            if data.startswith((RAR4_MAGIC, RAR5_MAGIC), at):
                return start + at
            at = data.find(RAR4_MAGIC[:-1], at + 1)
        if len(data) < _PIECE_BYTES:
            return None
        start += _PIECE_BYTES
    return None


def missing(entry: RarEntry) -> Corrupt | None:
    """Return what to say of a member of which a volume is not there."""
    if entry.continues_before:
        return Corrupt("the volume that this member begins in is missing")
    if entry.continues_after:
        number = len(entry.extents) + 1
        return Corrupt(f"the volume with part {number} of this member is missing")
    if entry.is_cut:
        return Corrupt("the archive ends within this member")
    return None
