"""The coders of 7z in a chain, each a decoder that is fed and asked in chunks."""

from __future__ import annotations

import bz2
import itertools
import lzma
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from bcj import (
    ARMDecoder,
    ARMTDecoder,
    BCJDecoder,
    IA64Decoder,
    PPCDecoder,
    SparcDecoder,
)

from leakwatch.errors import BudgetExceeded, Corrupt, Unsupported
from leakwatch.unpack.container import CHUNK_BYTES
from leakwatch.unpack.inflating import Decoder, Inflate, Inflate64, Stored
from leakwatch.unpack.rar_keys import decryptor
from leakwatch.unpack.sevenzip_header import Coder, Folder
from leakwatch.unpack.sevenzip_keys import SevenZipKeys, vector_of

AES = b"\x06\xf1\x07\x01"
_LZMA1, _LZMA2, _DELTA = b"\x03\x01\x01", b"\x21", b"\x03"
_MIN_DICTIONARY = 4096
_MAX_DICTIONARY = 512 * 1024 * 1024
_BLOCK_BYTES = 16


class Source(Protocol):
    """Gives bytes forwards; ``b""`` only at the end."""

    def read(self, size: int, /) -> bytes: ...


class Stage:
    """A decoder with what it is fed from."""

    def __init__(self, source: Source, decoder: Decoder, size_bytes: int) -> None:
        self._source = source
        self._decoder = decoder
        self._left = size_bytes

    def read(self, size: int, /) -> bytes:
        """Return some bytes, ``b""`` at the end or where the input gave out."""
        while self._left > 0 and not self._decoder.eof:
            data = self._source.read(CHUNK_BYTES) if self._decoder.needs_input else b""
            is_starved = not data and self._decoder.needs_input
            out = self._decoder.decompress(data, min(size, self._left))
            if out:
                # Padding of a cipher may go over the size.
                out = out[: self._left]
                self._left -= len(out)
                return out
            if is_starved:
                return b""
        return b""


