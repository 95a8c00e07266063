"""The fast way through a listing says what the slow one says, on random corpora."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.known import KnownFile
from leakwatch.corpus.segment import Segment
from leakwatch.fingerprint.minhash import signature
from leakwatch.fingerprint.names import NameFacts, NameHasher
from leakwatch.fingerprint.sizes import SizeMask
from leakwatch.match.inventory import Inventory
from leakwatch.match.listing import match_entries
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Grade
from tests.support.corpora import KEY
from tests.support.naive_listing import Fact, verdicts
from tests.support.segments import made

HASHER, MASK = NameHasher(KEY), SizeMask(KEY)
NO_VALUES = np.empty(0, np.uint64)
PATHS = st.sampled_from(
    [
        *(f"{folder}/scan{n:03}.pdf" for folder in ("a", "Rangihau 1970-01-02") for n in range(4)),
        *(f"x/{who} {n}.pdf" for who in ("Zzyzxson Wiremu", "Quillfeather Aroha") for n in "12"),
        *(f"x/{who} 2011-03-0{n}.pdf" for who in ("Brackenbury", "Oldershaw") for n in range(1, 5)),
        *("no-folder.txt", "x/...", "..."),
    ]
)
SIZES = st.sampled_from([0, 63, 64, 999, 1000, 1024, 20_011, 20_012, 400_009])
FACTS = st.builds(Fact, PATHS, SIZES, st.integers(1, 3))
SHOWN = st.builds(Fact, PATHS, st.none() | SIZES, st.none() | st.integers(1, 3))


def segment_of(files: list[Fact]) -> tuple[Segment, list[Fact]]:
    """Return files as a segment, and in its order."""
    known = []
    for n, file in enumerate(files):
        raw = hashlib.sha256(f"{n} {file}".encode()).digest()[:16]
        facts = NameFacts(file.path, file.size, file.crc)
        entry = KnownFile(
            raw=raw,
            text=None,
            letters=0,
            values=NO_VALUES,
            signature=signature(NO_VALUES),
            names=frozenset(HASHER.digests(facts).items()),
            masked_size=MASK.masked(raw, file.size or 0),
        )
        known.append((raw, entry, file))
    known.sort(key=lambda one: one[0])
    segment = made([entry for _, entry, _ in known], policy=CommonPolicy()).segment
    return segment, [file for _, _, file in known]


@settings(max_examples=150, deadline=None)
@given(
    known=st.lists(FACTS, max_size=25, unique=True),
    extra=st.lists(SHOWN, max_size=15),
    listed=st.integers(0, 25),
    cut=st.integers(0, 25),
)
def test_the_fast_way_says_what_the_slow_one_says(
    known: list[Fact], extra: list[Fact], listed: int, cut: int
) -> None:
    """Every file has the grade and the chance that the definitions give, over two segments."""
    halves = [segment_of(part) for part in (known[:cut], known[cut:])]
    inventory = Inventory([s for s, _ in halves], [(), ()], mask=MASK)
    files = [file for _, part in halves for file in part]
    # Some of the known files, of which every other one shows its checksum.
    shown = [f if n % 2 else replace(f, crc=None) for n, f in enumerate(known[:listed])]
    shown += extra
    entries = tuple(ListingEntry(f.path, f.size, f.crc) for f in shown)
    hits = {h.file: h for h in match_entries(inventory, HASHER, Listing("zip", entries))}
    wanted: dict[int, tuple[Grade, float]] = {}
    for named, grade, chance in verdicts(files, shown) if files else ():
        for number in (n for n, file in enumerate(files) if file in named):
            best = wanted.get(number)
            if best is None or (best[0], -best[1]) < (grade, -chance):
                wanted[number] = grade, chance
    assert {n: hit.grade for n, hit in hits.items()} == {
        n: grade for n, (grade, _) in wanted.items()
    }
    for number, hit in hits.items():
        assert hit.chance == pytest.approx(wanted[number][1])


def test_an_empty_corpus_names_nobody() -> None:
    """Without known files there is nothing to agree with."""
    inventory = Inventory([], [], mask=MASK)
    assert match_entries(inventory, HASHER, Listing("zip", (ListingEntry("a", 100, 1),))) == []
    assert len(inventory) == 0


@pytest.mark.parametrize("withdrawn", [(), (0,), (0, 1)])
def test_withdrawn_files_are_not_counted(withdrawn: tuple[int, ...]) -> None:
    """Neither the sizes nor the numbers of a withdrawn file are found."""
    segment, files = segment_of([Fact("a/one.pdf", 5000, 1), Fact("b/two.pdf", 5000, 2)])
    inventory = Inventory([segment], [withdrawn], mask=MASK)
    size = np.array([5000], np.int64)
    assert inventory.between(size, size).tolist() == [2 - len(withdrawn)]
    lines = tuple(ListingEntry(f.path, f.size, f.crc) for f in files)
    named = {hit.file for hit in match_entries(inventory, HASHER, Listing("zip", lines))}
    assert named == {0, 1} - set(withdrawn)
