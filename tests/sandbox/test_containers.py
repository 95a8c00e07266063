"""The rarer containers inside the confined child: nothing of them needs what it gave up."""

from __future__ import annotations

import base64
import gzip

import pytest

from leakwatch.sandbox.pool import SandboxPool
from leakwatch.unpack import libarchive
from tests.support.archives import ar_of, cpio_of, lzip, tar_of, zip_of, zstandard
from tests.support.disk_images import cab_of, iso_of
from tests.support.unprivileged import CannotDrop, run_as_nobody

NOTE = b"Fictional note of a fictional patient.\n" * 100
FILES = [("A.TXT", NOTE), ("B.TXT", b"the last")]
MAKERS = {"tar": tar_of, "cpio": cpio_of, "ar": ar_of, "iso": iso_of, "cab": cab_of}
AS_NOBODY = """
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
with SandboxPool(ReadLimits(), workers=1) as pool:
    found = pool.read({body!r}, name="x")
    print([(a.kind, a.error, len(a.text or "")) for a in found if a.path.ordinals])
"""


@pytest.mark.parametrize("kind", MAKERS)
def test_every_kind_is_opened_in_the_child(pool: SandboxPool, kind: str) -> None:
    """As the whole, and within other archives, its members are read."""
    if kind != "tar" and libarchive.version() is None:
        pytest.skip("libarchive is not here")
    packed = MAKERS[kind](FILES)
    for body in (packed, zip_of([("inner", packed)]), gzip.compress(packed)):
        texts = [a.text for a in pool.read(body, name="x")]
        assert {NOTE.decode(), "the last"} <= set(texts)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard, lzip])
def test_streams_are_opened_in_the_child(pool: SandboxPool, pack: object) -> None:
    """Their decoders need no file and no thread."""
    assert callable(pack)
    assert [a.text for a in pool.read(pack(NOTE), name="x")] == [None, NOTE.decode()]


def test_files_in_text_are_opened_in_the_child(pool: SandboxPool) -> None:
    """A text with files is both, alone and among others read together."""
    text = b"words " + base64.b64encode(NOTE) + b" and words"
    together = list(pool.read_many([("a", b"plain words"), ("b", text), ("c", b"more words")]))
    for found in (pool.read(text, name="x"), together[1]):
        assert [a.text for a in found] == [text.decode(), NOTE.decode()]
    assert [found[0].text for found in together] == ["plain words", text.decode(), "more words"]


def test_a_page_that_kills_its_parser_keeps_its_files(pool: SandboxPool) -> None:
    """The members are told before the page's own text is risked."""
    page = b"<html>" + b"<div>" * 1900 + b"<p a=1 " * 300_000
    page += b'<img src="data:text/plain;base64,' + base64.b64encode(NOTE) + b'">the words'
    found = {a.path.ordinal: a for a in pool.read(page, name="x")}
    assert found["0"].text == NOTE.decode()
    assert "the words" in (found[""].text or "")


@pytest.mark.skipif(libarchive.version() is None, reason="libarchive is not here")
def test_nobody_may_open_them_too() -> None:
    """An ordinary user's child, which may make no thread at all, opens the same."""
    body = zip_of([("a.iso", iso_of(FILES)), ("b.cpio", gzip.compress(cpio_of(FILES)))])
    try:
        done = run_as_nobody(AS_NOBODY.format(body=body))
    except CannotDrop as reason:
        pytest.skip(str(reason))
    assert done.stdout.count(f"('text', None, {len(NOTE)})") == 2, done.stderr
