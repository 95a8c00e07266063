"""``.torrent`` files: what they say of files, with nobody in the swarm asked.

    v1 (BEP 3)    info.name, and info.length or info.files[]{path, length}
    v2 (BEP 52)   info.file tree: {name: {"": {length, pieces root}}}
    hybrid        both; what one says and the other does not is told too

Padding (BEP 47, attr ``p``) is left out, and so are symbolic links. SHA-1 and
MD5 of single files are not read: a corpus knows neither. Trackers, web seeds
and nodes are not looked at.
"""

from __future__ import annotations

import codecs
import contextlib
import gc
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import bencode2

from leakwatch.errors import BudgetExceeded, Corrupt
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.unpack.bencode import MAX_DEPTH, Bencoded, decode
from leakwatch.unpack.container import MAX_NAME_CHARS

MAX_BYTES = 128 * 1024 * 1024
"""A torrent of 108 GB in pieces of 16 KiB has 141 MB of sums; nobody makes such."""
MAX_ENTRIES = 1_000_000
MAX_COMMENT_BYTES = 1024 * 1024

_LARGEST_BYTES = 1 << 62
_OLD_PADDING = "_____padding_file_"
_CHARSET_NAMES = (
    "big5 cp1250 cp1251 cp1252 cp1254 cp932 cp936 cp949 cp950 euc_jp euc_kr gb18030 gb2312 gbk "
    "iso8859-1 iso8859-2 iso8859-9 koi8-r shift_jis"
)
_CHARSETS = frozenset(_CHARSET_NAMES.split())
"""What ``encoding`` may name; Python knows codecs that are no such thing."""

_Dict = Mapping[bytes, Any]


@dataclass(frozen=True, slots=True)
class Torrent:
    """What a torrent says of itself."""

    listing: Listing
    v1: str | None
    """Info-hash of v1, hex; None where the torrent is v2 only."""
    v2: str | None
    """Info-hash of v2, hex."""
    comment: str = field(repr=False)
    """Words of whoever made it, its name first; may hold anything."""

    @property
    def note(self) -> str:
        """Return the info-hashes in one line: what identifies it to everybody."""
        hashes = {"btih:": self.v1, "btmh:1220": self.v2}
        told = ", ".join(kind + digest for kind, digest in hashes.items() if digest)
        return f"torrent {told}" if told else "a torrent that breaks off"


def read_torrent(data: bytes, *, plainly: bool = False) -> Torrent:
    """Return what a torrent says.

    Args:
        data: the file.
        plainly: use only our own decoder, which cannot crash.

    Raises:
        BudgetExceeded: it is longer than any torrent of use.
        Corrupt: it is no torrent, or tells of no file.
    """
    if len(data) > MAX_BYTES:
        raise BudgetExceeded("a torrent over the limit of its size", limit="torrent_bytes")
    with _no_collecting():
        return _torrent(data, plainly=plainly)


def _torrent(data: bytes, *, plainly: bool) -> Torrent:
    read = _decoded(data, plainly=plainly)
    top, raw_info, is_whole = read.value, read.info, read.is_whole
    if not isinstance(top, dict):
        raise Corrupt("a torrent that is no dictionary")
    info = top.get(b"info")
    if not isinstance(info, dict) and b"piece length" in top:
        # The bare metadata, as peers pass it on (BEP 9).
        info, raw_info = top, data
    if not isinstance(info, dict):
        raise Corrupt("a torrent without its metadata")
    files = _Files(_Names(top.get(b"encoding")), info)
    entries = files.read()
    if not entries:
        raise Corrupt("a torrent that tells of no file")
    is_v2 = isinstance(info.get(b"file tree"), dict)
    is_v1 = b"pieces" in info or not is_v2
    whole_info = raw_info if is_whole else None
    return Torrent(
        listing=Listing("torrent", entries, is_complete=is_whole and not files.left_out),
        v1=_digest("sha1", whole_info) if is_v1 else None,
        v2=_digest("sha256", whole_info) if is_v2 else None,
        comment=files.comment(top, data[read.end :]),
    )


@contextlib.contextmanager
def _no_collecting() -> Iterator[None]:
    """Put the collector off: a million new objects and not one circle take it 1 s."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _decoded(data: bytes, *, plainly: bool) -> Bencoded:
    if not plainly:
        try:
            top: Any = bencode2.bdecode(data)
            # It takes nothing but the canonical form: the way back gives the same bytes.
            info = (
                bencode2.bencode(top[b"info"]) if isinstance(top, dict) and b"info" in top else None
            )
        except (bencode2.BencodeDecodeError, ValueError, TypeError, RecursionError):
            pass
        else:
            return Bencoded(top, info, len(data), is_whole=True)
    return decode(data)


def _digest(algorithm: str, data: bytes | None) -> str | None:
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest() if data else None


class _Names:
    """Bytes of names to text: UTF-8, else what the torrent claims, else Windows'."""

    def __init__(self, claimed: object) -> None:
        self._claimed = "cp1252"
        if isinstance(claimed, bytes):
            try:
                name = codecs.lookup(claimed[:40].decode("ascii", "replace")).name
            except (LookupError, ValueError):
                return
            self._claimed = name if name in _CHARSETS else self._claimed

    def text(self, raw: object) -> str:
        """Return a name; empty for what is none."""
        if not isinstance(raw, bytes):
            return ""
        raw = raw[-8 * MAX_NAME_CHARS :]
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode(self._claimed, "replace")

    def path(self, parts: object) -> str:
        """Return a path of a list of parts, whatever separators lie hidden in them."""
        if not isinstance(parts, list):
            return ""
        try:
            said = b"/".join(parts[-MAX_DEPTH:])
        except TypeError:
            said = b"/".join(part for part in parts[-MAX_DEPTH:] if isinstance(part, bytes))
        return _tidy(self.text(said))


