"""Corpora: which bundles of fingerprints are in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from leakwatch.store.tables import corpora
from leakwatch.store.transaction import Transaction


class SqlCorpora:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def sync(
        self, name: str, manifest_sha256: str, info: Mapping[str, Any], now: datetime
    ) -> bool:
        """Record a corpus in use; return True when its manifest is new or changed."""
        row = {"name": name, "manifest_sha256": manifest_sha256, "info": dict(info)}
        insert = self._tx.insert(corpora).values(**row, recorded_at=now, updated_at=now)
        changing = {key: insert.excluded[key] for key in ("manifest_sha256", "info", "updated_at")}
        changed = await self._tx.run(
            insert.on_conflict_do_update(
                index_elements=["name"],
                set_=changing,
                where=corpora.c.manifest_sha256 != insert.excluded.manifest_sha256,
            )
        )
        return changed > 0

    async def all(self) -> Sequence[Mapping[str, Any]]:
        """Return ``name, manifest_sha256, info, recorded_at, updated_at`` of each, by name."""
        return [dict(row) for row in await self._tx.all(select(corpora).order_by(corpora.c.name))]
