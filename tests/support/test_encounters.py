"""Made-up encounters are always the same, and as hard to tell apart as real ones."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from tests.support.encounters import documents, household, namesake


def test_same_seed_same_documents() -> None:
    """What is measured on them can be repeated."""

    def written(seed: int) -> list[str]:
        rng = Random(seed)
        return [d.text for who in household(rng) for d in documents(who, rng, 6)]

    assert written(3) == written(3)
    assert written(3) != written(4)


def test_households_share_name_and_address() -> None:
    """Who lives together has one surname and one address, and a first name of their own."""
    rng = Random(1)
    homes = [household(rng) for _ in range(40)]
    assert all(len({(p.family, p.address) for p in home}) == 1 for home in homes)
    assert len({len(home) for home in homes}) == 4


def test_a_namesake_shares_the_name_alone() -> None:
    """Another person of the same name was born on another day and lives elsewhere."""
    rng = Random(2)
    for _ in range(20):
        who = household(rng)[0]
        other = namesake(who, rng)
        assert (other.given, other.family) == (who.given, who.family)
        assert other.born != who.born
        assert other.address != who.address


def test_history_is_copied_forward() -> None:
    """A person's later note repeats the history of an earlier one."""
    rng = Random(5)
    notes = [d.text for d in documents(household(rng)[0], rng, 30) if d.kind == "note"]
    histories = [n.partition("history of ")[2].partition(".")[0] for n in notes]
    told = [history for history in histories if history]
    assert len(told) > 3
    assert all(later.startswith(earlier) for earlier, later in pairwise(told))


def test_kinds_and_lengths() -> None:
    """All kinds are there, from some thirty words on."""
    rng = Random(7)
    written = [d for _ in range(60) for who in household(rng) for d in documents(who, rng, 10)]
    assert {d.kind for d in written} == {"note", "summary", "results", "vaccination", "vitals"}
    words = sorted(len(d.text.split()) for d in written)
    assert words[0] >= 20
    assert words[len(words) // 20] <= 40
    assert 70 <= words[len(words) // 2] <= 140
