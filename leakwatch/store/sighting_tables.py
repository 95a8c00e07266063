"""The tables of what was seen, kept as fingerprints to be matched anew.

What is kept of an artefact goes with its capture's row (ON DELETE CASCADE).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from leakwatch.store.columns import ForeignText, JsonText, UtcTime
from leakwatch.store.table_parts import SHA256, belongs_to, metadata

# The states that a matter's corpora were in, numbered as they came into use.
corpus_generations = Table(
    "corpus_generations",
    metadata,
    Column("matter", Text, nullable=False),
    Column("number", Integer, nullable=False),
    # Digest of the corpora by name and manifest digest.
    Column("corpora", SHA256, nullable=False),
    Column("first_used_at", UtcTime, nullable=False),
    # Who matches what was seen before against it.
    Column("lease_owner", Text),
    Column("lease_until", UtcTime),
    PrimaryKeyConstraint("matter", "number"),
    UniqueConstraint("matter", "corpora"),
    belongs_to("matters", "matter"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("id", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("location", ForeignText, nullable=False),
    Column("observed_at", UtcTime, nullable=False),
    # The corpora that it was last matched against.
    Column("generation", Integer, nullable=False),
    # Key and recipe of what is kept of its artefacts and listings.
    Column("scheme", Text, nullable=False),
    Column("artefacts", Integer, nullable=False),
    Column("observation", JsonText, nullable=False),
    Column("gone_since", UtcTime),
    PrimaryKeyConstraint("id"),
    belongs_to("sources", "source"),
    ForeignKeyConstraint(
        ["matter", "generation"], ["corpus_generations.matter", "corpus_generations.number"]
    ),
    Index(None, "matter", "observed_at"),
    Index(None, "matter", "generation"),
    Index(None, "source", "location", "gone_since"),
)

sighted_artefacts = Table(
    "sighted_artefacts",
    metadata,
    Column("sighting_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("capture_id", Text, nullable=False),
    Column("ordinal", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("raw_hmac", Text, nullable=False),
    Column("text_hmac", Text),
    Column("letters", BigInteger, nullable=False),
    Column("error", Text),
    # Sketches one after another, each behind its length.
    Column("sketches", LargeBinary, nullable=False),
    Column("pictures", LargeBinary),
    PrimaryKeyConstraint("sighting_id", "number"),
    belongs_to("sightings", "sighting_id", late=True, goes_with=True),
    belongs_to("captures", "capture_id", late=True, goes_with=True),
    Index(None, "capture_id"),
)

sighted_listings = Table(
    "sighted_listings",
    metadata,
    Column("sighting_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("capture_id", Text, nullable=False),
    # Keyed numbers, line by line.
    Column("lines", LargeBinary, nullable=False),
    PrimaryKeyConstraint("sighting_id", "number"),
    belongs_to("sightings", "sighting_id", late=True, goes_with=True),
    belongs_to("captures", "capture_id", late=True, goes_with=True),
    Index(None, "capture_id"),
)
