"""Bodies are read within their bounds, and known when they are not whole."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import BodyTooLarge, BrokenResponse
from leakwatch.fetch.body import STEP_BYTES, BodyLimits, read_body

CAP = 64 * 1024 * 1024


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


async def read(
    chunks: Iterable[bytes],
    coding: str = "",
    *,
    cap: int = CAP,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    coded = {"content-encoding": coding} if coding else {}
    response = httpx.Response(status, headers={**(headers or {}), **coded})
    body = await read_body(response, stream(), BodyLimits(cap, "a.example"))
    assert body.sha256 == hashlib.sha256(body.data).hexdigest()
    return body.data


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=3000),
    repeat=st.sampled_from([1, 90]),
    size=st.integers(min_value=1, max_value=5000),
    coding=st.sampled_from(["gzip", "x-gzip", "deflate", "raw", "deflate, gzip", "identity", ""]),
)
async def test_any_coding_cut_anywhere(data: bytes, repeat: int, size: int, coding: str) -> None:
    """The decoded body is the one that was encoded, however the network cuts it."""
    data *= repeat
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "x-gzip": gzip.compress,
        "deflate": zlib.compress,
        "raw": raw_deflate,
        "deflate, gzip": lambda d: gzip.compress(zlib.compress(d)),
    }
    pack = packers.get(coding, bytes)
    named = "deflate" if coding == "raw" else coding
    assert await read(pieces(pack(data), size), named) == data


async def test_members_of_gzip_follow_each_other() -> None:
    """Concatenated gzip members are one body (RFC 1952, 2.2); padding after is ignored."""
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert await read([packed + b"\0\0"], "gzip") == b"one two"
    assert await read(pieces(packed, 7), "gzip") == b"one two"


async def test_an_empty_body_is_whole() -> None:
    """No bytes at all are an empty body under any coding."""
    assert await read([], "gzip") == b""
    assert await read([], "deflate") == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_cut_stream_is_broken(coding: str) -> None:
    """A compressed body that ends early is never taken for a shorter page."""
    packed = (gzip.compress if coding == "gzip" else zlib.compress)(bytes(range(256)) * 20)
    for cut in (1, 10, len(packed) - 1):
        with pytest.raises(BrokenResponse):
            await read([packed[:cut]], coding)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip, gzip", "compress", "\x1b[31m"])
async def test_codings_not_asked_for(coding: str) -> None:
    """Codings we do not offer, or piled up ones, are refused unnamed."""
    with pytest.raises(BrokenResponse) as caught:
        await read([b"x"], coding)
    assert coding not in str(caught.value)


async def test_nonsense_does_not_decode() -> None:
    """Bytes that are not the coding they claim are a broken answer, and not shown."""
    with pytest.raises(BrokenResponse) as caught:
        await read([b"not gzip at all"], "gzip")
    assert "not gzip" not in str(caught.value)


@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_the_cap_is_on_decoded_bytes(coding: str) -> None:
    """Exactly the cap passes; one more byte does not, and reading stops there."""
    data = b"abcdefgh" * 10_000
    packed = gzip.compress(data) if coding else data
    assert len(await read([packed], coding, cap=len(data))) == len(data)
    with pytest.raises(BodyTooLarge, match=str(len(data) - 1)):
        await read([packed], coding, cap=len(data) - 1)


async def test_a_bomb_is_stopped_while_it_unfolds() -> None:
    """A body that expands a thousandfold is stopped early, not after decoding it whole."""
    bomb = gzip.compress(bytes(200 * 1024 * 1024), compresslevel=9)
    seen = 0

    def chunks() -> Iterator[bytes]:
        nonlocal seen
        for piece in pieces(bomb, 1024):
            seen += len(piece)
            yield piece

    with pytest.raises(BodyTooLarge, match="expands"):
        await read(chunks(), "gzip", cap=10**9)
    assert seen < len(bomb) / 50


async def test_a_bomb_in_a_bomb() -> None:
    """Two codings are held to the same bounds."""
    bomb = gzip.compress(gzip.compress(bytes(300 * 1024 * 1024), compresslevel=9), compresslevel=9)
    with pytest.raises(BodyTooLarge):
        await read([bomb], "gzip, gzip", cap=10**9)


async def test_received_bytes_count_too() -> None:
    """Endless empty members decode to nothing, and are cut all the same."""
    with pytest.raises(BodyTooLarge):
        await read([gzip.compress(b"")] * (1000 + STEP_BYTES // 20), "gzip", cap=1000)


async def test_an_announced_length_is_believed_when_too_large() -> None:
    """Nothing is read of a body that says it is too large."""
    chunks = iter([b"first", b"second"])
    with pytest.raises(BodyTooLarge):
        await read(chunks, cap=10, headers={"Content-Length": "11"})
    assert next(chunks) == b"first"


async def test_parts_have_the_length_they_say() -> None:
    """A 206 of another length than its Content-Range was cut (RFC 9110, 14.4)."""
    said = {"Content-Range": "bytes 5-8/100"}
    assert await read([b"abcd"], status=206, headers=said) == b"abcd"
    with pytest.raises(BrokenResponse):
        await read([b"abc"], status=206, headers=said)
