"""The dates that sites state, read only where they can mean one moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")
_TEXTUAL = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d %b %Y %H:%M", "%B %d, %Y %H:%M")
_EARLIEST, _LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def read_date(
    text: str | None, *, assume_utc: bool = False, form: str | None = None
) -> datetime | None:
    """Return the moment a text means, aware, in UTC; None when it could mean several.

    Args:
        text: ISO 8601, RFC 5322 or epoch seconds or milliseconds.
        assume_utc: the operator knows that the site's zoneless times are UTC;
            then a plain date is its midnight, and months may be spelt out.
            Without, a time with no zone is None.
        form: ``strptime`` format that the operator knows the site to use.
    """
    if not text:
        return None
    text = " ".join(text.split())
    moment = _with_form(text, form) if form else _epoch(text) or _standard(text, assume_utc)
    if moment is None:
        return None
    if moment.tzinfo is None:
        if not assume_utc:
            return None
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment if _EARLIEST <= moment < _LATEST else None


def _with_form(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007  (the caller sees to the zone)
    except ValueError:
        return None


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    seconds = float(text) / (1000 if len(text) >= 12 and "." not in text else 1)
    return datetime.fromtimestamp(seconds, UTC)


def _standard(text: str, assume_utc: bool) -> datetime | None:
    if text[:4].isdigit() and text[4:5] == "-":
        try:
            return datetime.fromisoformat(
                text.removesuffix(" UTC") + "+00:00" * text.endswith(" UTC")
            )
        except ValueError:
            return None
    if re.search(r"\d:\d\d", text) and re.search(r"(?:[+-]\d{4}|GMT|UTC?)$", text):
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, IndexError):
            return None
        # -0000 says: UTC, and nothing about the place (RFC 5322, 3.3).
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    found = (_with_form(text, form) for form in _TEXTUAL) if assume_utc else ()
    return next((moment for moment in found if moment), None)
