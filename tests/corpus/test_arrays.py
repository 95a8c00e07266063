from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leakwatch.corpus.arrays import ArrayFolder, sha256_of


@pytest.mark.parametrize("lengths", [[], [0], [3], [1, 0, 2000], [100_000, 7]])
def test_a_streamed_array_is_the_one_put_whole(tmp_path: Path, lengths: list[int]) -> None:
    """Appended piece by piece, the file is the same to the byte as NumPy's own."""
    out = ArrayFolder(tmp_path / "a")
    parts = [np.arange(n, dtype=np.uint32) for n in lengths]
    whole = np.concatenate([np.empty(0, np.uint32), *parts])
    with out.stream("streamed", "<u4") as writer:
        for part in parts:
            writer.append(part)
    out.put("whole", whole)
    assert np.array_equal(out.get("streamed"), whole)
    streamed, put = (tmp_path / "a" / f"{name}.npy" for name in ("streamed", "whole"))
    assert streamed.read_bytes() == put.read_bytes()


def test_a_seal_names_size_and_digest_of_every_array(tmp_path: Path) -> None:
    """What is sealed can be told from anything that was altered later."""
    out = ArrayFolder(tmp_path / "a")
    out.put("one", np.arange(5))
    sealed = out.seal()
    assert list(sealed) == ["one"]
    assert sealed["one"].sha256 == sha256_of(tmp_path / "a" / "one.npy")
    assert sealed["one"].size_bytes == (tmp_path / "a" / "one.npy").stat().st_size
    out.put("one", np.arange(6))
    assert out.seal() != sealed
