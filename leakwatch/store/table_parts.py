"""What the tables are made of: their metadata, names of constraints, references."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKeyConstraint, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

SHA256 = String(64)
# SQLite numbers rows by itself for INTEGER alone, not for BIGINT.
ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def belongs_to(
    parent: str, column: str, *, late: bool = False, goes_with: bool = False
) -> ForeignKeyConstraint:
    """Refer ``column`` to its parent's key; ``late`` checks at commit, so order is free.

    What ``goes_with`` its parent is deleted with it.
    """
    key = {"sources": "name"}.get(parent, "id")
    return ForeignKeyConstraint(
        [column],
        [f"{parent}.{key}"],
        ondelete="CASCADE" if goes_with else None,
        deferrable=True if late else None,
        initially="DEFERRED" if late else None,
    )
