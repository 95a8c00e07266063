from __future__ import annotations

import pytest

from leakwatch.errors import SelfTestFailed
from leakwatch.fingerprint import golden


def test_golden_fingerprint_comes_out() -> None:
    """The machine at hand computes the fingerprints that every corpus was built with."""
    golden.check()


def test_a_wrong_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another outcome refuses to start, and shows both digests' heads."""
    monkeypatch.setattr(golden, "EXPECTED", "f" * 64)
    with pytest.raises(SelfTestFailed, match="not ffffffffffff"):
        golden.check()
