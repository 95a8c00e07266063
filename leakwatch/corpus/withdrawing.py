"""Known files that are known no longer: at once for whoever opens the bundle next.

A withdrawn file is marked in the manifest and passed over by every search. Its
fingerprints stay on the disk until ``corpus merge`` writes the bundle anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.bundle import locked, open_segment, read_manifest, write_manifest
from leakwatch.corpus.known import file_id
from leakwatch.corpus.labels import subject_token
from leakwatch.corpus.manifest import Manifest
from leakwatch.corpus.segment import Segment
from leakwatch.errors import ConfigError, NotInCorpus
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.sketch import check_comparable

_TOKEN = re.compile(r"s-([0-9a-f]{16})")


def token_name(token: int) -> str:
    """Return a subject's token as it is written: ``s-`` and 16 digits."""
    return f"s-{token:016x}"


def token_of(subject: str, key: FingerprintKey | None, *, manifest_of: Path) -> int:
    """Return the token of a subject, given as in the labels or as the token itself.

    Raises:
        ConfigError: it is no token, and there is no key to make one with.
        WrongKey: the bundle was made with another key: its tokens are others.
    """
    if found := _TOKEN.fullmatch(subject.strip()):
        return int(found[1], 16)
    if key is None:
        raise ConfigError("a subject's name becomes its token under the key: give --key FILE")
    ours = replace(read_manifest(manifest_of).params, key_id=key.key_id)
    theirs = read_manifest(manifest_of).params
    check_comparable(ours, theirs, what=f"corpus {manifest_of.name}")
    return subject_token(key, subject)


def withdraw_ids(path: Path, ids: Collection[str], *, at: datetime) -> tuple[Manifest, int]:
    """Withdraw known files by their opaque ids; return the new state and how many it took.

    Raises:
        NotInCorpus: an id is of no known file; nothing was withdrawn.
    """
    wanted = set(ids)

    def chosen(segment: Segment) -> NDArray[np.int64]:
        return np.array(
            [n for n in range(len(segment)) if file_id(segment.raw(n)) in wanted], np.int64
        )

    return _withdraw(path, chosen, at=at, expected=wanted)


def withdraw_subject(path: Path, token: int, *, at: datetime) -> tuple[Manifest, int]:
    """Withdraw every known file of one subject; return the new state and how many it took.

    Raises:
        NotInCorpus: no known file is about that subject.
    """

    def chosen(segment: Segment) -> NDArray[np.int64]:
        number = np.flatnonzero(segment.subject_tokens == np.uint64(token))
        return np.flatnonzero(np.isin(segment.subjects, number))

    return _withdraw(path, chosen, at=at, expected=frozenset())


def _withdraw(
    path: Path,
    chosen: Callable[[Segment], NDArray[np.int64]],
    *,
    at: datetime,
    expected: Collection[str],
) -> tuple[Manifest, int]:
    with locked(path):
        manifest = read_manifest(path)
        segments = [open_segment(path, entry) for entry in manifest.segments]
        found = {segment.raw(int(n)) for segment in segments for n in chosen(segment)}
        ids = {file_id(raw) for raw in found}
        if missing := sorted(set(expected) - ids):
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise NotInCorpus(f"{path}: {missing[0]}{more}: no known file has that id")
        if not ids:
            raise NotInCorpus(f"{path}: no known file is about that subject")
        new = sorted(ids - set(manifest.withdrawn))
        if not new:
            return manifest, 0
        entries = tuple(
            replace(entry, withdrawn=tuple(sorted({*entry.withdrawn, *_places(segment, found)})))
            for entry, segment in zip(manifest.segments, segments, strict=True)
        )
        after = replace(
            manifest,
            segments=entries,
            withdrawn=tuple(sorted({*manifest.withdrawn, *new})),
            history=manifest.after("withdraw", at=at.isoformat(timespec="seconds")),
        ).sealed()
        write_manifest(path, after)
        return after, len(new)


def _places(segment: Segment, raws: Collection[bytes]) -> list[int]:
    """Return where files of these digests lie: a file may be in more than one segment."""
    firsts = np.array([int.from_bytes(raw[:8], "big") for raw in raws], np.uint64)
    near = np.flatnonzero(np.isin(segment.raw_keys, firsts)).tolist()
    return [n for n in near if segment.raw(n) in raws]
