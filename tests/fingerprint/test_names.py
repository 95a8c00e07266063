from __future__ import annotations

import hashlib

import pytest

from leakwatch.fingerprint.names import NameFacts, NameHasher, NameKind, PiecesRoot
from tests.support.corpora import KEY, OTHER_KEY

HASHER = NameHasher(KEY)
FULL = NameFacts("a/Letters/Smith, J.pdf", 1000, 0xDEADBEEF, "ab" * 32)


def test_full_facts_give_every_kind() -> None:
    """A line with path, size, checksum and root is known in five ways, all keyed."""
    ours, theirs = HASHER.digests(FULL), NameHasher(OTHER_KEY).digests(FULL)
    assert set(ours) == set(NameKind)
    assert not set(ours.values()) & set(theirs.values())
    assert len(set(ours.values())) == len(NameKind)


@pytest.mark.parametrize(
    ("path", "same"),
    [
        ("letters/smith j.PDF", True),
        ("b/c/LETTERS/Smith,J.pdf", True),
        ("other/Smith, J.pdf", False),
        ("Smith, J.pdf", False),
    ],
)
def test_tail_is_the_last_two_parts(path: str, same: bool) -> None:
    """The tail ignores case, punctuation and what lies above, not the folder."""
    digest = HASHER.digests(NameFacts(path, 1000)).get(NameKind.TAIL_SIZE)
    assert (digest == HASHER.digests(FULL)[NameKind.TAIL_SIZE]) is same


def test_size_and_checksum_belong_together() -> None:
    """Another size or another checksum is another file."""
    wanted = HASHER.digests(FULL)[NameKind.SIZE_CRC]
    assert HASHER.digests(NameFacts("x", 1000, 0xDEADBEEF))[NameKind.SIZE_CRC] == wanted
    assert HASHER.digests(NameFacts("x", 1001, 0xDEADBEEF))[NameKind.SIZE_CRC] != wanted
    assert HASHER.digests(NameFacts("x", 1000, 0xDEADBEEE))[NameKind.SIZE_CRC] != wanted


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        (NameFacts("..."), set()),
        (NameFacts("n.txt"), {NameKind.NAME}),
        (NameFacts("n.txt", 63, 1, "00"), {NameKind.NAME}),
        (NameFacts("n.txt", None, 1), {NameKind.NAME}),
        (NameFacts("n.txt", 64), {NameKind.NAME, NameKind.NAME_SIZE}),
        (NameFacts("", None, None, "00"), {NameKind.PIECES_ROOT}),
    ],
)
def test_only_what_suffices(facts: NameFacts, kinds: set[NameKind]) -> None:
    """Rounded sizes, tiny files and names without letters tell nothing."""
    assert set(HASHER.digests(facts)) == kinds


def test_base_name_alone() -> None:
    """A path and its base name have the same name digest."""
    assert HASHER.name("x/y/Smith, J.pdf") == HASHER.digests(FULL)[NameKind.NAME]
    assert HASHER.name("--") is None


def _sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def test_pieces_root_is_bep_52() -> None:
    """One block is its own root; three are a tree filled up with a zero leaf."""
    block = bytes(16 * 1024)
    parts = [block, block, b"tail"]
    left = _sha(_sha(block) + _sha(block))
    right = _sha(_sha(b"tail") + bytes(32))
    for size in (7, 1000, 16 * 1024, 1 << 20):
        root, data = PiecesRoot(), b"".join(parts)
        for start in range(0, len(data), size):
            root.update(data[start : start + size])
        assert root.hexdigest() == _sha(left + right).hex()
    single = PiecesRoot()
    single.update(b"one")
    assert single.hexdigest() == _sha(b"one").hex()
    assert PiecesRoot().hexdigest() is None
