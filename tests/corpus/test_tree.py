from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from leakwatch.corpus.intake import batches
from leakwatch.corpus.tree import Found, TreeEntry, count, pieces_root, read_bytes, siblings, walk
from tests.support.corpora import write_tree


def test_walks_by_name_without_following(tmp_path: Path) -> None:
    """Files come by name, hidden ones too; links and pipes are told, not followed."""
    write_tree(tmp_path / "out", {"secret.txt": "x"})
    root = write_tree(tmp_path / "in", {"b/2.txt": "22", "a.txt": "1", ".h/x": "333"})
    (root / "loop").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "out")
    os.mkfifo(root / "pipe")
    seen = [(e.relative, e.found, e.size_bytes) for e in walk(root)]
    assert [e for e in seen if e[1] is Found.FILE] == [
        ("a.txt", Found.FILE, 1), (".h/x", Found.FILE, 3), ("b/2.txt", Found.FILE, 2),
    ]  # fmt: skip
    assert {e[0] for e in seen if e[1] is Found.SKIPPED} == {"loop", "out", "pipe"}


def test_what_is_counted_is_what_is_walked(tmp_path: Path) -> None:
    """There are as many entries as a walk yields, links and unlisted folders among them."""
    root = write_tree(tmp_path / "in", {"b/2.txt": "22", "a.txt": "1", ".h/x/y": "3", "c/d": "4"})
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "pipe")
    for without in ((), (root / "b",), (root / "a.txt", root / ".h" / "x"), (tmp_path / "b",)):
        assert count(root, without=without) == len(list(walk(root, without=without)))
    assert count(root) == 6
    assert count(tmp_path / "nowhere") == 1


def test_an_entry_crosses_to_another_process_whole(tmp_path: Path) -> None:
    """Pickled, as a crew's work is, an entry stays equal."""
    write_tree(tmp_path, {"a.txt": "1"})
    (tmp_path / "loop").symlink_to(tmp_path)
    entries = list(walk(tmp_path))
    assert pickle.loads(pickle.dumps(entries)) == entries  # noqa: S301 - our own


def test_a_folder_gone_is_unreadable(tmp_path: Path) -> None:
    """What cannot be listed is told as such."""
    assert [e.found for e in walk(tmp_path / "nowhere")] == [Found.UNREADABLE]


def test_a_link_put_in_place_of_a_file_is_not_read(tmp_path: Path) -> None:
    """A file that becomes a link between walk and read is refused."""
    root = write_tree(tmp_path / "in", {"a.txt": "1"})
    entry = next(walk(root))
    write_tree(tmp_path, {"secret": "x"})
    entry.path.unlink()
    entry.path.symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic"):
        read_bytes(entry)
    with pytest.raises(OSError, match="symbolic"):
        pieces_root(entry)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """A file name of arbitrary bytes is walked and read."""
    root = tmp_path / "in"
    root.mkdir()
    (root / os.fsdecode(b"\xff\xfe.txt")).write_bytes(b"1")
    assert read_bytes(next(walk(root))) == b"1"


VOLUMES = dict.fromkeys(("a.part1.rar", "a.part2.rar", "a.part10.rar", "a.part1.rar.txt"), "x")


def numbers(entries: list[TreeEntry]) -> list[tuple[str, int | None]]:
    return [(e.relative, e.volume.number if e.volume else None) for e in entries]


def test_volumes_come_together_in_their_order(tmp_path: Path) -> None:
    """As many entries as files, whatever stands between them by name; other folders apart."""
    root = write_tree(tmp_path, {**VOLUMES, "b/a.part3.rar": "x"})
    assert numbers(list(walk(root))) == [
        ("a.part1.rar", 1),
        ("a.part2.rar", 2),
        ("a.part10.rar", 10),
        ("a.part1.rar.txt", None),
        ("b/a.part3.rar", None),
    ]
    assert count(root) == 5


def test_volumes_are_a_batch_of_their_own(tmp_path: Path) -> None:
    """Two archives in volumes are two; what is no volume goes with its like."""
    files = ("1.txt", "a.7z.001", "a.7z.002", "b.7z.001", "b.7z.002", "c.txt", "d.txt")
    root = write_tree(tmp_path, dict.fromkeys(files, "x"))
    cut = [[e.relative for e in batch] for batch in batches(walk(root))]
    assert cut == [["1.txt"], [*files[1:3]], [*files[3:5]], ["c.txt", "d.txt"]]


def test_the_first_volume_has_siblings_the_others_have_none(tmp_path: Path) -> None:
    """A link among them is none."""
    root = write_tree(tmp_path, VOLUMES)
    (root / "a.part3.rar").symlink_to(root / "a.part2.rar")
    found = siblings(root / "a.part1.rar")
    assert [e.relative for e in found if e.found is Found.FILE] == [*VOLUMES][:3]
    for name in ("a.part2.rar", "a.part1.rar.txt", "none.part1.rar"):
        assert siblings(root / name) == []
