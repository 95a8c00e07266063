"""Captures -> a WARC file (ISO 28500) that any viewer opens.

One gzip member a record, so that a viewer can seek: a ``warcinfo`` that says
what was done to the answers, then for each capture a ``response`` and a
``metadata`` record with its times. The same captures give the same bytes.

Answers are kept decoded, as they were matched: their content-encoding is
undone, so headers that no longer hold stand under ``X-Archive-Orig-``.
Digests are SHA-256, in hex: warcio itself would write SHA-1.
"""

from __future__ import annotations

import errno
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from uuid import NAMESPACE_URL, uuid5

from warcio.recordloader import ArcWarcRecord  # type: ignore[import-untyped]
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.utils import Digester  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from leakwatch import __version__
from leakwatch.model.capture import Capture

_UNDONE = ("content-encoding", "transfer-encoding", "content-length")
_SAMPLE_BYTES = 64 * 1024
_PACKS = 0.95
"""What packs no better than this is stored: deflate would spend minutes a gigabyte in vain."""
_NOTE = (
    "Response bodies are stored with content-encoding and transfer-encoding removed; the "
    "headers that said so are kept under X-Archive-Orig-. Bytes outside printable ASCII in "
    "headers and addresses are written as backslash escapes. Requests are not stored."
)


def warc_chunks(captures: Sequence[Capture]) -> Iterator[bytes]:
    """Yield a gzipped WARC 1.1 of the captures, piece by piece.

    Nothing is written to disk, and no content is held that was not in memory
    before: one that lies on disk is read twice, for its digest and for itself.

    Raises:
        OSError: such a content cannot be read any more, or is another than it was.
    """
    first = min((c.requested_at for c in captures), default=datetime.fromtimestamp(0, UTC))
    info = {
        "software": f"leakwatch/{__version__}",
        "format": "WARC File Format 1.1",
        "description": _NOTE,
    }
    yield _record("warcinfo", _warc_id("info", *(c.id for c in captures)), first, fields=info)
    for capture in captures:
        yield from _response(capture)
        yield _metadata(capture)


class _Sha256Writer(WARCWriter):  # type: ignore[misc]
    @staticmethod
    def _create_digester() -> Digester:
        return _HexSha256()


class _HexSha256(Digester):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__("sha256")

    def __str__(self) -> str:
        return f"{self.type_}:{self.digester.hexdigest()}"


def _response(capture: Capture) -> Iterator[bytes]:
    # warcio's writer would hold the content, or spill it into a temporary file.
    writer = _Sha256Writer(BytesIO(), gzip=True, warc_version="1.1")
    http_headers = _http_headers(capture)
    http_headers.compute_headers_buffer()
    head: bytes = http_headers.headers_buff
    record: ArcWarcRecord = writer.create_warc_record(
        _ascii(capture.final_url),
        "response",
        payload=BytesIO(),
        length=0,
        warc_headers_dict={
            "WARC-Record-ID": _warc_id("response", capture.id),
            "WARC-Date": _warc_date(capture.requested_at),
            "WARC-Payload-Digest": f"sha256:{capture.sha256}",
            "WARC-Block-Digest": f"sha256:{_block_sha256(head, capture)}",
        },
        http_headers=http_headers,
    )
    record.rec_headers.replace_header("Content-Type", record.content_type)
    record.rec_headers.replace_header("Content-Length", str(len(head) + capture.size_bytes))
    header: bytes = record.rec_headers.to_bytes(encoding="utf-8")
    yield from _gzipped(_parts(header + head, capture), level=_level(capture))


def _parts(head: bytes, capture: Capture) -> Iterator[bytes]:
    yield head
    yield from capture.chunks()
    yield b"\r\n\r\n"


def _block_sha256(head: bytes, capture: Capture) -> str:
    block, content = hashlib.sha256(head), hashlib.sha256()
    for chunk in capture.chunks():
        block.update(chunk)
        content.update(chunk)
    if content.hexdigest() != capture.sha256:
        raise OSError(errno.EIO, "the content is another than was captured")
    return block.hexdigest()


def _level(capture: Capture) -> int:
    """Return how hard deflate should try; archives and pictures are packed already."""
    sample = next(iter(capture.chunks()), b"")[:_SAMPLE_BYTES]
    return 0 if len(zlib.compress(sample, 1)) > _PACKS * max(len(sample), 1024) else 6


def _gzipped(parts: Iterable[bytes], *, level: int) -> Iterator[bytes]:
    """Yield one gzip member (RFC 1952) without a time in it."""
    packer = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    for part in parts:
        if packed := packer.compress(part):
            yield packed
    yield packer.flush()


def _metadata(capture: Capture) -> bytes:
    fields = {
        "capture": capture.id,
        "source": capture.source,
        "requested-url": _ascii(capture.url),
        "via": capture.via.value,
        "requested-at": _warc_date(capture.requested_at),
        "first-byte-at": _warc_date(capture.first_byte_at),
        "completed-at": _warc_date(capture.completed_at),
        "body-sha256": capture.sha256,
    }
    return _record(
        "metadata",
        _warc_id("metadata", capture.id),
        capture.requested_at,
        fields=fields,
        about=capture,
    )


def _record(
    kind: str,
    record_id: str,
    at: datetime,
    *,
    fields: dict[str, str],
    about: Capture | None = None,
) -> bytes:
    """Return a record of named values (``application/warc-fields``)."""
    body = "".join(f"{name}: {_ascii(value)}\r\n" for name, value in fields.items()).encode("ascii")
    headers = {"WARC-Record-ID": record_id, "WARC-Date": _warc_date(at)}
    if about is not None:
        headers["WARC-Concurrent-To"] = _warc_id("response", about.id)
    out = BytesIO()
    writer = _Sha256Writer(out, gzip=True, warc_version="1.1")
    record = writer.create_warc_record(
        _ascii(about.final_url) if about is not None else "",
        kind,
        payload=BytesIO(body),
        length=len(body),
        warc_headers_dict=headers,
    )
    writer.write_record(record)
    return out.getvalue()


def _http_headers(capture: Capture) -> StatusAndHeaders:
    kept = [
        (f"X-Archive-Orig-{_ascii(name)}" if name.lower() in _UNDONE else _ascii(name), value)
        for name, value in capture.headers
    ]
    headers = [(name, _ascii(value)) for name, value in kept]
    headers.append(("Content-Length", str(capture.size_bytes)))
    try:
        phrase = HTTPStatus(capture.status).phrase
    except ValueError:
        phrase = "Unknown"
    return StatusAndHeaders(f"{capture.status} {phrase}", headers, protocol="HTTP/1.1")


def _ascii(text: str) -> str:
    """Return one line of printable ASCII: a header must not be able to start another."""
    return "".join(c if " " <= c <= "~" else _escaped(c) for c in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _warc_id(kind: str, *names: str) -> str:
    return f"<urn:uuid:{uuid5(NAMESPACE_URL, ' '.join((kind, *names)))}>"


def _warc_date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
