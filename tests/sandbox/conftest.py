from __future__ import annotations

from collections.abc import Iterator

import pytest

from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.unpack.budget import BudgetLimits

MIB = 1024 * 1024

TIGHT = ReadLimits(
    budget=BudgetLimits(
        max_depth=3,
        max_members=200,
        max_total_bytes=64 * MIB,
        max_member_bytes=16 * MIB,
        max_ratio=50,
        ratio_grace_bytes=MIB,
        max_held_bytes=16 * MIB,
    ),
    max_text_chars=8 * MIB,
    cpu_s=1,
    memory_bytes=3072 * MIB,
    wall_s=6,
    output_bytes=8 * MIB,
)
"""Limits that a test reaches quickly."""


@pytest.fixture(scope="module")
def pool() -> Iterator[SandboxPool]:
    with SandboxPool(TIGHT, workers=1, parser_modules=["tests.support.hostile"]) as pool:
        yield pool
