"""The table of what was taken over the network."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from leakwatch.store.columns import ForeignText, JsonText, UtcTime
from leakwatch.store.table_parts import belongs_to, metadata

takings = Table(
    "takings",
    metadata,
    Column("id", Text, nullable=False),
    Column("poll_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("location", ForeignText, nullable=False),
    Column("address_hmac", Text, nullable=False),
    Column("began_at", UtcTime, nullable=False),
    # Null until it ended: a killed daemon leaves it so.
    Column("ended_at", UtcTime),
    Column("requests", Integer, nullable=False),
    Column("received_bytes", BigInteger, nullable=False),
    Column("size_bytes", BigInteger),
    Column("content_hmac", Text),
    Column("error", Text),
    Column("things", Integer, nullable=False),
    # Lists of matter, policy, authorisation (or null) and fate.
    Column("grounds", JsonText, nullable=False),
    # Lists of kind, outcome and number.
    Column("artefacts", JsonText, nullable=False),
    PrimaryKeyConstraint("id"),
    belongs_to("sources", "source"),
    Index(None, "source", "began_at"),
)
