"""Real files, broken and hostile ones among them: none hangs, none raises, none is dropped."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from leakwatch.errors import error_classes
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.unpack.budget import BudgetLimits

EVAL = Path(__file__).resolve().parents[2] / "../shared/eval"
SLUGS = {None, *(cls.slug for cls in error_classes())}

pytestmark = pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files are not here")


@pytest.fixture(scope="module")
def lenient() -> Iterator[SandboxPool]:
    limits = ReadLimits(budget=BudgetLimits(max_total_bytes=64 * 1024 * 1024), cpu_s=5, wall_s=30)
    with SandboxPool(limits, workers=1) as pool:
        yield pool


@pytest.mark.parametrize("folder", ["archives", "files"])
def test_every_file_is_told(lenient: SandboxPool, folder: str) -> None:
    """Each has its digest, a kind and known errors at most; every ordinal is told once."""
    kinds: Counter[tuple[str, str | None]] = Counter()
    for path in sorted(EVAL.joinpath(folder).rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        found = lenient.read(path, name="x")
        whole = found[0]
        assert whole.path.ordinals == ()
        with path.open("rb") as file:
            assert whole.sha256 == hashlib.file_digest(file, "sha256").hexdigest()
        assert {a.error for a in found} <= SLUGS
        assert len({a.path.ordinals for a in found}) == len(found)
        kinds.update((a.kind, a.error) for a in found)
    assert kinds["text", None] > 50
    assert not any(error in {"child_killed", "sandbox"} for _, error in kinds)
