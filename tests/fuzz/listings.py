"""Targets: torrents, magnet links, file trees pasted as text."""

from __future__ import annotations

import bencode2

from leakwatch.sources.wire.magnet import read_magnet
from leakwatch.unpack.bencode import decode
from leakwatch.unpack.torrent import read_torrent
from leakwatch.unpack.trees import listing_in
from tests.fuzz.target import Target

_PIECES = {b"piece length": 16384, b"pieces": bytes(20)}
_FILES = [
    {b"length": 12, b"path": [b"a", b"\xc3\xa9.pdf"]},
    {b"length": 3, b"path": [b"b"], b"attr": b"p"},
]
_TREE = {b"a": {b"b.pdf": {b"": {b"length": 70_000, b"pieces root": bytes(32)}}}}
_HASH = "0123456789abcdef" * 2 + "01234567"


def torrents() -> list[bytes]:
    infos = (
        {b"name": b"dump", b"files": _FILES, **_PIECES},
        {b"name": b"one.zip", b"length": 12, **_PIECES},
        {b"name": b"dump", b"file tree": _TREE, b"meta version": 2, b"piece length": 16384},
    )
    return [bencode2.bencode({b"announce": b"udp://t.example", b"info": info}) for info in infos]


def links() -> list[bytes]:
    return [
        f"magnet:?xt=urn:btih:{_HASH}&dn=scan+of%20Doe.pdf&xl=1234&tr=udp%3A%2F%2Ft.example".encode(),
        f"magnet:?xt.1=urn:btmh:1220{'ab' * 32}&xt.2=urn:btih:{_HASH}&dn.1=a&xl.2=5".encode(),
    ]


def trees() -> list[bytes]:
    return [
        ".\n\u251c\u2500\u2500 a\n\u2502\u00a0\u00a0 \u251c\u2500\u2500 [ 1.2K]  b.pdf\n\u2514\u2500\u2500 c.txt\n\n1 directory, 2 files\n".encode(),
        b"./a:\ntotal 8\n-rw-r--r-- 1 amy staff 1234 Jan  1 12:00 'Jane Roe.docx'\n-rw-r--r-- 1 amy staff 70 Jan  1  2020 b.dcm\n",
        b" Directory of C:\\dump\\a\n\n01/02/2024  12:00 PM    <DIR>          .\n01/02/2024  12:00 PM         1,234,567 scan 1.pdf\n               1 File(s)      1,234,567 bytes\n",
        b"1234 ./a/b.pdf\n70 ./c/d.txt\n12\t./e\n" * 2,
        b"d41d8cd98f00b204e9800998ecf8427e  a/b.pdf\nd41d8cd98f00b204e9800998ecf8427f *c/d.pdf\n"
        * 2,
        b"name,size,crc32\na/b.pdf,1234,89abcdef\nc/d.pdf,5,01234567\n" * 2,
        b'[{"Path":"a/b.pdf","Size":12,"IsDir":false},{"Path":"c","Size":-1,"IsDir":true}]\n',
        b"Path = a/b.pdf\nSize = 12\nCRC = 89ABCDEF\n\nPath = c\nFolder = +\n",
        b"a/b.pdf (1.2 MB)\nc/d.pdf (3 KB)\ne/f.docx - 70 bytes\n",
    ]


def lists() -> list[bytes]:
    """Return runs that are long enough to count, one a format."""
    rows = [(f"letters/scan {n}.pdf", 100 * n) for n in range(1, 8)]
    formats = (
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
    )
    return [
        "\n".join(line.format(path=path, size=size) for path, size in rows).encode()
        for line in formats
    ]


TARGETS = (
    Target("magnet", lambda data: read_magnet(data.decode("utf-8", "replace")), links),
    Target("bencode", decode, torrents),
    Target("torrent", read_torrent, torrents),
    Target("torrent_plainly", lambda data: read_torrent(data, plainly=True), torrents),
    Target(
        "trees", lambda data: listing_in(data.decode("utf-8", "replace")), lambda: trees() + lists()
    ),
)
