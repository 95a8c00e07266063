"""Inputs that share a child: what it says of them, and what it cannot say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, cast

import pytest

from leakwatch.sandbox.batch import Slot, batch_job, hear_batch, left_of, slots_of
from leakwatch.sandbox.frames import Frame
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.worker import ChildRun

BODIES = [b"one", b"<p>two</p>" * 3, b"three", b"fo\xc3\xbcr", b"\xff\xfefive"]


class Child:
    """Says what it is told to."""

    def __init__(self, *headers: dict[str, Any]) -> None:
        self._headers = headers
        self.is_refused = False

    def frames(self, *, output_bytes: int) -> Iterator[Frame]:
        assert output_bytes > 0
        return (Frame(header, b"") for header in self._headers)

    def refuse(self) -> None:
        self.is_refused = True


def slots() -> list[Slot]:
    [batch] = slots_of([(f"n{n}", body) for n, body in enumerate(BODIES)], ("text",))
    return batch


def small(batch: list[Slot]) -> list[Slot]:
    return [slot for slot in batch if slot.small is not None]


def hear(child: Child) -> list[Slot]:
    heard = slots()
    hear_batch(small(heard), cast("ChildRun", child), ReadLimits())
    return heard


def test_what_is_plain_is_read_from_our_own_bytes() -> None:
    """A child says which inputs are their own text; text, size and digests are not its to say."""
    heard = hear(Child({"t": "plain", "i": 0, "n": 1}, {"t": "plain", "i": 1, "n": 2}))
    # The page does not share the child: its numbers count the others.
    assert [slot.artefacts is not None for slot in heard] == [True, False, True, True, False]
    texts = [slot.artefacts[0].text for slot in heard if slot.artefacts]
    assert texts == ["one", "three", "foür"]
    for slot, body in zip(heard, BODIES, strict=True):
        for artefact in slot.artefacts or ():
            assert (artefact.kind, artefact.size_bytes) == ("text", len(body))
            assert artefact.sha256 == hashlib.sha256(body).hexdigest()
            assert artefact.path.names == (slot.name,)


@pytest.mark.parametrize(
    "forged",
    [
        {"i": 4, "n": 1},
        {"i": -1, "n": 1},
        {"i": 0, "n": 5},
        {"i": 2, "n": 3},
        {"i": 0, "n": 0},
        {"i": 0, "n": -1},
        {"i": 0, "n": True},
        {"i": 0, "n": "1"},
        {"i": 0},
    ],
)
def test_forged_numbers_are_refused(forged: dict[str, Any]) -> None:
    """Inputs that are not there, or none, end the hearing; what is not told is read alone."""
    child = Child({"t": "plain", **forged}, {"t": "plain", "i": 0, "n": 1})
    assert all(slot.artefacts is None for slot in hear(child))
    assert child.is_refused


def test_a_child_is_told_only_of_its_own_inputs() -> None:
    """Orders and input hold the small texts, one after the other, and no name."""
    orders, body = batch_job(small(slots()), ReadLimits())
    texts = [b for b in BODIES if not b.startswith(b"<p>")]
    assert orders["sizes"] == [len(b) for b in texts]
    assert orders["texts"] == "t" * len(texts)
    assert body == b"".join(texts)
    assert "n0" not in str(orders)


@pytest.mark.parametrize(
    ("told", "has_rested", "left"),
    [
        ([True, True, True], False, []),
        ([True, False, False], False, [2]),
        ([False, False, False], False, [1, 2]),
        ([True, False, False], True, [1, 2]),
        ([False, False, False], True, [1, 2]),
        ([False, True, True], False, []),
    ],
)
def test_what_another_child_reads(told: list[bool], *, has_rested: bool, left: list[int]) -> None:
    """What killed a child is read alone; a child that tells nothing makes no other do the same."""
    batch = [Slot(str(n), b"", b"", artefacts=[] if done else None) for n, done in enumerate(told)]
    assert [int(slot.name) for slot in left_of(batch, has_rested=has_rested)] == left
