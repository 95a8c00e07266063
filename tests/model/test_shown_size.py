from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.model.shown_size import size_range

UNITS = {"K": 1, "M": 2, "G": 3, "T": 4}


@pytest.mark.parametrize(
    ("number", "unit", "wanted"),
    [
        ("0", "", (0, 0)),
        ("1234", "B", (1234, 1234)),
        ("1,234,567", "bytes", (1234567, 1234567)),
        ("98", "K", (97_000, 99 * 1024)),
        ("2.4", "MB", (2_300_000, 2_621_440)),
        ("2,4", "mb", (2_300_000, 2_621_440)),
        ("1.2", "KiB", (1126, 1332)),
        ("1.2", "", None),
        ("1.2.3", "M", None),
        ("1", "X", None),
        ("9" * 400, "", None),
        ("9" * 400, "G", None),
    ],
)
def test_what_a_shown_size_stands_for(
    number: str, unit: str, wanted: tuple[int, int] | None
) -> None:
    """Bytes are exact, units are intervals, and what is no size is none."""
    assert size_range(number, unit) == wanted


@given(
    size=st.integers(1, 1 << 45),
    unit=st.sampled_from("KMGT"),
    digits=st.integers(0, 2),
    base=st.sampled_from([1000, 1024]),
    how=st.sampled_from(["floor", "round", "ceil"]),
)
def test_every_way_of_rounding_is_inside(
    size: int, unit: str, digits: int, base: int, how: str
) -> None:
    """Cut off, rounded or rounded up, in either unit: the true size lies in the interval."""
    step, scale = base ** UNITS[unit], 10**digits
    extra = {"floor": 0, "round": step // 2, "ceil": step - 1}[how]
    shown = (size * scale + extra) // step
    number = f"{shown / scale:.{digits}f}" if digits else str(shown)
    found = size_range(number, unit)
    assert found is not None
    assert found[0] <= size <= found[1]
