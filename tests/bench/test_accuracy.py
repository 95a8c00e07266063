"""The bench of accuracy counts what it says it counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leakwatch.corpus.calibration import Calibration
from leakwatch.model.match import Grade
from tests.bench.accuracy_data import Roles, Text, clustered, splits
from tests.bench.accuracy_finders import Found, MinHashLSH, build
from tests.bench.accuracy_generated import GENERATORS, generated
from tests.bench.accuracy_measure import Outcome, measure
from tests.bench.accuracy_tuning import calibrated
from tests.support.corpora import note


class Scripted:
    """A finder that says what it was told to."""

    name = "scripted"
    levels = {Grade.PROBABLE: "probable", Grade.POSSIBLE: "possible"}  # noqa: RUF012 - never written to

    def __init__(self, answer: Callable[[str], list[Found]]) -> None:
        self.find = answer

    def scores(self, text: str) -> dict[str, dict[str, float]]:
        return {found.id: {"run": 7.0} for found in self.find(text)} or {"nobody": {}}


KNOWN = (Text("a1", "alpha", "a"), Text("a2", "also alpha", "a"), Text("b", "beta", "b"))
ROLES = Roles(KNOWN, (), tuple(Text(f"n{n}", f"stranger {n}") for n in range(8)))


def test_near_duplicates_are_one_cluster_and_strangers_are_not() -> None:
    """A lightly edited text is with its original; another is alone."""
    texts = [note(1), note(2), note(1).replace(" a", " the a", 3), note(3)]
    assert clustered(texts) == [0, 1, 0, 3]


def test_no_cluster_has_two_roles() -> None:
    """Divided at random, texts of one cluster stay together, and none is lost."""
    notes = {
        role: [Text(f"{role}{n}", f"{role}{n}", f"g{n // 3}") for n in range(40)]
        for role in ("known", "background", "negative")
    }
    for roles in splits(notes, 5, seed=1):
        groups = [{t.group for t in part} for part in (roles.known, roles.background)]
        ids = [t.id for part in (roles.known, roles.background, roles.negative) for t in part]
        assert len(set(ids)) == 120
        if roles.known != tuple(notes["known"]):
            assert not groups[0] & groups[1]
            assert not groups[0] & {t.group for t in roles.negative}


def test_own_file_kin_and_strangers_are_told_apart() -> None:
    """Recall is of the own file alone; a kin's is no wrong one; a stranger's is."""
    answers = {
        "alpha": [Found("a1", Grade.PROBABLE)],
        "also alpha": [Found("a1", Grade.PROBABLE), Found("a2", Grade.POSSIBLE)],
        "beta": [Found("a1", Grade.POSSIBLE)],
    }
    outcome = Outcome("t", explains=True)
    finder = Scripted(lambda text: answers.get(text, []))
    measure(outcome, finder, ROLES, {"as is": lambda text, _: text}, samples=9, seed="s")
    row = outcome.figures["as is"]
    assert (row["probable"], row["possible"]) == pytest.approx((1 / 3, 2 / 3))
    assert (row["probable wrong"], row["possible wrong"]) == pytest.approx((0, 1 / 3))
    assert (row["probable kin"], row["possible first"]) == pytest.approx((1 / 3, 1 / 3))
    assert outcome.figures["a document"]["possible"] == 0
    assert {(m.known, m.grade) for m in outcome.mistakes} == {
        ("b", None),
        ("a1", Grade.POSSIBLE),
    }


def test_matches_of_strangers_are_false_positives() -> None:
    """Every text of no known file that has a match counts once, however many it has."""
    outcome = Outcome("t")
    both = [Found("a1", Grade.POSSIBLE), Found("b", Grade.POSSIBLE)]
    finder = Scripted(lambda text: both if "stranger 3" in text else [])
    measure(outcome, finder, ROLES, {}, samples=9, seed="s")
    assert outcome.figures["a document"] == {"probable": 0.0, "possible": 1 / 8}
    assert outcome.figures["a page of 3000 characters"]["possible"] == 1.0


def test_thresholds_stay_within_their_budget() -> None:
    """No more of the texts they were set by reach a threshold than its budget allows."""
    peaks = [
        {"run": float(n), "cont": n / 1000, "noisy": n * 2.0, "complete": 0.9} for n in range(1000)
    ]
    calibration = calibrated(peaks)
    assert sum(p["run"] >= calibration.probable.run for p in peaks) <= 0.5 * 0.005 * 1000
    assert sum(p["cont"] >= calibration.possible.cont for p in peaks) <= 0.4 * 0.02 * 1000
    assert calibration.probable.complete > 0.9
    few = calibrated([dict.fromkeys(peaks[0], 0.0)])
    assert few.probable.run == Calibration().probable.run / 2


def test_ours_and_the_peer_find_a_known_text_by_its_id() -> None:
    """Both finders answer with the ids of the bench, and nothing for a stranger."""
    known = [Text(f"k{n}", note(n)) for n in range(4)]
    ours, peer = build(known, [Text("b", note("b"))]), MinHashLSH(known)
    for finder in (ours, peer):
        assert [f.id for f in finder.find(known[2].text)] == ["k2"]
        assert finder.find(note("stranger")) == []
    assert ours.scores(known[2].text)["k2"]["cont"] == pytest.approx(1.0)


@pytest.mark.parametrize("name", GENERATORS)
def test_no_household_has_two_roles(name: str) -> None:
    """Stolen, background and negative documents are of different people, and none is stolen twice."""
    roles = generated(name, 0)
    assert roles == generated(name, 0)
    parts = (roles.known, roles.background, roles.negative)
    assert all(len(part) > 300 for part in parts)
    groups = [{text.group for text in part} for part in parts]
    assert not groups[0] & groups[1]
    assert not (groups[0] | groups[1]) & groups[2]
    stolen = {text.text for text in roles.known}
    assert all(text.text not in stolen for text in (*roles.negative, *roles.others))
