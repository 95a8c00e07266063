"""Targets that tell of files without being them: torrents, lists in texts, magnet links."""

from __future__ import annotations

from collections.abc import Iterator

import bencode2

from leakwatch.sources.wire.magnet import magnet
from leakwatch.unpack.bencode import decode
from leakwatch.unpack.torrent import read_torrent
from leakwatch.unpack.trees import listing_in
from tests.fuzz.target import Target

_ROOT = bytes(range(32))


def torrents() -> Iterator[bytes]:
    files = [{b"length": n, b"path": [b"a", b"scan %d.pdf" % n]} for n in range(3)]
    v1 = {b"files": files, b"name": b"dump", b"piece length": 16384, b"pieces": bytes(20)}
    tree = {b"a": {b"x.pdf": {b"": {b"length": 7, b"pieces root": _ROOT}}}}
    for info in (v1, v1 | {b"file tree": tree, b"meta version": 2}, {b"length": 7, b"name": b"x"}):
        yield bencode2.bencode({b"announce": b"udp://t.example", b"comment": b"c", b"info": info})
        yield bencode2.bencode(info)


def lists() -> Iterator[bytes]:
    rows = [(f"letters/scan {n}.pdf", 100 * n) for n in range(1, 8)]
    for line in (
        "-rw-r--r-- 1 a b {size} Jan  1 12:00 {path}",
        "01/15/2025  03:21 PM {size:>17,} {path}",
        "├── [{size:>11}]  {path}",
        "│   ├── {path}",
        "{size}\t./{path}",
        "2024-01-01 12:00:00 ....A {size:>12} {size:>12}  {path}",
        "{size:>9}  Defl:N  9 19% 2024-01-01 12:00 1a2b3c4d  {path}",
        "Path = {path}\nSize = {size}\nCRC = 1A2B3C4D\n",
        '{{"Path":"{path}","Size":{size}}},',
        "{path} 1A2B3C4D",
        '"{path}",{size}',
        "* {path} (1.2 MB)",
        "{path}    01-Jan-2025 12:00   {size}",
    ):
        yield "\n".join(line.format(path=path, size=size) for path, size in rows).encode()


def links() -> Iterator[bytes]:
    yield b"magnet:?xt=urn:btih:" + b"0f" * 20 + b"&dn=scan+1.pdf&xl=123&tr=udp%3A%2F%2Ft.example"
    yield b"magnet:?xt.1=urn:btmh:1220" + b"ab" * 32 + b"&dn.1=a%2Fb.pdf&xl.1=7&amp;dn.2=c"


TARGETS = (
    Target("bencode", decode, torrents, expected=()),
    Target("torrent", read_torrent, torrents),
    Target("torrent_plainly", lambda data: read_torrent(data, plainly=True), torrents),
    Target("trees", lambda data: listing_in(data.decode("utf-8", "replace")), lists, expected=()),
    Target("magnet", lambda data: magnet(data.decode("utf-8", "replace")), links, expected=()),
)
