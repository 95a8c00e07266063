"""Two keys share nothing; the wrong one is refused by name, never silently "no match"."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leakwatch.cli.main import main
from leakwatch.errors import WrongKey
from leakwatch.fingerprint.key import FingerprintKey
from tests.support.corpora import KEY, OTHER_KEY, build, note, write_tree
from tests.support.thief import arrays_of, by_chance, every_byte

FILES = {f"a/person {n}.txt": f"{note('shared', 40)} {note(n, 200)}" for n in range(60)}
FORMS = {f"form {n}.txt": f"{note('shared', 40)} {note(f'form/{n}', 100)}" for n in range(5)}
STRUCTURE = ("posting_files", "offsets", "_files", "groups", "families", "positions", "counts")
"""Row numbers and counts: small numbers that any two corpora have."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the same files under two keys."""
    home = tmp_path_factory.mktemp("custodian")
    build(home / "1", FILES, background=FORMS)
    build(home / "2", FILES, background=FORMS, key=OTHER_KEY)
    return home / "1" / "clinic.corpus", home / "2" / "clinic.corpus"


def test_two_keys_share_no_value(pair: tuple[Path, Path]) -> None:
    """Two bundles of the same files cannot be joined on any keyed value."""
    one, other = map(arrays_of, pair)
    compared = 0
    for name, ours in one.items():
        short = name.rpartition("/")[2]
        is_small = ours.dtype.itemsize < 4 or ours.dtype.kind != "u"
        if is_small or any(m in short for m in STRUCTURE) or short in {"letters", "sample_letters"}:
            continue
        shared = len(np.intersect1d(ours, other[name]))
        # The value of "nothing there" may stand in both.
        assert shared <= by_chance(other[name].size, ours) + 1, name
        compared += len(ours) > 10
    assert compared >= 12


def test_the_order_of_the_files_shares_nothing(pair: tuple[Path, Path]) -> None:
    """Files stand in an order that the key decides: place tells nothing across bundles."""
    one, other = (arrays_of(p)["segments/0000/letters"].astype(float) for p in pair)
    assert sorted(one.tolist()) == sorted(other.tolist())
    assert abs(float(np.corrcoef(one, other)[0, 1])) < 0.5
    assert not np.array_equal(one, other)


def test_signatures_share_nothing(pair: tuple[Path, Path]) -> None:
    """No signature of one bundle resembles any of the other: one place in 64 at the very most."""
    one, other = (arrays_of(p)["segments/0000/signatures"] for p in pair)
    agreeing = max(int((other == row).sum(axis=1).max()) for row in one)
    assert agreeing <= 2


def test_buckets_share_nothing(pair: tuple[Path, Path]) -> None:
    """How full the buckets of the index are says nothing across bundles."""
    fills = [np.diff(arrays_of(p)["segments/0000/posting_offsets"].astype(float)) for p in pair]
    size = min(map(len, fills))
    one, other = (fill.reshape(size, -1).sum(axis=1) for fill in fills)
    assert abs(float(np.corrcoef(one, other)[0, 1])) < 5 / size**0.5


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("custodian")
    build(home, {"a.txt": note(1), "b.txt": note(2)})
    write_tree(home / "more", {"Telling Name Zzyzx.txt": note(3)})
    (home / "wrong.key").write_bytes(bytes(range(1, 33)))
    (home / "wrong.key").chmod(0o600)
    return home


@pytest.mark.parametrize(
    "command",
    [
        ["scan", "{home}/clinic/known/a.txt", "--corpus", "{home}/clinic.corpus"],
        ["scan", "{home}/clinic/known/a.txt", "--corpus", "{home}/clinic.corpus", "--json"],
        ["corpus", "add", "{home}/clinic.corpus", "{home}/more"],
        ["corpus", "withdraw", "{home}/clinic.corpus", "--subject", "Somebody"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_the_wrong_key_is_refused_by_name(
    home: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """Every command that needs the key ends with exit code 52, and tells both key ids."""
    before = every_byte(home / "clinic.corpus")
    capsys.readouterr()
    arguments = [part.replace("{home}", str(home)) for part in command]
    assert main([*arguments, "--key", str(home / "wrong.key")]) == WrongKey.exit_code
    shown = capsys.readouterr()
    assert KEY.key_id in shown.err
    assert OTHER_KEY.key_id in shown.err
    assert "nothing found" not in shown.err
    assert "Zzyzx" not in shown.out + shown.err
    assert every_byte(home / "clinic.corpus") == before


def test_key_ids_tell_keys_apart_and_nothing_else() -> None:
    """The public id is no digest that can be searched for a key but by trying whole keys."""
    assert len({FingerprintKey(bytes([n]) * 32).key_id for n in range(256)}) == 256
    assert KEY.key_id not in KEY.subkey("exact/raw").hex()
    assert bytes(range(32)).hex()[:16] != KEY.key_id
