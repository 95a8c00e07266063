"""What was seen is kept as sketches, to be matched anew; matches say more.

Revision ID: leakwatch_0002
Revises: leakwatch_0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "leakwatch_0002"
down_revision = "leakwatch_0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
SHA256 = sa.String(length=64)
OF_A_MATCH = (
    ("passages", sa.Text()),
    ("passage_count", sa.Integer()),
    ("passage_total_chars", sa.BigInteger()),
    ("shared_unique", sa.Float()),
    ("chance", sa.Float()),
    ("chance_basis", sa.BigInteger()),
    ("artefact_letters", sa.BigInteger()),
)


def upgrade() -> None:
    for name, kind in OF_A_MATCH:
        op.add_column("matches", sa.Column(name, kind, nullable=True))
    _create_generations()
    _create_sightings()
    _create_artefacts()
    _create_listings()


def downgrade() -> None:
    for table in ("sighted_listings", "sighted_artefacts", "sightings", "corpus_generations"):
        op.drop_table(table)
    for name, _ in reversed(OF_A_MATCH):
        op.drop_column("matches", name)


def _create_generations() -> None:
    op.create_table(
        "corpus_generations",
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("corpora", SHA256, nullable=False),
        sa.Column("first_used_at", TIME, nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["matter"], ["matters.id"], name=op.f("fk_corpus_generations_matter_matters")
        ),
        sa.PrimaryKeyConstraint("matter", "number", name=op.f("pk_corpus_generations")),
        sa.UniqueConstraint("matter", "corpora", name=op.f("uq_corpus_generations_matter_corpora")),
    )


def _create_sightings() -> None:
    op.create_table(
        "sightings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("observed_at", TIME, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("artefacts", sa.Integer(), nullable=False),
        sa.Column("observation", sa.Text(), nullable=False),
        sa.Column("gone_since", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["matter", "generation"],
            ["corpus_generations.matter", "corpus_generations.number"],
            name=op.f("fk_sightings_matter_corpus_generations"),
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["sources.name"], name=op.f("fk_sightings_source_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
    )
    op.create_index(op.f("ix_sightings_matter_observed_at"), "sightings", ["matter", "observed_at"])
    op.create_index(op.f("ix_sightings_matter_generation"), "sightings", ["matter", "generation"])
    op.create_index(
        op.f("ix_sightings_source_location_gone_since"),
        "sightings",
        ["source", "location", "gone_since"],
    )


def _create_artefacts() -> None:
    op.create_table(
        "sighted_artefacts",
        sa.Column("sighting_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("raw_hmac", sa.Text(), nullable=False),
        sa.Column("text_hmac", sa.Text(), nullable=True),
        sa.Column("letters", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sketches", sa.LargeBinary(), nullable=False),
        sa.Column("pictures", sa.LargeBinary(), nullable=True),
        *_parents("sighted_artefacts"),
        sa.PrimaryKeyConstraint("sighting_id", "number", name=op.f("pk_sighted_artefacts")),
    )
    op.create_index(op.f("ix_sighted_artefacts_capture_id"), "sighted_artefacts", ["capture_id"])


def _create_listings() -> None:
    op.create_table(
        "sighted_listings",
        sa.Column("sighting_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.Text(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        *_parents("sighted_listings"),
        sa.PrimaryKeyConstraint("sighting_id", "number", name=op.f("pk_sighted_listings")),
    )
    op.create_index(op.f("ix_sighted_listings_capture_id"), "sighted_listings", ["capture_id"])


def _parents(table: str) -> list[sa.ForeignKeyConstraint]:
    """Return what a row of the table goes with when it is deleted."""
    return [
        sa.ForeignKeyConstraint(
            [column],
            [f"{parent}.id"],
            name=op.f(f"fk_{table}_{column}_{parent}"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        )
        for column, parent in (("sighting_id", "sightings"), ("capture_id", "captures"))
    ]
