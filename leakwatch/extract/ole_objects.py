"""Other compound files: encrypted documents, and objects that wrap a file."""

from __future__ import annotations

import struct

from leakwatch.errors import Encrypted, ExtractError
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.ole import CompoundFile
from leakwatch.extract.property_text import property_text

_ENCRYPTED = "EncryptedPackage"
_NATIVE = "\x01Ole10Native"
_DRM = "\tDRMContent"


class OleObject:
    """What a compound file of no known program says of itself."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        file = CompoundFile(stream)
        if file.has(_ENCRYPTED) or file.has(_DRM):
            raise Encrypted("the document has a password")
        if text := property_text(file):
            return Extraction(text[:max_chars], "properties only: nobody reads this kind of file")
        raise ExtractError("nobody reads this kind of compound file")


def native_file(raw: bytes) -> tuple[str, bytes] | None:
    """Return (name, content) of a file in the stream of an embedded package, or None.

    Layout: size 4, 2 unknown, label and path to NUL, 4 unknown, size of another
    path 4 and that path, size 4, content.
    """
    label_end = raw.find(b"\0", 6)
    path_end = raw.find(b"\0", label_end + 1)
    at = path_end + 1 + 4
    if min(label_end, path_end) < 0 or at + 4 > len(raw):
        return None
    (path_bytes,) = struct.unpack_from("<L", raw, at)
    at += 4 + path_bytes
    if at + 4 > len(raw):
        return None
    (size,) = struct.unpack_from("<L", raw, at)
    return raw[6:label_end].decode("cp1252", "replace"), raw[at + 4 : at + 4 + size]
