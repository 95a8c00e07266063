"""Which encoding bytes are text in. Pure.

The order: byte order mark, strict UTF-8, NUL columns of UTF-16 and UTF-32,
UTF-8 with a few broken bytes, Windows-1252 or DOS for Latin letters with some
accents, a guess by frequencies for other scripts. The guess knows Cyrillic from
Greek; of one script's several encodings it may take the wrong one, the same for
every copy.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

SAMPLE_BYTES = 1024 * 1024
"""As much of the start as decides; longer files are taken to go on as they began."""
_GUESS_BYTES = 16 * 1024
_GUESS_LEAD_BYTES = 1024
_LAST_RESORT = "cp1252"
_UTF8 = "utf-8"
_TEN_VALID_TO_ONE_BROKEN = 10
# UTF-32 first: its little-endian mark starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH = bytes(range(0x80, 0x100))
_FOREIGN_SHARE = 0.25
"""Share of bytes beyond ASCII from which a text is in no Latin script."""
# Where DOS has its accented letters, Windows has quotes, dashes and nothing.
_DOS_LETTER = re.compile(rb"(?<=[A-Za-z])[\x81\x82\x84-\x89\x94](?=[A-Za-z])")


def find_encoding(sample: bytes, *, is_whole: bool) -> str:
    """Return a Python codec name that decodes the sample, with ``errors="replace"`` at worst.

    Args:
        sample: the first ``SAMPLE_BYTES`` of the content.
        is_whole: nothing follows; else the sample may end within a character.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    wide = _wide_encoding(sample)
    if wide is not None:
        return wide
    decoder = codecs.getincrementaldecoder(_UTF8)("strict")
    try:
        decoder.decode(sample, final=is_whole)
    except UnicodeDecodeError as error:
        return _find_legacy(sample, error.start)
    return _UTF8


def _find_legacy(sample: bytes, first_bad: int) -> str:
    text = sample.decode(_UTF8, "replace")
    high = len(sample) - len(sample.translate(None, _HIGH))
    broken = text.count("\ufffd")
    valid = len(text) - (len(sample) - high) - broken
    if valid >= _TEN_VALID_TO_ONE_BROKEN * broken:
        return _UTF8
    if high < _FOREIGN_SHARE * len(sample):
        # Latin letters with accents here and there: too little for frequencies.
        in_words = len(_DOS_LETTER.findall(sample))
        return "cp850" if in_words * 2 > high else _LAST_RESORT
    start = max(0, first_bad - _GUESS_LEAD_BYTES)
    best = from_bytes(sample[start : start + _GUESS_BYTES]).best()
    # A guess of UTF-8 or ASCII for bytes that are not is no guess.
    if best is None or best.encoding == "ascii" or best.encoding.startswith("utf_"):
        return _LAST_RESORT
    return best.encoding


def _wide_encoding(sample: bytes) -> str | None:
    """Return the UTF-16 or UTF-32 flavour whose NULs keep to their columns, or None."""
    head = sample[:4096]
    if head.count(0) <= len(head) // 10:
        return None
    columns = [head[at::4].count(0) * 4 / len(head) for at in range(4)]
    big, second, third, little = columns
    if min(second, third) > 0.7 and max(big, little) > 0.7:
        return "utf-32-be" if big > little else "utf-32-le"
    if min(second, little) > 0.4 > max(big, third):
        return "utf-16-le"
    if min(big, third) > 0.4 > max(second, little):
        return "utf-16-be"
    return None
