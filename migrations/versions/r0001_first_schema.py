"""The first schema: sources, matters, findings, captures, the ledger, alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "leakwatch_0001"
down_revision = None
branch_labels = None
depends_on = None


TIME = sa.DateTime(timezone=True)
SHA256 = sa.String(64)


def upgrade() -> None:
    _create_sources()
    _create_matters()
    _create_findings()
    _create_captures()
    _create_sightings()
    _create_evidence()
    _create_alerts()


def downgrade() -> None:
    """Drop what ``upgrade`` made, children first; every row goes with it."""
    for table in (
        "outbox",
        "alerts",
        "evidence_records",
        "absences",
        "matches",
        "artefacts",
        "captures",
        "finding_events",
        "findings",
        "corpora",
        "order_versions",
        "matters",
        "polls",
        "locations",
        "sources",
    ):
        op.drop_table(table)


def _create_sources() -> None:
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("spec_sha256", SHA256, nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("interval_s", sa.Float(), nullable=False),
        sa.Column("next_poll_at", TIME, nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("health_since", TIME, nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("last_poll_at", TIME, nullable=True),
        sa.Column("last_success_at", TIME, nullable=True),
        sa.Column("last_item_count", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sources")),
    )
    op.create_index(
        op.f("ix_sources_is_enabled_next_poll_at"), "sources", ["is_enabled", "next_poll_at"]
    )
    op.create_table(
        "locations",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source"], ["sources.name"], name=op.f("fk_locations_source_sources")
        ),
        sa.PrimaryKeyConstraint("source", "position", name=op.f("pk_locations")),
    )
    op.create_table(
        "polls",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name=op.f("fk_polls_source_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_index(op.f("ix_polls_source_started_at"), "polls", ["source", "started_at"])


def _create_matters() -> None:
    op.create_table(
        "matters",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("case_ref", sa.Text(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matters")),
    )
    op.create_table(
        "order_versions",
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", TIME, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("verified_at", TIME, nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["matter"], ["matters.id"], name=op.f("fk_order_versions_matter_matters")
        ),
        sa.PrimaryKeyConstraint("matter", "order_id", "version", name=op.f("pk_order_versions")),
    )
    op.create_table(
        "corpora",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", SHA256, nullable=False),
        sa.Column("info", sa.Text(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_corpora")),
    )


def _create_findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("documents_told", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("last_absent_at", TIME, nullable=True),
        sa.Column("claimed_posted_at", TIME, nullable=True),
        sa.Column("gone_since", TIME, nullable=True),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["matter"], ["matters.id"], name=op.f("fk_findings_matter_matters")
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["sources.name"], name=op.f("fk_findings_source_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_matter_severity"), "findings", ["matter", "severity"])
    op.create_index(
        op.f("ix_findings_severity_last_seen_at"), "findings", ["severity", "last_seen_at"]
    )
    op.create_index(op.f("ix_findings_source_gone_since"), "findings", ["source", "gone_since"])
    op.create_table(
        "finding_events",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.id"], name=op.f("fk_finding_events_finding_id_findings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_events")),
    )
    op.create_index(op.f("ix_finding_events_finding_id"), "finding_events", ["finding_id"])


def _create_captures() -> None:
    op.create_table(
        "captures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("poll_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("first_byte_at", TIME, nullable=False),
        sa.Column("completed_at", TIME, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.ForeignKeyConstraint(
            ["source"], ["sources.name"], name=op.f("fk_captures_source_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
    )
    op.create_index(op.f("ix_captures_poll_id"), "captures", ["poll_id"])
    op.create_index(op.f("ix_captures_source_requested_at"), "captures", ["source", "requested_at"])
    op.create_table(
        "artefacts",
        sa.Column("capture_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("raw_hmac", sa.Text(), nullable=False),
        sa.Column("text_hmac", sa.Text(), nullable=True),
        sa.Column("letters", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["capture_id"],
            ["captures.id"],
            name=op.f("fk_artefacts_capture_id_captures"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("capture_id", "ordinal", name=op.f("pk_artefacts")),
    )


def _create_sightings() -> None:
    op.create_table(
        "matches",
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("corpus", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("capture_id", sa.Text(), nullable=False),
        sa.Column("artefact_ordinal", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("stolen_in_leak", sa.Float(), nullable=True),
        sa.Column("leak_in_stolen", sa.Float(), nullable=True),
        sa.Column("jaccard", sa.Float(), nullable=True),
        sa.Column("passage_chars", sa.BigInteger(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["findings.id"],
            name=op.f("fk_matches_finding_id_findings"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "finding_id",
            "corpus",
            "file",
            "capture_id",
            "artefact_ordinal",
            "method",
            name=op.f("pk_matches"),
        ),
    )
    op.create_table(
        "absences",
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("poll_id", sa.Text(), nullable=False),
        sa.Column("looked_at", TIME, nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["findings.id"],
            name=op.f("fk_absences_finding_id_findings"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("finding_id", "poll_id", name=op.f("pk_absences")),
    )


def _create_evidence() -> None:
    op.create_table(
        "evidence_records",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("capture_id", sa.Text(), nullable=True),
        sa.Column("finding_id", sa.Text(), nullable=True),
        sa.Column("sealed_path", sa.Text(), nullable=True),
        sa.Column("sealed_sha256", SHA256, nullable=True),
        sa.Column("sealed_size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sealed_recipients", sa.Text(), nullable=True),
        sa.Column("previous_sha256", SHA256, nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["findings.id"],
            name=op.f("fk_evidence_records_finding_id_findings"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["matter"], ["matters.id"], name=op.f("fk_evidence_records_matter_matters")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_evidence_records")),
        sa.UniqueConstraint("id", name=op.f("uq_evidence_records_id")),
        sa.UniqueConstraint("previous_sha256", name=op.f("uq_evidence_records_previous_sha256")),
    )
    op.create_index(op.f("ix_evidence_records_finding_id"), "evidence_records", ["finding_id"])


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("composed_at", TIME, nullable=False),
        sa.Column("acknowledged_at", TIME, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["findings.id"],
            name=op.f("fk_alerts_finding_id_findings"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["matter"], ["matters.id"], name=op.f("fk_alerts_matter_matters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_finding_id"), "alerts", ["finding_id"])
    op.create_index(op.f("ix_alerts_matter_composed_at"), "alerts", ["matter", "composed_at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_outbox_alert_id_alerts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_alert_id"), "outbox", ["alert_id"])
    op.create_index(op.f("ix_outbox_state_next_attempt_at"), "outbox", ["state", "next_attempt_at"])
