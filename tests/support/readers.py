"""An in-process reader for tests: plain text, and ZIP members one level deep."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from leakwatch.model.artefact import Artefact, MemberPath


class PlainReader:
    """Reads UTF-8 text and ZIP archives; what is neither has no text."""

    def read(self, body: bytes, *, name: str) -> Sequence[Artefact]:
        whole = MemberPath((name,), ())
        if body.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                members = [
                    artefact_of(archive.read(info), whole.child(info.filename, n))
                    for n, info in enumerate(archive.infolist())
                ]
            return [artefact_of(body, whole, kind="zip"), *members]
        return [artefact_of(body, whole)]

    def read_many(self, inputs: Iterable[tuple[str, bytes]]) -> Iterator[Sequence[Artefact]]:
        for name, body in inputs:
            yield self.read(body, name=name)

    def iter_read(self, body: Path, *, name: str) -> Iterator[Artefact]:
        yield from reversed(self.read(body.read_bytes(), name=name))


def artefact_of(body: bytes, path: MemberPath, *, kind: str = "text") -> Artefact:
    """Return the artefact of some bytes, with their text when they are UTF-8."""
    text: str | None = None
    if kind == "text":
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            kind = "unknown"
    return Artefact(
        path=path,
        kind=kind,
        size_bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        crc32=zlib.crc32(body),
        text=text,
        is_container=kind == "zip",
    )


def text_artefact(text: str, name: str = "page.txt") -> Artefact:
    """Return the artefact of a text."""
    return artefact_of(text.encode("utf-8", "surrogatepass"), MemberPath((name,), ()))
