"""A bundle as a thief sees it: bytes, arrays, and what can be computed without the key."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.grams import K
from leakwatch.fingerprint.normalise import letters

ALGORITHMS = (
    "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s",
)  # fmt: skip


def every_byte(bundle: Path) -> bytes:
    """Return every byte of every file of a bundle, and the names of the files."""
    files = sorted(p for p in bundle.rglob("*") if p.is_file())
    return b"\n".join(str(p.relative_to(bundle)).encode() + p.read_bytes() for p in files)


def arrays_of(bundle: Path) -> dict[str, NDArray[np.generic]]:
    """Return every array of a bundle by its place below it."""
    files = sorted(bundle.rglob("*.npy"))
    return {str(p.relative_to(bundle).with_suffix("")): np.load(p) for p in files}


def said_of(path: str, text: str) -> Iterator[bytes]:
    """Yield what a guesser would try: content, letters, names, and names with sizes."""
    data, name = text.encode(), path.rpartition("/")[2]
    yield from (data, letters(text), text.lower().encode(), " ".join(text.split()).encode())
    for said in (path, name, name.rpartition(".")[0]):
        yield from (said.encode(), said.lower().encode(), letters(said))
    yield from (b"%d/%s" % (len(data), letters(name)), b"%d/%d" % (len(data), zlib.crc32(data)))


def digests_of(said: bytes) -> Iterator[bytes]:
    """Yield the unkeyed digests of what was said, whole ones."""
    for algorithm in ALGORITHMS:
        digest = hashlib.new(algorithm, said, usedforsecurity=False).digest()
        yield digest
        yield hashlib.new(algorithm, digest.hex().encode(), usedforsecurity=False).digest()


def forms_of(digest: bytes) -> Iterator[bytes]:
    """Yield how a digest could stand in a file: cut to 8 bytes, turned round, or as text."""
    for part in (digest[:8], digest[-8:], digest[8:16]):
        if len(part) == 8:
            yield from (part, part[::-1])
    hexadecimal = digest.hex().encode()
    yield from (hexadecimal[:16], hexadecimal[:16].upper())
    yield base64.b64encode(digest)[:12]
    yield base64.b32encode(digest)[:14]
    yield base64.b32encode(digest).lower()[:14]


def windows(text: str) -> list[bytes]:
    """Return every run of sixteen letters: what grams are taken of."""
    plain = letters(text)
    return [plain[i : i + K] for i in range(len(plain) - K + 1)]


def gram_values(grams: Iterable[bytes]) -> dict[str, NDArray[np.uint64]]:
    """Return 64-bit values of grams under every function that has no key, or a well-known one."""
    grams = list(grams)
    found = {
        name: np.array(
            [
                int.from_bytes(hashlib.new(name, g, usedforsecurity=False).digest()[:8], "little")
                for g in grams
            ],
            np.uint64,
        )
        for name in ("md5", "sha1", "sha256", "blake2b")
    }
    raw = np.frombuffer(b"".join(grams), "<u8").reshape(-1, 2)
    return {**found, "first letters": raw[:, 0].copy(), "last letters": raw[:, 1].copy()}


def hits(values: NDArray[np.uint64], held: NDArray[np.generic]) -> int:
    """Return how many distinct values stand in an array of 64 bits, or of their top or low 32."""
    forms = [values] if held.dtype.itemsize == 8 else [values >> np.uint64(32), values]
    return max(int(np.isin(np.unique(f.astype(held.dtype)), held).sum()) for f in forms)


def by_chance(tried: int, held: NDArray[np.generic]) -> float:
    """Return how many hits are not surprising: the mean of a Poisson law and six times its root."""
    # What is left of a gram below its bucket has fewer bits than its type.
    bits = int(held.max(initial=0)).bit_length()
    mean = 2 * tried * len(np.unique(held)) / 2.0**bits
    return float(mean + 6 * mean**0.5)
