"""A text as it stands, and as it was before it was put into markup, JSON, CSV or SQL.

What wraps a document adds letters of its own: the names of tags, the ``n`` of an
escaped line break, the ``amp`` of an entity. One on each short line breaks every
gram of it, though not a word was changed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from leakwatch.fingerprint.normalise import letters

_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,500}>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|[abfnrtv0Z]|\r?\n)")
"""JSON (RFC 8259), C, MySQL. A Windows path loses letters; the first reading keeps them."""


def readings(text: str) -> Iterator[bytes]:
    """Yield the letters of a text; and again, where they differ, of what it wraps."""
    plain = letters(text)
    yield plain
    bare = text
    if "\\" in bare:
        bare = _ESCAPE.sub(_unescaped, bare)
    if "<" in bare:
        bare = _TAG.sub(" ", bare)
    if "&" in bare:
        bare = _ENTITY.sub(lambda entity: html.unescape(entity[0]), bare)
    if bare is not text:
        unwrapped = letters(bare)
        if unwrapped != plain:
            yield unwrapped


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else " "