def _tidy(path: str) -> str:
    """Return a path with one kind of separator, and no part that is none."""
    path = path.replace("\\", "/").replace("\0", "")
    if "//" in path or "/." in path or path.startswith(("/", ".")) or path.endswith("/"):
        path = "/".join(part for part in path.split("/") if part not in {"", ".", ".."})
    return path[-MAX_NAME_CHARS:]


class _Files:
    """The files of a torrent's metadata, each once."""

    def __init__(self, names: _Names, info: _Dict) -> None:
        self._names = names
        self._info = info
        self._name = _tidy(names.text(info.get(b"name.utf-8")) or names.text(info.get(b"name")))
        self.left_out = False
        """Something was there that is not told: nameless, too deep, too many."""

    def read(self) -> tuple[ListingEntry, ...]:
        """Return the entries; v2's first, for theirs say more."""
        entries: dict[tuple[str, int | None], ListingEntry] = {}
        for entry in self._every():
            if len(entries) >= MAX_ENTRIES:
                self.left_out = True
                break
            entries.setdefault((entry.path, entry.size_bytes), entry)
        return tuple(entries.values())

    def comment(self, top: _Dict, rest: bytes) -> str:
        """Return what people wrote into it and behind it: under whatever key, sums apart."""
        said = [self._name, _words(rest)]
        for facts in (top, self._info):
            said += [_words(value) for key, value in facts.items() if key != b"pieces"]
        return "\n".join(dict.fromkeys(words for words in said if words))

    def _every(self) -> Iterator[ListingEntry]:
        tree, files = self._info.get(b"file tree"), self._info.get(b"files")
        if isinstance(tree, dict):
            yield from self._tree(tree)
        if isinstance(files, list):
            yield from self._list(files)
        elif b"length" in self._info and self._name:
            yield ListingEntry(path=self._name, size_bytes=_size(self._info.get(b"length")))

    def _list(self, files: list[Any]) -> Iterator[ListingEntry]:
        names, root = self._names, f"{self._name}/" if self._name else ""
        for file in files:
            if not isinstance(file, dict):
                self.left_out = True
                continue
            path = names.path(file.get(b"path.utf-8")) or names.path(file.get(b"path"))
            if (b"attr" in file and _is_no_file(file)) or _OLD_PADDING in path:
                continue
            if path:
                yield ListingEntry(path=root + path, size_bytes=_size(file.get(b"length")))
            else:
                self.left_out = True

    def _tree(self, tree: _Dict) -> Iterator[ListingEntry]:
        is_single = len(tree) == 1 and _is_file(next(iter(tree.values())))
        root = f"{self._name}/" if self._name and not is_single else ""
        below: list[tuple[str, Iterator[tuple[Any, Any]]]] = [(root, iter(tree.items()))]
        while below:
            folder, rest = below[-1]
            name, node = next(rest, (None, None))
            if name is None:
                below.pop()
            elif not isinstance(node, dict) or not isinstance(name, bytes):
                self.left_out = True
            elif _is_file(node):
                yield from self._file(folder, name, node[b""])
            elif len(below) < MAX_DEPTH:
                inner = (folder + _tidy(self._names.text(name)))[-MAX_NAME_CHARS:]
                below.append((f"{inner}/", iter(node.items())))
            else:
                self.left_out = True

    def _file(self, folder: str, name: bytes, facts: _Dict) -> Iterator[ListingEntry]:
        path, root = folder + _tidy(self._names.text(name)), facts.get(b"pieces root")
        if _is_no_file(facts):
            return
        # Nothing hashes to noughts: whoever says so says nothing.
        is_root = isinstance(root, bytes) and len(root) == 32 and any(root)
        size = _size(facts.get(b"length"))
        if not path and not is_root:
            self.left_out = True
            return
        yield ListingEntry(
            path=path[-MAX_NAME_CHARS:],
            size_bytes=size,
            pieces_root=root.hex() if isinstance(root, bytes) and is_root and size != 0 else None,
        )


def _words(value: object) -> str:
    try:
        text = value[:MAX_COMMENT_BYTES].decode("utf-8") if isinstance(value, bytes) else ""
    except UnicodeDecodeError:
        return ""
    return text.replace("\0", "")


def _is_file(node: object) -> bool:
    return isinstance(node, dict) and isinstance(node.get(b""), dict)


def _is_no_file(facts: _Dict) -> bool:
    """Tell padding and links by their attributes (BEP 47)."""
    attributes = facts.get(b"attr")
    if not isinstance(attributes, bytes):
        return False
    return b"p" in attributes or (b"l" in attributes and b"symlink path" in facts)


def _size(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < _LARGEST_BYTES else None
