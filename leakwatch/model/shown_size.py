"""Sizes as people are shown them: exact, or a number that stands for an interval."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"\d+|\d{1,3}(?:,\d{3})+")
_DECIMAL = re.compile(r"\d+(?:[.,]\d{1,3})?")
_BYTES = frozenset({"", "b", "bytes", "octets"})
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_MOST_DIGITS = 19


def size_range(number: str, unit: str) -> tuple[int, int] | None:
    """Return the least and the greatest size that a shown one stands for, in bytes.

    The same twice where it is exact. A rounded one may have been cut off, rounded
    or rounded up, in units of 1000 or of 1024 (Apache's ``K``, Telegram's ``KB``);
    only ``KiB`` says which. None for what is no size.

    Args:
        number: digits, with a point, a comma or neither.
        unit: ``K``, ``MB``, ``GiB``, ``bytes``, ...; empty for none.
    """
    unit = unit.lower()
    if len(number) > _MOST_DIGITS:
        return None
    if unit in _BYTES:
        exact = int(number.replace(",", "")) if _WHOLE.fullmatch(number) else None
        return (exact, exact) if exact is not None else None
    power = _POWERS.get(unit[0])
    if power is None or not _DECIMAL.fullmatch(number):
        return None
    whole, _, fraction = number.replace(",", ".").partition(".")
    scale = 10 ** len(fraction)
    shown = int(whole + fraction)
    least = 1024 if "i" in unit else 1000
    # Up to one unit of the last digit to either side.
    low, high = max(0, shown - 1) * least**power, (shown + 1) * 1024**power
    return low // scale, -(-high // scale)
