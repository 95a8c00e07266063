"""The example matter shows every field, loads, and is harmless as it stands."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from pathlib import Path

import pytest

from leakwatch.assess.assessor import assess
from leakwatch.errors import SealFailed
from leakwatch.evidence.seal import AgeSealer
from leakwatch.model.finding import Outcome
from leakwatch.model.matter import Act, Authorisation, Matter, OrderVersion, Recipient
from leakwatch.settings.matters import MatterFile
from tests.support.evidence import a_capture
from tests.support.facts import EFFECTIVE, HOUR, facts, match

EXAMPLE = Path(__file__).resolve().parents[2] / "config/matters/fictional-clinic.example.toml"
NOW = EFFECTIVE + 24 * HOUR


@pytest.fixture
def matter() -> Matter:
    raw = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    return MatterFile.model_validate(raw).matter()


@pytest.mark.parametrize("record", [Matter, OrderVersion, Act, Recipient, Authorisation])
def test_every_field_is_shown(record: type) -> None:
    """Each field stands in the example, set or as a comment to uncomment."""
    keys = {
        line.lstrip("# []").partition("=")[0].strip().removeprefix("orders.").rstrip("]")
        for line in EXAMPLE.read_text(encoding="utf-8").splitlines()
    }
    assert {f.name for f in fields(record)} - keys == set()


def test_the_example_concludes_nothing_until_a_lawyer_signs(matter: Matter) -> None:
    """Copied as it is, it calls nothing an apparent breach; verified, it does."""
    known = facts(match(), seen=NOW)
    assert assess(known, matter.orders, now=NOW).outcome is Outcome.REVIEW_ORDER
    (order,) = matter.orders
    signed = replace(order, verified_by="L. Lawyer", verified_at=NOW)
    assert assess(known, [signed], now=NOW).outcome is Outcome.BREACH_PUBLICATION


def test_the_placeholder_key_seals_nothing(matter: Matter, tmp_path: Path) -> None:
    """A key that nobody holds must not swallow evidence."""
    with pytest.raises(SealFailed):
        AgeSealer(tmp_path).seal(matter, [a_capture()])


def test_the_example_fetches_no_files(matter: Matter) -> None:
    """Metadata only is the start, whatever leave has been given."""
    assert not matter.may_fetch_payload(NOW)
