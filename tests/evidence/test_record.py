"""What a record holds, in which bytes, and what it never holds."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import EvidenceError
from leakwatch.evidence.canonical import as_json, canonical_bytes
from leakwatch.evidence.record import (
    FILES_LISTED,
    FIRST_PREVIOUS,
    absence_draft,
    capture_draft,
    record_sha256,
    shown_url,
)
from leakwatch.model.capture import Absence, Poll, PollOutcome
from leakwatch.model.evidence import RecordDraft, SealedContent
from leakwatch.model.match import Grade, Match, Method
from leakwatch.model.source import Via
from tests.support.evidence import MATTER_ID, START, a_capture, a_draft, a_ledger, circumstances

SECRET = "Aroha-Fictional-1970"
LETTERS = st.characters(blacklist_characters="\x7f", blacklist_categories=["Cs"])
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
PLAIN = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.text(LETTERS),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(LETTERS), inner),
    max_leaves=12,
)
FACTS = st.dictionaries(st.text(LETTERS), PLAIN, max_size=6)


def _with(facts: Any) -> RecordDraft:
    return replace(a_draft(), facts=facts)


def test_a_record_has_these_bytes_for_ever() -> None:
    """The canonical form does not drift: old ledgers must verify for years."""
    draft = replace(
        a_draft(sealed=SealedContent("m/ab/x.age", "ab" * 32, 9, ("age1x", "age1y"))),
        id="e-1",
        facts={"ā": [1, True, None], "a": 'q"\n'},
    )
    assert canonical_bytes(7, draft, "0" * 64).decode() == (
        '{"capture_id":"c-0001","facts":{"a":"q\\"\\n","ā":[1,true,null]},"finding_id":null,'
        '"id":"e-1","kind":"capture","matter":"fictional-clinic",'
        f'"previous_sha256":"{"0" * 64}","recorded_at":"2026-01-05T03:00:03.250000Z",'
        '"schema":"leakwatch.evidence/1","sealed":{"path":"m/ab/x.age",'
        f'"recipients":["age1x","age1y"],"sha256":"{"ab" * 32}","size_bytes":9}},"seq":7}}'
    )


@settings(max_examples=60, deadline=None)
@given(FACTS)
def test_the_digest_outlives_a_database(facts: dict[str, Any]) -> None:
    """Facts read back from JSON, in any order of keys, give the same digest."""
    back = dict(reversed(json.loads(json.dumps(facts)).items()))
    assert record_sha256(1, _with(facts), FIRST_PREVIOUS) == record_sha256(
        1, _with(back), FIRST_PREVIOUS
    )


@settings(max_examples=40, deadline=None)
@given(FACTS, FACTS)
def test_different_facts_differ(left: dict[str, Any], right: dict[str, Any]) -> None:
    """Two records share their bytes only if they say the same."""
    same = canonical_bytes(1, _with(left), "") == canonical_bytes(1, _with(right), "")
    assert same == (json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True))


def test_the_same_moment_in_another_zone_is_the_same_record() -> None:
    """Times are digested in UTC."""
    there = timezone(timedelta(hours=13))
    moved = replace(a_draft(), recorded_at=a_draft().recorded_at.astimezone(there))
    assert record_sha256(1, moved, "") == record_sha256(1, a_draft(), "")


@pytest.mark.parametrize(
    "fact", [0.5, 2**53, b"x", "a\x7f", "\ud800", datetime(2026, 1, 1, tzinfo=UTC), {1: 2}]
)
def test_what_tools_read_differently_is_refused(fact: object) -> None:
    """Floats, huge integers and odd letters have no canonical form."""
    with pytest.raises(EvidenceError):
        canonical_bytes(1, _with({"fact": [fact]}), "")


def test_a_naive_time_is_refused() -> None:
    """Nobody can say which moment a time without a zone is."""
    with pytest.raises(EvidenceError):
        canonical_bytes(1, replace(a_draft(), recorded_at=datetime(2026, 1, 1)), "")  # noqa: DTZ001


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_jq_and_sha256sum_verify_a_record() -> None:
    """The documented way by hand gives the digest that the record has."""
    draft = _with({"ā": 'mā \u2028 " \\ / \b\t', "b": [{"z": 1, "a": None}], "n": 2**53 - 1})
    record = a_ledger([a_draft(), draft])[1]
    line = json.dumps(as_json(record), ensure_ascii=False)
    done = subprocess.run(
        ["jq", "-cSj", "del(.sha256)"],  # noqa: S607
        input=line.encode(),
        capture_output=True,
        check=True,
    )
    assert hashlib.sha256(done.stdout).hexdigest() == record.sha256


def test_nothing_a_stranger_wrote_gets_in() -> None:
    """Neither body, headers, document names nor passwords in addresses are in a record."""
    capture = a_capture(
        SECRET.encode(),
        url=f"http://u:{SECRET}@gull.example/files/{SECRET}.pdf#{SECRET}",
        final_url=f"http://gull.example/get?name={SECRET}.DOCX",
        headers=(
            ("Content-Type", f'application/pdf; name="{SECRET}.pdf"'),
            ("Content-Disposition", f"attachment; filename={SECRET}.pdf"),
            ("Date", f"{SECRET}"),
            ("ETag", SECRET),
            ("Server", SECRET),
        ),
    )
    draft = capture_draft(capture, poll_id="p-1", circumstances=circumstances(), matter=MATTER_ID)
    raw = canonical_bytes(1, draft, "").decode()
    assert SECRET not in raw
    assert "http://gull.example/files/(document)" in raw


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_a_hostile_answer_always_gives_a_record(path: str, kind: str, date: str) -> None:
    """No address or header can keep a capture out of the ledger."""
    capture = a_capture(
        url=f"http://gull.example/{path}",
        final_url=f"http://[{path}",
        headers=(("Content-Type", kind), ("Date", date), ("Last-Modified", date)),
    )
    draft = capture_draft(capture, poll_id="p-1", circumstances=circumstances(), matter=MATTER_ID)
    assert canonical_bytes(1, draft, "").isascii()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://gull.example/topic.php?id=7", "http://gull.example/topic.php?id=7"),
        ("http://gull.example/dump.zip", "http://gull.example/dump.zip"),
        ("http://gull.example/(document)", "http://gull.example/(document)"),
        ("http://gull.example/a/Jane.PDF?x=1", "http://gull.example/a/(document)"),
        ("http://gull.example/mā ra", "http://gull.example/m%C4%81%20ra"),
        ("http://[half", "(malformed address)"),
    ],
)
def test_addresses_as_records_show_them(url: str, shown: str) -> None:
    """Pages and archives keep their names, documents lose them, letters are ASCII."""
    assert shown_url(url) == shown


def test_times_and_server_date_are_kept() -> None:
    """Request, first byte, last byte and the server's own date are in the record."""
    capture = a_capture(headers=(("Date", "Mon, 05 Jan 2026 03:00:01 GMT"),))
    facts = capture_draft(
        capture, poll_id="p-1", circumstances=circumstances(), matter=MATTER_ID
    ).facts
    assert facts["when"]["requested_at"] == "2026-01-05T03:00:00.250000Z"
    assert facts["when"]["first_byte_at"] == "2026-01-05T03:00:01.250000Z"
    assert facts["when"]["completed_at"] == "2026-01-05T03:00:02.250000Z"
    assert facts["when"]["server_date"] == "2026-01-05T03:00:01.000000Z"


