"""What is told of a member: its facts, and what went wrong with it."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace

from leakwatch.errors import ExtractError, LeakwatchError
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.unpack.container import CHUNK_BYTES
from leakwatch.unpack.held_volumes import HeldSet
from leakwatch.unpack.member_reader import MemberReader, as_unpack_error
from leakwatch.unpack.sniff import UNKNOWN


def member_artefact(path: MemberPath, kind: str, reader: MemberReader) -> Artefact:
    """Return a member with its size and digests, as far as it was read."""
    size_bytes, sha256, crc32 = reader.facts()
    return Artefact(path, kind, size_bytes, sha256, crc32)


def joined_artefact(path: MemberPath, held: HeldSet) -> Artefact:
    """Return what several volumes are as one."""
    sha256, crc32 = hashlib.sha256(), 0
    held.stream.seek(0)
    while data := held.stream.read(CHUNK_BYTES):
        sha256.update(data)
        crc32 = zlib.crc32(data, crc32)
    size_bytes = held.stream.size_bytes
    return Artefact(path, UNKNOWN, size_bytes, sha256.hexdigest(), crc32, is_container=True)


def with_error(artefact: Artefact, error: LeakwatchError | None) -> Artefact:
    """Return the artefact with what stopped its reading, if anything did."""
    if error is None:
        return artefact
    return replace(artefact, error=error.slug, detail=error.what)


def as_extract_error(kind: str, error: Exception, *, of: str = "text") -> LeakwatchError:
    """Map whatever a parser raised to the one tree."""
    if isinstance(error, LeakwatchError):
        return error
    if isinstance(error, MemoryError):
        return as_unpack_error(error)
    return ExtractError(f"no {of} from {kind} ({type(error).__name__})")
