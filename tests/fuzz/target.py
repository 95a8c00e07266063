"""What is fuzzed: a parser of hostile bytes, seeds for it, and what it may raise."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from leakwatch.errors import LeakwatchError
from leakwatch.unpack.container import Container, SeekableStream

MAX_ITEMS = 20_000
"""Of what a parser yields; more is more of the same."""
MAX_TOTAL_BYTES = 64 * 1024 * 1024
"""Of what a container's members unpack to in one run."""


@dataclass(frozen=True, slots=True)
class Target:
    """One entry: bytes in, anything out."""

    name: str
    run: Callable[[bytes], object]
    """Raises only what is ``expected``; all else is a finding."""
    seeds: Callable[[], Iterable[bytes]]
    """Small good inputs, made by code."""
    expected: tuple[type[BaseException], ...] = (LeakwatchError,)

    def __call__(self, data: bytes) -> None:
        with contextlib.suppress(*self.expected):
            self.run(data)


def by_name(*groups: Sequence[Target]) -> Mapping[str, Target]:
    """Return all targets by name. Raises ValueError for two of one name."""
    targets = [target for group in groups for target in group]
    named = {target.name: target for target in targets}
    if len(named) != len(targets):
        raise ValueError("two targets have one name")
    return named


def drained(items: Iterable[object]) -> int:
    """Return how many items there are, counted up to ``MAX_ITEMS``."""
    return sum(1 for _ in islice(items, MAX_ITEMS))


def unpacked(container: Container, stream: SeekableStream, passwords: Sequence[str] = ()) -> int:
    """Read every member of a container as the walk would; return the bytes there were."""
    total = 0
    for member in islice(container.members(stream, passwords), MAX_ITEMS):
        try:
            for chunk in member.chunks():
                total += len(chunk)
                if total > MAX_TOTAL_BYTES:
                    return total
        except LeakwatchError:
            continue
    return total


def mutated(seeds: Sequence[bytes], count: int, *, seed: int) -> Iterator[bytes]:
    """Yield seeds with some bytes changed, cut out, doubled or joined: the same for one seed."""
    rng = random.Random(seed)
    for _ in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 6)):
            _change(data, rng, seeds)
        yield bytes(data)


def _change(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    at = rng.randint(0, len(data))
    end = min(len(data), at + rng.choice((1, 2, 4, 16, 256)))
    kind = rng.randrange(6)
    if kind == 0:
        data[at:end] = rng.randbytes(end - at)
    elif kind == 1:
        del data[at:end]
    elif kind == 2:
        data[at:at] = data[at:end] * rng.choice((1, 2, 50))
    elif kind == 3:
        data[at:end] = rng.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * (end - at)
    elif kind == 4:
        other = rng.choice(seeds)
        data[at:] = other[rng.randint(0, len(other)) :]
    elif at < len(data):
        data[at] ^= 1 << rng.randrange(8)
