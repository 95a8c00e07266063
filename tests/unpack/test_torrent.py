from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bencode2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import BudgetExceeded, Corrupt
from leakwatch.fingerprint.names import PiecesRoot
from leakwatch.unpack import torrent as subject
from leakwatch.unpack.sniff import sniff
from leakwatch.unpack.torrent import Torrent, read_torrent

EVAL = Path(__file__).resolve().parents[2] / "../shared/eval/torrents"

ROOT = hashlib.sha256(b"content").digest()
PIECES = {b"piece length": 16384, b"pieces": bytes(20)}
NONE: dict[bytes, Any] = {}


def torrent(info: Mapping[bytes, Any], top: Mapping[bytes, Any] = NONE) -> bytes:
    return bencode2.bencode({b"announce": b"udp://t.example", **top, b"info": dict(info)})


def v1(*files: Mapping[bytes, Any], name: bytes = b"dump", **more: Any) -> bytes:
    return torrent({b"name": name, b"files": [*map(dict, files)], **PIECES}, **more)


def v2(tree: Mapping[bytes, Any], name: bytes = b"dump") -> bytes:
    return torrent(
        {b"name": name, b"file tree": dict(tree), b"meta version": 2, b"piece length": 16384}
    )


def leaf(length: int, root: bytes | None = ROOT, **more: bytes) -> dict[bytes, Any]:
    facts: dict[bytes, Any] = {b"length": length, **{k.encode(): v for k, v in more.items()}}
    return {b"": facts | ({b"pieces root": root} if root is not None else {})}


def lines(found: Torrent) -> list[tuple[str, int | None, str | None]]:
    return [(e.path, e.size_bytes, e.pieces_root) for e in found.listing.entries]


def test_v1_tells_names_and_exact_sizes() -> None:
    """The torrent's name is the outermost folder."""
    raw = v1({b"path": [b"a", b"x.pdf"], b"length": 7}, {b"path": [b"y.pdf"], b"length": 0})
    found = read_torrent(raw)
    assert lines(found) == [("dump/a/x.pdf", 7, None), ("dump/y.pdf", 0, None)]
    assert found.listing.origin == "torrent"
    assert found.listing.is_complete


def test_v1_of_one_file_is_a_listing_of_one() -> None:
    """``MMH_full.zip`` and its length."""
    raw = torrent({b"name": b"MMH_full.zip", b"length": 108 * 10**9, **PIECES})
    assert lines(read_torrent(raw)) == [("MMH_full.zip", 108 * 10**9, None)]


def test_v2_tells_the_root_of_every_file() -> None:
    """Empty files have none, and one of noughts is none."""
    tree = {b"a": {b"x": leaf(7), b"y": leaf(0, None)}, b"z": leaf(9, bytes(32))}
    assert lines(read_torrent(v2(tree))) == [
        ("dump/a/x", 7, ROOT.hex()),
        ("dump/a/y", 0, None),
        ("dump/z", 9, None),
    ]


def test_the_root_is_the_one_a_corpus_keeps() -> None:
    """What a torrent says of a file is what the custodian's copy comes to (BEP 52)."""
    content = bytes(range(256)) * 400
    pieces = PiecesRoot()
    pieces.update(content)
    leaves = [
        hashlib.sha256(content[at : at + 16384]).digest() for at in range(0, len(content), 16384)
    ]
    leaves += [bytes(32)] * (8 - len(leaves))
    while len(leaves) > 1:
        leaves = [
            hashlib.sha256(a + b).digest() for a, b in zip(leaves[::2], leaves[1::2], strict=True)
        ]
    found = read_torrent(v2({b"x": leaf(len(content), leaves[0])}, name=b"x"))
    assert lines(found) == [("x", len(content), pieces.hexdigest())]


def test_a_hybrid_tells_each_file_once() -> None:
    """v2 says more of the same file; what v1 alone says is told too."""
    files = [
        {b"path": [b"x"], b"length": 7},
        {b"path": [b".pad", b"9"], b"length": 9, b"attr": b"p"},
        {b"path": [b"only v1"], b"length": 8},
    ]
    info = {b"name": b"d", b"files": files, b"file tree": {b"x": leaf(7), b"y": leaf(3)}, **PIECES}
    found = read_torrent(torrent(info | {b"meta version": 2}))
    assert lines(found) == [("d/x", 7, ROOT.hex()), ("d/y", 3, ROOT.hex()), ("d/only v1", 8, None)]
    assert found.v1
    assert found.v2


