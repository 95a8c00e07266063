"""The tables, by noun. Revisions in ``migrations/`` make them; a test holds the two equal.

Provenance columns (``poll_id``, and ``capture_id`` of a match or a record) are
no foreign keys: a poll is recorded when it ends, after its captures; captures
are dropped after their retention while evidence stays; and a match must never
be refused because another row is missing. Parents within one noun, and what
is never deleted, are foreign keys.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from leakwatch.store.columns import ForeignText, JsonText, UtcTime
from leakwatch.store.sighting_tables import (
    corpus_generations,
    sighted_artefacts,
    sighted_listings,
    sightings,
)
from leakwatch.store.table_parts import ROW_NUMBER, SHA256, belongs_to, metadata
from leakwatch.store.taking_tables import takings

__all__ = [
    "corpus_generations",
    "metadata",
    "sighted_artefacts",
    "sighted_listings",
    "sightings",
    "takings",
]

sources = Table(
    "sources",
    metadata,
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("spec_sha256", SHA256, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("interval_s", Float, nullable=False),
    Column("next_poll_at", UtcTime, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", UtcTime),
    Column("checkpoint", JsonText, nullable=False),
    Column("health", Text, nullable=False),
    Column("health_since", UtcTime),
    Column("consecutive_failures", Integer, nullable=False),
    Column("last_poll_at", UtcTime),
    Column("last_success_at", UtcTime),
    Column("last_item_count", Integer),
    Column("last_error", Text),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("name"),
    Index(None, "is_enabled", "next_poll_at"),
)

locations = Table(
    "locations",
    metadata,
    Column("source", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("url", ForeignText, nullable=False),
    PrimaryKeyConstraint("source", "position"),
    belongs_to("sources", "source"),
)

polls = Table(
    "polls",
    metadata,
    Column("id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("location", ForeignText),
    Column("pages", Integer, nullable=False),
    Column("items", Integer, nullable=False),
    Column("is_complete", Boolean, nullable=False),
    Column("error", Text),
    Column("detail", ForeignText),
    PrimaryKeyConstraint("id"),
    belongs_to("sources", "source"),
    Index(None, "source", "started_at"),
)

captures = Table(
    "captures",
    metadata,
    Column("id", Text, nullable=False),
    Column("poll_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("url", ForeignText, nullable=False),
    Column("status", Integer, nullable=False),
    Column("via", Text, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("first_byte_at", UtcTime, nullable=False),
    Column("completed_at", UtcTime, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", SHA256, nullable=False),
    PrimaryKeyConstraint("id"),
    belongs_to("sources", "source"),
    Index(None, "source", "requested_at"),
    Index(None, "poll_id"),
)

artefacts = Table(
    "artefacts",
    metadata,
    Column("capture_id", Text, nullable=False),
    Column("ordinal", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("raw_hmac", Text, nullable=False),
    Column("text_hmac", Text),
    Column("letters", BigInteger, nullable=False),
    Column("error", Text),
    PrimaryKeyConstraint("capture_id", "ordinal"),
    belongs_to("captures", "capture_id", late=True),
)

matters = Table(
    "matters",
    metadata,
    Column("id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("case_ref", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("id"),
)

order_versions = Table(
    "order_versions",
    metadata,
    Column("matter", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("effective_from", UtcTime, nullable=False),
    Column("body", JsonText, nullable=False),
    Column("sha256", SHA256, nullable=False),
    Column("verified_by", Text),
    Column("verified_at", UtcTime),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("matter", "order_id", "version"),
    belongs_to("matters", "matter"),
)

corpora = Table(
    "corpora",
    metadata,
    Column("name", Text, nullable=False),
    Column("manifest_sha256", SHA256, nullable=False),
    Column("info", JsonText, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("name"),
)

findings = Table(
    "findings",
    metadata,
    Column("id", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("location", ForeignText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    # Outcome.severity when saved: a revision that reorders Outcome renumbers these.
    Column("severity", Integer, nullable=False),
    Column("assessment", JsonText, nullable=False),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("documents_told", Integer, nullable=False),
    Column("grade", Text),
    Column("last_absent_at", UtcTime),
    Column("claimed_posted_at", UtcTime),
    Column("gone_since", UtcTime),
    Column("review", Text, nullable=False),
    Column("facts", JsonText),
    PrimaryKeyConstraint("id"),
    belongs_to("matters", "matter"),
    belongs_to("sources", "source"),
    Index(None, "severity", "last_seen_at"),
    Index(None, "matter", "severity"),
    Index(None, "source", "gone_since"),
)

finding_events = Table(
    "finding_events",
    metadata,
    Column("id", ROW_NUMBER, nullable=False, autoincrement=True),
    Column("finding_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", ForeignText, nullable=False),
    PrimaryKeyConstraint("id"),
    belongs_to("findings", "finding_id"),
    Index(None, "finding_id"),
)

matches = Table(
    "matches",
    metadata,
    Column("finding_id", Text, nullable=False),
    Column("corpus", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("capture_id", Text, nullable=False),
    # "-" where a listing matched: a key column cannot be null.
    Column("artefact_ordinal", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("stolen_in_leak", Float),
    Column("leak_in_stolen", Float),
    Column("jaccard", Float),
    Column("passage_chars", BigInteger),
    # [[start, end], ...] in letters of the artefact.
    Column("passages", JsonText),
    Column("passage_count", Integer),
    Column("passage_total_chars", BigInteger),
    Column("shared_unique", Float),
    Column("chance", Float),
    Column("chance_basis", BigInteger),
    Column("artefact_letters", BigInteger),
    Column("reasons", JsonText, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    # Led by finding and file, so that counting known files reads the key alone.
    PrimaryKeyConstraint(
        "finding_id", "corpus", "file", "capture_id", "artefact_ordinal", "method"
    ),
    belongs_to("findings", "finding_id", late=True),
)

absences = Table(
    "absences",
    metadata,
    Column("finding_id", Text, nullable=False),
    Column("poll_id", Text, nullable=False),
    Column("looked_at", UtcTime, nullable=False),
    Column("via", Text, nullable=False),
    PrimaryKeyConstraint("finding_id", "poll_id"),
    belongs_to("findings", "finding_id", late=True),
)

evidence_records = Table(
    "evidence_records",
    metadata,
    Column("seq", BigInteger, nullable=False, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("facts", JsonText, nullable=False),
    Column("capture_id", Text),
    Column("finding_id", Text),
    Column("sealed_path", Text),
    Column("sealed_sha256", SHA256),
    Column("sealed_size_bytes", BigInteger),
    Column("sealed_recipients", JsonText),
    Column("previous_sha256", SHA256, nullable=False),
    Column("sha256", SHA256, nullable=False),
    PrimaryKeyConstraint("seq"),
    UniqueConstraint("id"),
    # No two records may follow the same one, whatever a daemon does.
    UniqueConstraint("previous_sha256"),
    belongs_to("matters", "matter"),
    belongs_to("findings", "finding_id", late=True),
    Index(None, "finding_id"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, nullable=False),
    Column("finding_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("matter", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("subject", ForeignText, nullable=False),
    Column("body", ForeignText, nullable=False),
    Column("composed_at", UtcTime, nullable=False),
    Column("acknowledged_at", UtcTime),
    Column("acknowledged_by", Text),
    Column("note", ForeignText),
    PrimaryKeyConstraint("id"),
    belongs_to("findings", "finding_id", late=True),
    belongs_to("matters", "matter"),
    Index(None, "matter", "composed_at"),
    Index(None, "finding_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, nullable=False),
    Column("alert_id", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("next_attempt_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("sent_at", UtcTime),
    Column("lease_owner", Text),
    Column("lease_until", UtcTime),
    PrimaryKeyConstraint("id"),
    belongs_to("alerts", "alert_id"),
    Index(None, "state", "next_attempt_at"),
    Index(None, "alert_id"),
)
