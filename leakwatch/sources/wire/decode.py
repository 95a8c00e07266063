"""Bytes to text: which of the encodings a page may claim is the true one.

After the WHATWG encoding sniffing order, but for two lessons of real pages: text
that decodes as strict UTF-8 is UTF-8 whatever a header says, and a header of
ISO-8859-1 is a server's default rather than a statement.
"""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,500}?(?:charset|encoding)\s*=\s*["']?([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_DEFAULTS = frozenset({"iso8859-1", "ascii"})
_MAX_DAMAGE = 0.01
"""Share of broken bytes up to which a page is damaged UTF-8, not another encoding."""
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")


def decode(body: bytes, header_charset: str | None = None) -> str:
    """Return the page as text; never fails, bytes of no meaning become U+FFFD.

    Args:
        body: the page.
        header_charset: ``charset`` of its Content-Type, where it had one.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    head = body[:4096]
    if head and head.count(0) > len(head) // 4:
        return body.decode("utf-16-be" if head[0] == 0 else "utf-16-le", "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(body, header_charset)


def _decode_other(body: bytes, header_charset: str | None) -> str:
    found = _META.search(body[:4096])
    header, meta = _codec(header_charset), _codec(found[1].decode("ascii") if found else None)
    claims = (meta, header) if header in _DEFAULTS else (header, meta)
    for name in claims:
        if name is None or name == "utf-8":
            continue
        try:
            return body.decode("cp1252" if name in _DEFAULTS else name)
        except (UnicodeDecodeError, LookupError):  # ``hex`` is a codec, but not of text
            continue
    text = body.decode("utf-8", "replace")
    if "utf-8" in claims or text.count("\ufffd") <= _MAX_DAMAGE * len(text):
        return text
    return body.decode("cp1252", "replace")


def _codec(name: str | None) -> str | None:
    """Return Python's name of a text codec; None when it has none."""
    try:
        found = codecs.lookup(name) if name else None
    except (LookupError, ValueError):
        return None
    return found.name if found is not None else None


def clean(text: str) -> str:
    """Return text that any JSON reader and any database takes: no NUL, no lone surrogate."""
    return _UNUSABLE.sub("\ufffd", text)
