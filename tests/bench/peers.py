"""The same work done with datasketch and rensa: read, shingle, MinHash, insert or query.

Each run is a process of its own, as ours is, so that starting up counts for all.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

THRESHOLD = 0.5
PERMUTATIONS = 128
_WORD = re.compile(r"\w+")


class Peer(Protocol):
    """MinHash and LSH of one library."""

    def signature(self, text: str) -> object: ...

    def insert(self, number: int, signature: Any) -> None: ...

    def query(self, signature: Any) -> list[Any]: ...


class Datasketch:
    """As its documentation has it: words by a regular expression, trigrams of them."""

    def __init__(self) -> None:
        from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]  # noqa: PLC0415 - one peer a process

        self._minhash: Any = MinHash
        self._lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)

    def signature(self, text: str) -> object:
        minhash = self._minhash(num_perm=PERMUTATIONS)
        minhash.update_batch([trigram.encode() for trigram in trigrams(text)])
        return minhash

    def insert(self, number: int, signature: Any) -> None:
        self._lsh.insert(number, signature)

    def query(self, signature: Any) -> list[Any]:
        return list(self._lsh.query(signature))


class Rensa:
    """The same in Rust."""

    def __init__(self) -> None:
        rensa = importlib.import_module("rensa")
        self._minhash = rensa.RMinHash
        self._lsh = rensa.RMinHashLSH(THRESHOLD, PERMUTATIONS, 16)

    def signature(self, text: str) -> object:
        minhash = self._minhash(PERMUTATIONS, 42)
        minhash.update(list(trigrams(text)))
        return minhash

    def insert(self, number: int, signature: Any) -> None:
        self._lsh.insert(number, signature)

    def query(self, signature: Any) -> list[Any]:
        return list(self._lsh.query(signature))


PEERS: dict[str, type[Peer]] = {"datasketch": Datasketch, "rensa": Rensa}


def is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def trigrams(text: str) -> Iterator[str]:
    words = _WORD.findall(text.lower())
    return (" ".join(words[at : at + 3]) for at in range(len(words) - 2))


def run(name: str, known: str, looked_at: str | None) -> None:
    """Build an index of one folder and, if there is one, look up all of another."""
    peer = PEERS[name]()
    for number, path in enumerate(sorted(Path(known).rglob("*.txt"))):
        peer.insert(number, peer.signature(path.read_text()))
    if looked_at is not None:
        for path in sorted(Path(looked_at).rglob("*.txt")):
            peer.query(peer.signature(path.read_text()))


def command(name: str, known: Path, looked_at: Path | None = None) -> list[str]:
    """Return the command that does ``run`` in a process of its own."""
    code = f"from tests.bench.peers import run; run({name!r}, *{_arguments(known, looked_at)!r})"
    return [sys.executable, "-c", code]


def _arguments(known: Path, looked_at: Path | None) -> tuple[str, str | None]:
    return str(known), None if looked_at is None else str(looked_at)