def test_padding_and_links_are_no_files() -> None:
    """By their attributes (BEP 47), or by the name that an old client gave padding."""
    raw = v1(
        {b"path": [b"x"], b"length": 7, b"attr": b"x"},
        {b"path": [b".pad", b"1"], b"length": 7, b"attr": b"p"},
        {b"path": [b"_____padding_file_0_if you see this"], b"length": 7},
        {b"path": [b"link"], b"length": 0, b"attr": b"l", b"symlink path": [b"x"]},
    )
    assert lines(read_torrent(raw)) == [("dump/x", 7, None)]
    assert lines(read_torrent(v2({b"x": leaf(7), b"p": leaf(7, attr=b"p")}))) == [
        ("dump/x", 7, ROOT.hex())
    ]


def test_names_in_other_encodings() -> None:
    """UTF-8 first, then what the torrent claims, then Windows'; never a codec that is none."""
    name, russian = "Müller.pdf", "пациент.pdf"
    files = [
        {b"path": [name.encode()], b"length": 1},
        {b"path": [name.encode("cp1252")], b"path.utf-8": [name.encode()], b"length": 2},
        {b"path": [name.encode("cp1252")], b"length": 3},
    ]
    found = read_torrent(v1(*files, top={b"encoding": b"punycode"}))
    assert {e.path for e in found.listing.entries} == {f"dump/{name}"}
    claimed = {b"path": [russian.encode("cp1251")], b"length": 3}
    found = read_torrent(v1(claimed, top={b"encoding": b"windows-1251"}))
    assert lines(found) == [(f"dump/{russian}", 3, None)]


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ([b"..", b"..", b"etc", b"passwd"], "dump/etc/passwd"),
        ([b"/etc", b"passwd"], "dump/etc/passwd"),
        ([b"a\\b\\c.pdf"], "dump/a/b/c.pdf"),
        ([b"a", b"", b".", b"b"], "dump/a/b"),
        ([b"a\0b"], "dump/ab"),
        ([b"a", 5, b"b"], "dump/a/b"),
    ],
)
def test_odd_paths_are_plain_paths(parts: list[Any], path: str) -> None:
    """No part goes up, none is empty, separators are one kind."""
    assert lines(read_torrent(v1({b"path": parts, b"length": 1}))) == [(path, 1, None)]


@pytest.mark.parametrize("length", [-1, 2**62, 2**63 - 1, b"7", [7]])
def test_a_length_that_is_none_counts_as_not_said(length: object) -> None:
    """The name is told all the same."""
    raw = v1({b"path": [b"x"], b"length": length})
    assert lines(read_torrent(raw)) == [("dump/x", None, None)]


def test_the_info_hashes_are_noted() -> None:
    """They name the torrent to whoever shall take it down; v2's is no v1's."""
    info = {b"name": b"x", b"length": 7, **PIECES}
    found = read_torrent(torrent(info))
    assert found.note == "torrent btih:" + hashlib.sha1(bencode2.bencode(info)).hexdigest()  # noqa: S324
    found = read_torrent(v2({b"x": leaf(7)}))
    assert found.v1 is None
    assert found.note == f"torrent btmh:1220{found.v2}"


def test_what_people_wrote_is_text() -> None:
    """Under whatever key, behind the end too: a password or a stolen note may stand there."""
    raw = v1({b"path": [b"x"], b"length": 1}, top={b"comment": b"pw: abc", b"zz": b"a note"})
    found = read_torrent(raw + b"a tail")
    assert {"pw: abc", "a note", "a tail", "dump"} <= set(found.comment.split("\n"))


def test_nothing_is_said_of_where_to_get_it() -> None:
    """No tracker, seed or node comes out as an address of a file."""
    raw = v1(
        {b"path": [b"x"], b"length": 1},
        top={b"url-list": [b"http://s.example/"], b"nodes": [[b"192.0.2.1", 5]]},
    )
    assert all(entry.url is None for entry in read_torrent(raw).listing.entries)


def test_what_clients_take_is_taken() -> None:
    """Unsorted, repeated, cut off: the strict reader's refusal is not the end."""
    raw = v1({b"path": [b"x"], b"length": 1}, {b"path": [b"y"], b"length": 2})
    unsorted = raw.replace(b"6:lengthi1e4:pathl1:xe", b"4:pathl1:xe6:lengthi1e")
    assert lines(read_torrent(unsorted)) == lines(read_torrent(raw))
    cut = read_torrent(raw[: raw.index(b"1:y")])
    assert lines(cut) == [("dump/x", 1, None)] or lines(cut) == [("x", 1, None)]
    assert not cut.listing.is_complete
    assert (cut.v1, cut.note) == (None, "a torrent that breaks off")


