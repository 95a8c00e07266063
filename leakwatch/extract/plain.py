"""Text in any common encoding."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.encoding import SAMPLE_BYTES, find_encoding

_CHUNK_BYTES = 1024 * 1024


class PlainText:
    """Decodes piece by piece, so that only the text itself is ever held."""

    is_risky = False

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        return decode(stream, max_chars=max_chars, choose=find_encoding_of)


def find_encoding_of(sample: bytes) -> str:
    return find_encoding(sample, is_whole=len(sample) < SAMPLE_BYTES)


def decode(stream: ContentStream, *, max_chars: int, choose: Callable[[bytes], str]) -> Extraction:
    """Return a stream's text without NULs; bytes of no meaning become U+FFFD.

    ``choose`` is shown the first ``SAMPLE_BYTES`` and names the codec.
    """
    sample = stream.read(SAMPLE_BYTES)
    if len(sample) < min(SAMPLE_BYTES, max_chars):
        # All there is: nearly every note, report and mail.
        return Extraction(sample.decode(choose(sample), "replace").replace("\0", ""))
    parts: list[str] = []
    chars = 0
    for text in _decoded(stream, sample, choose(sample)):
        parts.append(text)
        chars += len(text)
        if chars > max_chars:
            parts[-1] = text[: len(text) - (chars - max_chars)]
            return Extraction("".join(parts), f"text cut after {max_chars} characters")
    return Extraction("".join(parts))


def _decoded(stream: ContentStream, sample: bytes, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    data = sample
    while data:
        yield decoder.decode(data).replace("\0", "")
        data = stream.read(_CHUNK_BYTES)
    yield decoder.decode(b"", final=True).replace("\0", "")
