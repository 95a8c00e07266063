"""In-process readers for tests: plain text, ZIP members one level deep, and pictures."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from leakwatch.extract.base import PictureLimits
from leakwatch.extract.pictures import PictureExtraction
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.model.capture import Content
from leakwatch.unpack.sniff import sniff


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

    def iter_read(
        self, body: bytes | Path | Content, *, name: str, passwords: Sequence[str] = ()
    ) -> Iterator[Artefact]:
        if not isinstance(body, bytes):
            body = body.read_bytes() if isinstance(body, Path) else b"".join(body.chunks())
        yield from reversed(self.read(body, name=name))

    def iter_read_set(
        self, volumes: Sequence[tuple[str, Path] | None], *, fill: bool
    ) -> Iterator[Artefact]:
        del fill
        for name, path in filter(None, volumes):
            yield from self.iter_read(path, name=name)


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


class LookingReader(PlainReader):
    """Looks for pictures too, as the sandbox does where it is asked to."""

    def __init__(self) -> None:
        self._look = PictureExtraction(PictureLimits())

    def read(self, body: bytes, *, name: str) -> Sequence[Artefact]:
        [whole, *members] = super().read(body, name=name)
        kind = sniff(body)
        if not self._look.has_pictures(kind):
            return [whole, *members]
        pictures = self._look(kind, io.BytesIO(body)).pictures
        return [replace(whole, kind=kind, text=None, pictures=pictures)]
