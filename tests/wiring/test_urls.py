"""URLs as targets of a scan: what is read of them, what is not, and how that is said."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from leakwatch.errors import BodyTooLarge, Encrypted, LeakwatchError, RangeIgnored
from leakwatch.match.scan import Fetched
from leakwatch.model.match import Grade, Match, Method
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.settings.tree import FetchSettings
from leakwatch.wiring.urls import MAX_FETCHED_BYTES, UrlTargets, Way
from tests.support.http_site import Route, reply, serve_aside
from tests.support.range_site import Held, Served, ranged
from tests.support.virtual_zip import Line, virtual_zip

GIB = 1024**3
LARGE = virtual_zip((Line(f"a/{n:08}.txt", 1000 + n, n + 1) for n in range(20_000)), size_bytes=GIB)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxPool]:
    with SandboxPool(ReadLimits(), workers=1) as pool:
        yield pool


@dataclass
class Scan:
    """A scan's way to URLs."""

    sandbox: SandboxPool
    is_full: bool = False
    said: list[str] = field(default_factory=list)

    def __call__(self, url: str) -> list[Fetched]:
        targets = UrlTargets(
            parser=self.sandbox,
            way=Way(is_direct=True, allow_private=True),
            is_full=self.is_full,
            say=self.said.append,
            settings=FetchSettings(requests_per_host_per_minute=60_000.0, attempts=1),
        )
        return list(targets(url))


def packed(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_an_archive_is_sampled_unless_all_is_asked_for(sandbox: SandboxPool) -> None:
    """A sample says that it is one, and leads to the whole where its matches are doubtful."""
    possible = Match(
        file="k", corpus="c", method=Method.NAME, grade=Grade.POSSIBLE, chance=0.1, reasons=()
    )
    with serve_aside({"/d.zip": ranged(LARGE)}) as site:
        [sample] = Scan(sandbox)(site.url("/d.zip"))
        assert sample.more is not None
        assert sample.more([]) is None
        more = sample.more([possible])
        [whole] = Scan(sandbox, is_full=True)(site.url("/d.zip"))
    assert sample.body is None
    assert sample.listing is not None
    assert not sample.listing.is_complete
    assert "--full" in (sample.note or "")
    for found in (more, whole):
        assert found is not None
        assert found.listing is not None
        assert (len(found.listing.entries), found.more, found.error) == (20_000, None, None)


def test_members_are_never_fetched(sandbox: SandboxPool) -> None:
    """Of an archive over the first part only that part and its directory are asked for."""
    files = {f"{n}.bin": bytes([n]) * 100_000 for n in range(20)}
    told = Served()
    with serve_aside({"/d.zip": ranged(Held(packed(files)), served=told)}) as site:
        [found] = Scan(sandbox)(site.url("/d.zip"))
    assert found.listing is not None
    assert [(e.path, e.crc32) for e in found.listing.entries] == [
        (name, zlib.crc32(data)) for name, data in files.items()
    ]
    assert sum(last - first + 1 for first, last in told.ranges) < 140_000


def test_what_is_in_the_first_part_is_read(sandbox: SandboxPool) -> None:
    """A page, a text, an empty file, and an archive that is there already come as they are."""
    small = packed({"a.txt": b"words"})
    with serve_aside(
        {
            "/page": reply(b"<html><p>hello"),
            "/small.zip": ranged(Held(small)),
            "/empty": ranged(Held(b"")),
        }
    ) as site:
        scan = Scan(sandbox)
        assert [f.body for f in scan(site.url("/page"))] == [b"<html><p>hello"]
        assert [f.body for f in scan(site.url("/small.zip"))] == [small]
        assert [f.name for f in scan(site.url("/small.zip"))] == ["small.zip"]


def test_a_longer_text_is_fetched_whole(sandbox: SandboxPool) -> None:
    """Up to the cap what is no archive comes whole, by a second request."""
    text = b"Northwind Clinic, fictional. " * 10_000
    with serve_aside({"/t.txt": ranged(Held(text)), "/plain.txt": reply(text)}) as site:
        assert [f.body for f in Scan(sandbox)(site.url("/t.txt"))] == [text]
        assert [f.body for f in Scan(sandbox)(site.url("/plain.txt"))] == [text]
        assert site.paths() == ["/t.txt", "/t.txt", "/plain.txt"]


@dataclass(frozen=True)
class Noise:
    """A large file of no kind."""

    size_bytes: int

    def read(self, offset: int, length: int) -> bytes:
        return b"\x00\xff\x9d\x01" * (length // 4 + 1)


CASES: Mapping[str, tuple[Route, type[LeakwatchError]]] = {
    "/large.bin": (ranged(Noise(MAX_FETCHED_BYTES + 1)), BodyTooLarge),
    "/ignores.zip": (reply(bytes(9), headers={"Content-Length": str(108 * 10**9)}), RangeIgnored),
    "/ignores.bin": (reply(bytes(9), headers={"Content-Length": str(108 * 10**9)}), BodyTooLarge),
}


@pytest.mark.parametrize("path", CASES)
def test_what_is_left_where_it_is(sandbox: SandboxPool, path: str) -> None:
    """A large file without a directory, and an archive whose server gives no parts, are said."""
    with serve_aside({path: CASES[path][0]}) as site, pytest.raises(CASES[path][1]):
        Scan(sandbox)(site.url(path))


def test_a_list_of_files_is_walked(sandbox: SandboxPool) -> None:
    """A directory is a listing with all below it; the archives in it are listed, not fetched."""
    root = b"""<html><h1>Index of /dump/</h1><pre><a href="../">../</a>
<a href="sub/">sub/</a>      02-Mar-2026 09:00      -
<a href="d.zip">d.zip</a>     02-Mar-2026 09:00      1G
<a href="locked.7z">locked.7z</a> 02-Mar-2026 09:00      9
<a href="a.pdf">a.pdf</a>     02-Mar-2026 09:00      1234
</pre></html>"""
    sub = b"""<html><h1>Index of /dump/sub/</h1><pre><a href="../">../</a>
<a href="b.pdf">b.pdf</a>     02-Mar-2026 09:00      4321
</pre></html>"""
    with serve_aside(
        {
            "/dump/": reply(root, headers={"Content-Type": "text/html"}),
            "/dump/sub/": reply(sub, headers={"Content-Type": "text/html"}),
            "/dump/d.zip": ranged(LARGE),
        }
    ) as site:
        tree, archive, missing = Scan(sandbox)(site.url("/dump/"))
        assert "/dump/a.pdf" not in site.paths()
        assert site.paths()[:2] == ["/dump/", "/dump/sub/"]
    assert tree.listing is not None
    assert [e.path for e in tree.listing.entries if not e.is_directory] == [
        "d.zip", "locked.7z", "a.pdf", "sub/b.pdf",
    ]  # fmt: skip
    assert (archive.name, archive.listing is not None) == ("d.zip", True)
    assert missing.error is not None
    assert missing.listing is None


def test_encrypted_names_are_said(sandbox: SandboxPool) -> None:
    """An archive whose directory needs a password is an error of that name."""
    locked = b"Rar!\x1a\x07\x01\x00"
    block = b"\x04\x00" + bytes(20)
    raw = bytes([len(block)]) + block
    locked += zlib.crc32(raw).to_bytes(4, "little") + raw + bytes(100_000)
    with serve_aside({"/x.rar": ranged(Held(locked))}) as site, pytest.raises(Encrypted):
        Scan(sandbox)(site.url("/x.rar"))