class Buffered:
    """Gives exactly as much as is asked for, from a stage that gives more or less."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        data = self._rest or self._source.read(CHUNK_BYTES)
        self._rest = data[size:]
        return data[:size]


def chain(folder: Folder, source: Source, keys: SevenZipKeys, password: str | None) -> Source:
    """Return what unpacks a folder.

    Args:
        folder: how it is packed.
        source: its one packed stream.
        keys: derives what a cipher needs.
        password: for a folder that is encrypted.

    Raises:
        Unsupported: a coder has no decoder here, or they make no chain.
        Encrypted: the key would cost too much.
        BudgetExceeded: a dictionary is too large.
    """
    order = _in_order(folder)
    at = 0
    while at < len(order):
        coder, size_bytes = order[at]
        used = 1
        if coder.method == AES:
            key = keys.derive(coder.properties, password or "")
            decoder: Decoder = _Decrypt(key, vector_of(coder.properties))
        elif coder.method in {_LZMA1, _LZMA2}:
            filters = [_lzma_filter(coder, size_bytes)]
            if at + 1 < len(order) and order[at + 1][0].method == _DELTA:
                filters.insert(0, _delta_filter(order[at + 1][0]))
                used = 2
            decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
        else:
            decoder = _simple(coder, size_bytes)
        source = Stage(source, decoder, size_bytes)
        at += used
    return Buffered(source)


def is_encrypted(folder: Folder) -> bool:
    return any(coder.method == AES for coder in folder.coders)


def _in_order(folder: Folder) -> list[tuple[Coder, int]]:
    """Return the coders from the packed data on, with the size of what each puts out."""
    if any(coder.inputs != 1 or coder.outputs != 1 for coder in folder.coders):
        raise Unsupported("a 7z method of several streams")
    if len(folder.packed) != 1 or len(folder.sizes) != len(folder.coders):
        raise Corrupt("the coders of the archive make no chain")
    takers = {output: taker for taker, output in folder.binds}
    at: int | None = folder.packed[0]
    order: list[tuple[Coder, int]] = []
    while at is not None and len(order) <= len(folder.coders):
        if at >= len(folder.coders):
            raise Corrupt("the coders of the archive make no chain")
        order.append((folder.coders[at], folder.sizes[at]))
        at = takers.get(at)
    if len(order) != len(folder.coders):
        raise Corrupt("the coders of the archive make no chain")
    return order


def _simple(coder: Coder, size_bytes: int) -> Decoder:
    if coder.method in _PLAIN:
        return _PLAIN[coder.method]()
    if coder.method in _BRANCHES:
        return _Branch(_BRANCHES[coder.method](size_bytes))
    if coder.method == _DELTA:
        return _Delta((coder.properties or b"\0")[0] + 1)
    raise Unsupported(f"7z method {coder.method.hex()}")


def _lzma_filter(coder: Coder, size_bytes: int) -> dict[str, Any]:
    properties = coder.properties
    if coder.method == _LZMA2 and len(properties) == 1:
        bits = properties[0]
        stated = 0xFFFFFFFF if bits >= 40 else (2 | bits & 1) << (bits // 2 + 11)
        return {"id": lzma.FILTER_LZMA2, "dict_size": _dictionary(stated, size_bytes)}
    if coder.method == _LZMA1 and len(properties) == 5 and properties[0] < 9 * 5 * 5:
        return {
            "id": lzma.FILTER_LZMA1,
            "dict_size": _dictionary(int.from_bytes(properties[1:], "little"), size_bytes),
            "lc": properties[0] % 9,
            "lp": properties[0] // 9 % 5,
            "pb": properties[0] // 45,
        }
    raise Corrupt("the LZMA properties are damaged")


def _delta_filter(coder: Coder) -> dict[str, Any]:
    return {"id": lzma.FILTER_DELTA, "dist": (coder.properties or b"\0")[0] + 1}


def _dictionary(stated: int, size_bytes: int) -> int:
    """Return a dictionary as large as what comes out can refer back to, and no larger."""
    needed = max(_MIN_DICTIONARY, min(stated, size_bytes))
    if needed > _MAX_DICTIONARY:
        raise BudgetExceeded(f"a dictionary of {needed} bytes", limit="memory")
    return needed


class _Decrypt:
    eof = False
    needs_input = True

    def __init__(self, key: bytes, vector: bytes) -> None:
        self._cipher = decryptor(key, vector)
        self._rest = b""

    def decompress(self, data: bytes, _max_length: int, /) -> bytes:
        data = self._rest + data
        end = len(data) // _BLOCK_BYTES * _BLOCK_BYTES
        self._rest = data[end:]
        return self._cipher.update(data[:end])


class _Branch:
    """A filter of machine code, which holds back a few bytes until the end."""

    eof = False
    needs_input = True

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def decompress(self, data: bytes, _max_length: int, /) -> bytes:
        return bytes(self._decoder.decode(data))


class _Delta:
    """Each byte is the difference to one some places before."""

    eof = False
    needs_input = True

    def __init__(self, distance: int) -> None:
        self._before = bytearray(distance)

    def decompress(self, data: bytes, _max_length: int, /) -> bytes:
        distance = len(self._before)
        out = bytearray(len(data))
        for lane in range(distance):
            steps = itertools.accumulate(
                data[lane::distance], lambda a, b: a + b & 0xFF, initial=self._before[lane]
            )
            out[lane::distance] = bytes(itertools.islice(steps, 1, None))
        self._before = (self._before + out)[-distance:]
        return bytes(out)


_PLAIN: Mapping[bytes, Callable[[], Decoder]] = MappingProxyType(
    {
        b"\x00": Stored,
        b"\x04\x01\x08": Inflate,
        b"\x04\x01\x09": Inflate64,
        b"\x04\x02\x02": bz2.BZ2Decompressor,
    }
)
_BRANCHES: Mapping[bytes, Any] = MappingProxyType(
    {
        b"\x04": BCJDecoder,
        b"\x05": PPCDecoder,
        b"\x06": IA64Decoder,
        b"\x07": ARMDecoder,
        b"\x08": ARMTDecoder,
        b"\x09": SparcDecoder,
        b"\x03\x03\x01\x03": BCJDecoder,
        b"\x03\x03\x02\x05": PPCDecoder,
        b"\x03\x03\x04\x01": IA64Decoder,
        b"\x03\x03\x05\x01": ARMDecoder,
        b"\x03\x03\x07\x01": ARMTDecoder,
        b"\x03\x03\x08\x05": SparcDecoder,
    }
)