def test_matches_are_counted_and_named_by_opaque_ids() -> None:
    """A huge leak lists some known files; one digest stands for all of them."""
    matches = [
        Match(f"k{n:05d}", "clinic", Method.EXACT, Grade.CONCLUSIVE, stolen_in_leak=0.98765)
        for n in range(FILES_LISTED + 5)
    ]
    matches.append(replace(matches[0], method=Method.TEXT, grade=Grade.PROBABLE))

    def found(given: list[Match]) -> Any:
        return capture_draft(
            a_capture(),
            poll_id="p-1",
            circumstances=circumstances(),
            matter=MATTER_ID,
            matches=given,
            examined=12,
        ).facts["match"]

    facts = found(matches)
    assert facts["documents"] == FILES_LISTED + 5
    assert facts["grades"] == {"conclusive": FILES_LISTED + 5, "probable": 1}
    assert facts["methods"] == {"exact": FILES_LISTED + 5, "text": 1}
    assert facts["best_grade"] == "conclusive"
    assert facts["highest_stolen_in_leak"] == "0.9877"
    assert facts["artefacts_examined"] == 12
    assert len(facts["files"]) == FILES_LISTED
    assert facts["files_sha256"] == found(matches[::-1])["files_sha256"]
    assert facts["files_sha256"] != found(matches[:-2])["files_sha256"]


def test_a_record_is_salted() -> None:
    """Two nonces give two digests, so a digest alone tests no guess; a short one is refused."""
    capture = a_capture()

    def digest(nonce: str) -> str:
        salted = circumstances(nonce=nonce)
        draft = capture_draft(capture, poll_id="p", circumstances=salted, matter=MATTER_ID)
        return record_sha256(1, draft, "")

    assert digest("1" * 32) != digest("2" * 32)
    with pytest.raises(ValueError, match="nonce"):
        digest("1234")


def test_the_id_is_the_captures_own() -> None:
    """Recording again after a crash, at another time and salt, gives the same id."""
    later = circumstances(nonce="77" * 16, recorded_at=START + timedelta(hours=1))
    again = capture_draft(a_capture(), poll_id="p-1", circumstances=later, matter=MATTER_ID)
    assert again.id == a_draft().id
    assert a_draft(2).id != a_draft().id


def test_a_record_belongs_to_a_matter() -> None:
    """Without finding or matter there is no record."""
    with pytest.raises(ValueError, match="matter"):
        capture_draft(a_capture(), poll_id="p-1", circumstances=circumstances())


def _poll(outcome: PollOutcome = PollOutcome.OK) -> Poll:
    return Poll(
        id="p-1",
        source="gull",
        started_at=START,
        finished_at=START + timedelta(seconds=9),
        outcome=outcome,
        location="http://gull.example/",
        pages=3,
        items=40,
        is_complete=True,
    )


def test_an_absence_is_stated_with_its_coverage() -> None:
    """What was not found is said together with what was looked at."""
    absence = Absence("p-1", "f-1", START, Via.TOR)
    draft = absence_draft(absence, _poll(), matter=MATTER_ID, circumstances=circumstances())
    assert draft.finding_id == "f-1"
    assert draft.facts["what"]["pages"] == 3
    assert draft.facts["what"]["is_complete"] is True
    assert draft.facts["when"]["looked_at"] == "2026-01-05T03:00:00.250000Z"
    assert record_sha256(1, draft, "")


def test_no_answer_is_no_absence() -> None:
    """A failed poll, or another poll, proves nothing about what was there."""
    for absence, poll in (
        (Absence("p-1", "f-1", START, Via.TOR), _poll(PollOutcome.FAILED)),
        (Absence("p-2", "f-1", START, Via.TOR), _poll()),
    ):
        with pytest.raises(ValueError, match="absence"):
            absence_draft(absence, poll, matter=MATTER_ID, circumstances=circumstances())