def test_the_bare_metadata_is_read() -> None:
    """As peers hand it on (BEP 9), without the torrent around it."""
    raw = bencode2.bencode({b"name": b"x", b"length": 7, **PIECES})
    assert lines(read_torrent(raw)) == [("x", 7, None)]


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"d", b"4:spam", b"le", b"d4:infoi1ee", b"d4:infodee", b"d4:infod5:filesleee",
        v1({b"length": 5}), v2({b"": {b"length": 1}}), v2({b"a": b"b"}),
    ],
)  # fmt: skip
def test_what_tells_of_no_file_is_corrupt(raw: bytes) -> None:
    """With a reason that quotes nothing."""
    with pytest.raises(Corrupt):
        read_torrent(raw)


def test_too_long_a_torrent_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read of it."""
    monkeypatch.setattr(subject, "MAX_BYTES", 10)
    with pytest.raises(BudgetExceeded):
        read_torrent(b"d" * 11)


def test_too_many_files_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the listing says that it is not whole."""
    monkeypatch.setattr(subject, "MAX_ENTRIES", 3)
    found = read_torrent(v1(*({b"path": [b"%d" % n], b"length": n} for n in range(9))))
    assert len(found.listing.entries) == 3
    assert not found.listing.is_complete


def test_a_deep_tree_with_long_names_costs_little() -> None:
    """Paths are cut, so that depth and length do not multiply."""
    tree: dict[bytes, Any] = {b"f": leaf(1)}
    for _ in range(80):
        tree = {b"n" * 100_000: tree}
    [entry] = read_torrent(v2(tree)).listing.entries
    assert entry.path.endswith("/f")
    assert len(entry.path) <= 4096


VALUES = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.binary(max_size=4), inner),
    max_leaves=8,
)
INFO = st.fixed_dictionaries(
    {},
    optional={
        key: VALUES
        | st.lists(
            st.fixed_dictionaries({b"path": VALUES | st.lists(st.binary()), b"length": VALUES})
        )
        | st.dictionaries(st.binary(), st.fixed_dictionaries({b"": st.just({b"length": 3})}))
        for key in (b"name", b"name.utf-8", b"files", b"length", b"file tree", b"pieces")
    },
)


@given(INFO, st.booleans())
def test_any_metadata_is_read_or_refused(info: dict[bytes, Any], plainly: bool) -> None:
    """Both readers say the same of it, and every line is one that a listing may hold."""
    try:
        found = read_torrent(torrent(info), plainly=plainly)
    except Corrupt:
        return
    assert found.listing == read_torrent(torrent(info), plainly=not plainly).listing
    for path, size, root in lines(found):
        assert path or root
        assert size is None or 0 <= size < 2**62


@given(st.binary())
def test_total(raw: bytes) -> None:
    """Nothing but a reason comes of bytes that are no torrent."""
    with pytest.raises(Corrupt):
        read_torrent(b"d" + raw)


@pytest.mark.parametrize(
    "raw",
    [
        torrent({b"name": b"x", b"length": 7, **PIECES}),
        bencode2.bencode({b"created by": b"x", b"info": {}}),
        bencode2.bencode({b"comment": b"x", b"info": {}}),
        bencode2.bencode({b"info": {}}),
        bencode2.bencode({b"files": [], b"name": b"x"}),
        bencode2.bencode({b"file tree": {}, b"name": b"x"}),
        bencode2.bencode({b"length": 7, b"name": b"x"}),
    ],
)
def test_torrents_are_known_by_their_start(raw: bytes) -> None:
    """By the first key and the type of its value; a text that starts alike is a text."""
    assert sniff(raw) == "torrent"
    assert sniff(raw[1:]) != "torrent"


@pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files are not here")
def test_real_torrents() -> None:
    """Most tell their files; those that do not have none, or no metadata."""
    refused = set()
    for path in sorted(EVAL.rglob("*.torrent")):
        try:
            read_torrent(path.read_bytes())
        except Corrupt:
            refused.add(path.stem)
    assert refused == {
        "bad_name", "corrupt", "empty_path", "invalid_info", "no_files", "string",
        "v2_deep_recursion", "v2_invalid_pad_file",
    }  # fmt: skip
