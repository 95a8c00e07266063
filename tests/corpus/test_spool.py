from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.corpus import spool as spool_module
from leakwatch.corpus.spool import Pack, Spool, SpoolDamaged

NAMES = ("one", "other")
IDENTITY = {"key": "k"}


@pytest.fixture(autouse=True)
def each_pack_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "COMMIT_FILES", 1)


def pack(number: int) -> Pack:
    return Pack({"one": bytes([number]) * 4, "other": bytes([number]) * number}, 1, 10)


def held(folder: Path) -> list[int]:
    """Return which packs a spool has after it was opened again, in order."""
    opened = Spool(folder, NAMES, identity=IDENTITY)
    numbers = opened.column("one", "u1").reshape(-1, 4)[:, 0].tolist()
    other = opened.column("other", "u1").tolist()
    opened.close()
    assert other == [n for n in numbers for _ in range(n)]
    return [int(n) for n in numbers]


def filled(folder: Path, packs: int) -> Path:
    opened = Spool(folder, NAMES, identity=IDENTITY)
    for number in range(1, packs + 1):
        opened.append(pack(number))
    opened.close()
    return folder


def test_committed_packs_are_there_again(tmp_path: Path) -> None:
    """What was committed is read back, by the owner alone, and more can be added."""
    folder = filled(tmp_path / "s", 3)
    assert held(folder) == [1, 2, 3]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    again = Spool(folder, NAMES, identity=IDENTITY)
    again.append(pack(4))
    again.close()
    assert held(folder) == [1, 2, 3, 4]


def test_what_was_not_committed_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs behind the last commit are gone, whole."""
    folder = filled(tmp_path / "s", 2)
    monkeypatch.setattr(spool_module, "COMMIT_FILES", 100)
    again = Spool(folder, NAMES, identity=IDENTITY)
    again.append(pack(3))
    again.close()
    assert held(folder) == [1, 2]


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(0, 400))
def test_a_journal_cut_anywhere_leaves_the_commits_before(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    """A kill amid a line of the journal costs that commit and nothing else."""
    folder = filled(tmp_path_factory.mktemp("cut") / "s", 4)
    journal = folder / "journal"
    data = journal.read_bytes()
    os.truncate(journal, min(cut, len(data)))
    whole = data[:cut].count(b"\n")
    assert held(folder) == list(range(1, max(whole, 1)))


@settings(max_examples=25, deadline=None)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_damaged_file_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    """One bit turned in any file is noticed, or costs the last line of the journal.

    The break before that line is a bit like the others: without it the last two
    commits are one line, which is not whole.
    """
    folder = filled(tmp_path_factory.mktemp("bit") / "s", 4)
    files = [folder / name for name in (*NAMES, "journal")]
    place %= sum(file.stat().st_size for file in files)
    for file in files:
        if place < file.stat().st_size:
            break
        place -= file.stat().st_size
    data = bytearray(file.read_bytes())
    is_last_break = place == data.rfind(b"\n", 0, -1)
    data[place] ^= 1 << bit
    file.write_bytes(data)
    try:
        assert held(folder) == ([1, 2] if is_last_break else [1, 2, 3])
        assert file.name == "journal"
    except SpoolDamaged:
        pass


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_column_is_noticed(tmp_path: Path, name: str) -> None:
    """A column that is gone or shorter than the journal says is damage."""
    folder = filled(tmp_path / "s", 3)
    os.truncate(folder / name, 2)
    with pytest.raises(SpoolDamaged, match=name):
        Spool(folder, NAMES, identity=IDENTITY)
    (folder / name).unlink()
    with pytest.raises(SpoolDamaged, match=name):
        Spool(folder, NAMES, identity=IDENTITY)


def test_another_key_is_of_no_use(tmp_path: Path) -> None:
    """Packs made under another key or by another version are not taken up."""
    folder = filled(tmp_path / "s", 1)
    with pytest.raises(SpoolDamaged, match="another"):
        Spool(folder, NAMES, identity={"key": "other"})
