"""How much a file's name tells: whether an unrelated file would bear it too.

A name is read as words and numbers. Words that any folder of documents has
(``scan``, ``letter``, ``IMG``) and counters tell nothing; a date tells which of
some 30 years' days; other letters are taken to be as predictable as running
English, 2 bits a letter, and a word as one of a vocabulary of 4,096 at most. So
an unrelated file bears a given name with a probability of 2 ** -bits at most,
and one of N known names with N times that. The words of a listing's names are not
independent (whoever has one Smith has his other files): within a listing each word
and each date counts once (``naming.py``).
"""

from __future__ import annotations

import re
import unicodedata

LETTER_BITS = 2.0
WORD_BITS = 12.0
DATE_BITS = 13.0
"""log2 of the days of some 25 years."""
TIME_BITS = 10.0
"""A time of day to the second, most of them in working hours."""
DIGIT_BITS = 1.5
COUNTER_DIGITS = 5
"""Numbers of up to so many digits count pages, photographs or files."""
LONGEST_NAME = 255
"""Characters looked at; what is longer is no file's name on any system."""

_GENERIC = """
    a an and apr april at att attachment audio aug august back backup bak book bw camera capture
    card case cat cd certificate chart checklist claim clinic clinical color colour con consent
    contract copy correspondence cover cr ct current data db dec december default dental detail
    details diagnosis dicom discharge disk doc docs document documents download downloaded draft dsc
    dscf dscn dump dx ecg edited eds email entry envelope exam example export external fax feb
    february file files final folder for form forms fri friday from front gopr gp health history
    hospital id image images imaging img in inbox index info information initial insurance internal
    invoice item jan january jul july jun june kb lab laboratory labs layout left letter letters
    licence license list log logo mail main map mar march may med medical medication medications
    memo message misc mon monday mov mr mri ms mvi name new no nofile note notes nov november number
    obj oct october of old order original other out outbox output p page pages part passport patient
    patients payment pdf person photo photos pic picture pictures plan pre prescription preview
    print procedure profile progress pt public pxl readme receipt record records ref referral
    referrals reg registration report reports request response result results review right rx sample
    sat saturday scan scanned scanner scans screen screenshot section sent sep sept september sheet
    shot signed slide slip specialist statement summary sun sunday surgery table tel temp template
    test tests text the thu thumb thumbnail thumbs thursday title tmp to transcript treatment tue
    tuesday txt ultrasound unknown unnamed unsigned untitled update updated upload us v ver version
    vid video view visit vol volume wed wednesday whatsapp with xray
"""
_LITTER = """
    desktop.ini thumbs.db .ds_store autorun.inf ehthumbs.db .gitignore license license.txt
    licence.txt copying index.html robots.txt
"""
GENERIC = frozenset(_GENERIC.split())
"""Words that any folder of documents has."""
LITTER = frozenset(_LITTER.split())
"""Names of files that lie in every folder, the same bytes in all of them."""

_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_EXTENSION = re.compile(r"(?:\.[A-Za-z0-9]{1,5})?\.[A-Za-z0-9]{1,5}$")
_RANDOM_ID = re.compile(
    r"(?<![0-9a-z])(?=[-\d]*[a-f])(?=[-a-f]*\d)[0-9a-f](?:-?[0-9a-f]){15,}(?![0-9a-z])",
    re.IGNORECASE,
)
"""Hexadecimal, 16 digits or more, letters and figures both: a hash or a UUID."""
_YEAR = r"(?:19[3-9]\d|20[0-4]\d)"
_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_SEP = r"[-_. /]?"
_DATE = re.compile(
    rf"(?<!\d)(?:{_YEAR}{_SEP}{_MONTH}{_SEP}{_DAY}|{_DAY}{_SEP}{_MONTH}{_SEP}{_YEAR})"
    rf"(?P<time>[-_T ]?(?:[01]\d|2[0-3])[-_.h:]?[0-5]\d[-_.m:]?[0-5]\d)?(?!\d)"
)


def telling_parts(name: str) -> dict[str, float]:
    """Return the words, dates and long numbers of a base name, with the bits each tells.

    Empty for a generic name. Each word once: "aaa aaa" tells no more than "aaa".
    """
    stem = _EXTENSION.sub("", name[-LONGEST_NAME:])
    if not stem.isascii():
        stem = unicodedata.normalize("NFKC", stem)
    parts = {m[0]: DATE_BITS + TIME_BITS * bool(m["time"]) for m in _DATE.finditer(stem)}
    rest = _DATE.sub(" ", stem) if parts else stem
    parts |= {found: LETTER_BITS * len(found) for found in _RANDOM_ID.findall(rest)}
    rest = _RANDOM_ID.sub(" ", rest)
    parts |= {token: _token_bits(token) for token in _TOKEN.findall(rest.casefold())}
    return {part: bits for part, bits in parts.items() if bits}


def _token_bits(token: str) -> float:
    if token[0].isdigit():
        return DIGIT_BITS * max(0, len(token) - COUNTER_DIGITS)
    if token in GENERIC:
        return 0.0
    # "xxxxxxxx" tells no more than "xx".
    return min(WORD_BITS, LETTER_BITS * min(len(token), 2 * len(set(token))))


def is_litter(name: str) -> bool:
    """Tell whether a file of this base name lies about everywhere."""
    return name.casefold() in LITTER
