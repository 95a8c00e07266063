"""No fact of a record is left out of its table."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sqlalchemy import Table

from leakwatch.model.alert import Alert, Delivery
from leakwatch.model.capture import Absence, Poll
from leakwatch.model.finding import Finding, FindingEvent
from leakwatch.model.match import Match
from leakwatch.model.source import SourceState
from leakwatch.store import tables


@pytest.mark.parametrize(
    ("record", "table"),
    [
        (Absence, tables.absences),
        (Alert, tables.alerts),
        (Delivery, tables.outbox),
        (Finding, tables.findings),
        (FindingEvent, tables.finding_events),
        (Match, tables.matches),
        (Poll, tables.polls),
        (SourceState, tables.sources),
    ],
)
def test_every_field_has_a_column(record: type, table: Table) -> None:
    """A field with a default, added without a column, would be forgotten in silence."""
    assert {field.name for field in fields(record)} <= set(table.c.keys())


def test_no_column_could_hold_content_or_a_name_out_of_an_artefact() -> None:
    """The store may be lost to a thief: it says where, when and how sure, not what."""
    kept = (
        tables.captures,
        tables.artefacts,
        tables.sightings,
        tables.sighted_artefacts,
        tables.sighted_listings,
    )
    seen = {column.name for table in kept for column in table.c}
    assert not seen & {"body", "text", "name", "path", "headers", "final_url", "title"}
