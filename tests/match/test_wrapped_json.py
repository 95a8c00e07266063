"""FHIR and other JSON needs no reader of its own: the second reading of a text undoes it."""

from __future__ import annotations

import json

import pytest

from leakwatch.fingerprint.normalise import letters
from leakwatch.match.readings import readings
from leakwatch.unpack.sniff import sniff

NOTE = (
    'Seen again with "pain" in the left knee & hip; temperature < 38.\n'
    "\tJérôme walks 5\\10 m without a stick.\r\nNext visit in two weeks."
)
PATIENT = {"resourceType": "Patient", "name": [{"family": "Invented"}]}


def wrapped(*, ensure_ascii: bool, slashes: bool) -> str:
    markup = NOTE.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br/>\n")
    narrative = {
        "resourceType": "DiagnosticReport",
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><style>p {{}}</style><p>{markup}</p></div>',
        },
        "conclusion": NOTE,
    }
    bundle = {"resourceType": "Bundle", "entry": [{"resource": r} for r in (PATIENT, narrative)]}
    raw = json.dumps(bundle, ensure_ascii=ensure_ascii)
    return raw.replace("/", "\\/") if slashes else raw


@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize("slashes", [True, False])
def test_a_note_in_a_bundle_is_there_word_for_word(ensure_ascii: bool, slashes: bool) -> None:
    """As a string and as narrative markup, escaped the way of any JSON writer."""
    raw = wrapped(ensure_ascii=ensure_ascii, slashes=slashes)
    assert sniff(raw.encode()[:4096]) == "text"
    assert max(reading.count(letters(NOTE)) for reading in readings(raw)) == 2


def test_a_line_of_ndjson_after_the_other() -> None:
    """A bulk export has a resource on each line."""
    lines = [
        json.dumps({"resourceType": "DocumentReference", "description": NOTE}) for _ in range(3)
    ]
    assert max(r.count(letters(NOTE)) for r in readings("\n".join(lines))) == 3


@pytest.mark.parametrize("opened", ["<style>", "<script>", "<!--", "<title>", "<textarea>"])
def test_tags_in_strings_that_are_never_closed_hide_nothing(opened: str) -> None:
    """JSON whose strings hold markup is not read as a page, where they would swallow the rest."""
    rows = [{"body": f"<p>a<p>b<p>{opened}"}, {"body": NOTE}]
    raw = json.dumps(rows)
    assert sniff(raw.encode()[:4096]) == "text"
    assert any(letters(NOTE) in reading for reading in readings(raw))
