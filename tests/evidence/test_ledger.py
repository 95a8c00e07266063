"""Every way of changing a ledger shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.evidence.ledger import check_ledger
from leakwatch.evidence.record import FIRST_PREVIOUS, record_sha256
from leakwatch.model.evidence import EvidenceRecord
from tests.support.evidence import a_draft, a_ledger

LEDGER = a_ledger([a_draft(n) for n in range(1, 6)])


def _rehashed(record: EvidenceRecord) -> EvidenceRecord:
    digest = record_sha256(record.seq, record.draft, record.previous_sha256)
    return replace(record, sha256=digest)


def test_a_whole_ledger_is_sound() -> None:
    """An untouched chain verifies and its head is the last record's digest."""
    report = check_ledger(LEDGER)
    assert report.is_sound
    assert (report.records, report.head) == (5, LEDGER[-1].sha256)


def test_an_empty_ledger_is_sound() -> None:
    """Nothing recorded yet is no damage; the head is 64 zeros."""
    report = check_ledger([], expected_head=FIRST_PREVIOUS)
    assert report.is_sound
    assert report.head == FIRST_PREVIOUS


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 4), st.sampled_from(["matter", "capture_id", "time", "facts", "sealed"]))
def test_a_changed_field_shows_at_its_record(index: int, what: str) -> None:
    """Whatever is changed in a record, the check names that record."""
    draft = LEDGER[index].draft
    changed = {
        "matter": replace(draft, matter="another"),
        "capture_id": replace(draft, capture_id="c-9999"),
        "time": replace(draft, recorded_at=draft.recorded_at + timedelta(microseconds=1)),
        "facts": replace(draft, facts={**draft.facts, "nonce": "0" * 32}),
        "sealed": replace(draft, finding_id="f-1"),
    }[what]
    records = list(LEDGER)
    records[index] = replace(records[index], draft=changed)
    assert [p.seq for p in check_ledger(records).problems] == [index + 1]


def test_a_record_changed_with_its_digest_breaks_the_next() -> None:
    """Whoever rewrites one record must rewrite all that follow."""
    records = list(LEDGER)
    records[1] = _rehashed(replace(records[1], draft=replace(records[1].draft, matter="another")))
    assert [p.seq for p in check_ledger(records).problems] == [3]


@pytest.mark.parametrize("gone", [0, 2])
def test_a_missing_record_shows(gone: int) -> None:
    """A gap is named, at the first record after it."""
    problems = check_ledger(LEDGER[:gone] + LEDGER[gone + 1 :]).problems
    assert {p.seq for p in problems} == {gone + 2}
    assert f"expected record {gone + 1}" in problems[0].what


def test_swapped_records_show() -> None:
    """Order is part of what is proved."""
    assert not check_ledger([LEDGER[1], LEDGER[0], *LEDGER[2:]]).is_sound


def test_a_cut_tail_shows_against_a_noted_head() -> None:
    """A ledger cut short is sound in itself; only a head noted elsewhere tells."""
    assert check_ledger(LEDGER[:3]).is_sound
    report = check_ledger(LEDGER[:3], expected_head=LEDGER[4].sha256)
    assert [p.seq for p in report.problems] == [None]


def test_a_rewritten_ledger_shows_against_a_noted_head() -> None:
    """A chain made anew verifies in itself, and not against a head noted before."""
    forged = a_ledger([a_draft(n) for n in (1, 2, 9, 4, 5)])
    assert check_ledger(forged).is_sound
    assert not check_ledger(forged, expected_head=LEDGER[4].sha256).is_sound


def test_a_ledger_may_have_grown_since_a_head_was_noted() -> None:
    """An earlier head is found within the chain, in any case of letters."""
    assert check_ledger(LEDGER, expected_head=f" {LEDGER[2].sha256.upper()}\n").is_sound


def test_facts_without_canonical_form_are_a_problem_not_a_crash() -> None:
    """A record that nobody could have hashed is reported like any other damage."""
    records = list(LEDGER)
    records[2] = replace(records[2], draft=replace(records[2].draft, facts={"ratio": 0.5}))
    assert [p.seq for p in check_ledger(records).problems] == [3]
