"""Texts to measure on, by role; near-duplicates and people never have two roles."""

from __future__ import annotations

import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.normalise import letters

EVAL = Path(__file__).resolve().parents[3] / "shared" / "eval"
GRAM = 24
"""Letters of the phrases that near-duplicates are told by."""
SHARED = 0.25
"""Share of the shorter text's phrases from which on two texts are one cluster."""
_KEPT = 8
"""One phrase in so many is looked at."""
_BOILERPLATE = 40
"""A phrase in more texts than this tells nothing of near-duplicates."""


@dataclass(frozen=True, slots=True)
class Text:
    """One document."""

    id: str
    text: str = field(repr=False)
    group: str = ""
    """Its cluster of near-duplicates, or its person."""
    label: str = ""
    """What its row of the table is, where that is not its role's."""


@dataclass(frozen=True)
class Roles:
    """What is stolen, what is background, and what is neither."""

    known: tuple[Text, ...]
    background: tuple[Text, ...]
    negative: tuple[Text, ...]
    others: tuple[Text, ...] = ()
    """More texts that hold no known file, each under its label."""


def eval_folder(given: str | None) -> Path | None:
    """Return the folder of the evaluation data, or None where it is not there."""
    folder = Path(given or os.environ.get("LEAKWATCH_EVAL") or EVAL)
    return folder if (folder / "notes.jsonl").is_file() else None


def read_notes(folder: Path) -> dict[str, tuple[Text, ...]]:
    """Return the notes by official role, and the blank forms as ``form``, grouped by cluster.

    Each text is there once a role.
    """
    roles: dict[str, dict[str, str]] = defaultdict(dict)
    with (folder / "notes.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            note = json.loads(line)
            roles[note["role"]].setdefault(note["text"], note["id"])
    for path in sorted((folder / "templates").glob("*.txt")):
        roles["form"].setdefault(path.read_text(encoding="utf-8"), path.stem)
    flat = [(role, name, text) for role, notes in roles.items() for text, name in notes.items()]
    clusters = clustered([text for _, _, text in flat])
    read: dict[str, list[Text]] = defaultdict(list)
    for (role, name, text), cluster in zip(flat, clusters, strict=True):
        read[role].append(Text(name, text, f"cluster {cluster}"))
    return {role: tuple(texts) for role, texts in read.items()}


def splits(notes: Mapping[str, Sequence[Text]], count: int, seed: int) -> Iterator[Roles]:
    """Yield the official roles, then random ones: half known, a quarter each of the others."""
    yield Roles(tuple(notes["known"]), tuple(notes["background"]), tuple(notes["negative"]))
    by_group: dict[str, list[Text]] = defaultdict(list)
    for role in ("known", "background", "negative"):
        for text in notes[role]:
            by_group[text.group].append(text)
    size = sum(map(len, by_group.values()))
    for number in range(1, count):
        order = sorted(by_group)
        random.Random(f"split/{seed}/{number}").shuffle(order)
        parts: tuple[list[Text], list[Text], list[Text]] = ([], [], [])
        for group in order:
            known, background, negative = parts
            part = (
                known
                if len(known) < size // 2
                else background
                if len(background) < size // 4
                else negative
            )
            part += by_group[group]
        yield Roles(*map(tuple, parts))


def clustered(texts: Sequence[str]) -> list[int]:
    """Return for each text the first index of its cluster of near-duplicates."""
    grams = [_phrases(letters(text)) for text in texts]
    parent = list(range(len(texts)))

    def root(node: int) -> int:
        while parent[node] != node:
            node = parent[node]
        return node

    for (one, other), shared in _pairs(grams).items():
        if shared >= SHARED * min(len(grams[one]), len(grams[other])):
            low, high = sorted((root(one), root(other)))
            parent[high] = low
    return [root(node) for node in range(len(texts))]


def _phrases(text: bytes) -> NDArray[np.uint64]:
    """Return hashes of one phrase in eight, chosen by its own hash."""
    codes = np.frombuffer(text, np.uint8).astype(np.uint64)
    if len(codes) < GRAM:
        return np.empty(0, np.uint64)
    powers = np.uint64(0x9E3779B97F4A7C15) ** np.arange(1, GRAM + 1, dtype=np.uint64)
    hashes = np.lib.stride_tricks.sliding_window_view(codes, GRAM) @ powers
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    return np.unique(hashes[(hashes >> np.uint64(40)) % np.uint64(_KEPT) == 0])


def _pairs(grams: Sequence[NDArray[np.uint64]]) -> Counter[tuple[int, int]]:
    """Return how many phrases each pair of texts shares."""
    values = np.concatenate(grams)
    owners = np.repeat(np.arange(len(grams)), [len(g) for g in grams])
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.diff(values[order], prepend=values[order[:1]])).tolist()
    pairs: Counter[tuple[int, int]] = Counter()
    for begin, end in zip([0, *starts], [*starts, len(order)], strict=True):
        if 2 <= end - begin <= _BOILERPLATE:
            pairs.update(combinations(owners[order[begin:end]].tolist(), 2))
    return pairs


def once(texts: Iterable[Text]) -> tuple[Text, ...]:
    """Return each text under the first of its ids."""
    first: dict[str, Text] = {}
    for text in texts:
        first.setdefault(text.text, text)
    return tuple(first.values())
