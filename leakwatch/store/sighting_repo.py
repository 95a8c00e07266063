"""Sightings: what was seen, as sketches, and which corpora it was matched against."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, Table, and_, bindparam, func, insert, or_, select, update

from leakwatch.errors import Conflict
from leakwatch.model.fingerprint import ExactDigests
from leakwatch.model.sighting import Sighting, StoredArtefact, StoredListing
from leakwatch.ports import SightingQuery
from leakwatch.store.tables import (
    corpus_generations,
    sighted_artefacts,
    sighted_listings,
    sightings,
)
from leakwatch.store.transaction import Row, Transaction

_LENGTH = struct.Struct("<I")


class SqlSightings:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def generation(self, matter: str, corpora: str, now: datetime) -> int:
        """Return the number of this state of a matter's corpora; a new one gets the next."""
        of_matter = corpus_generations.c.matter == matter
        same = select(corpus_generations.c.number).where(
            of_matter, corpus_generations.c.corpora == corpora
        )
        known = await self._tx.scalar(same)
        if known is None:
            await self._tx.take_turn(f"corpora {matter}")
            known = await self._tx.scalar(same)
        if known is None:
            newest = select(func.max(corpus_generations.c.number)).where(of_matter)
            known = (await self._tx.scalar(newest) or 0) + 1
            row = {"matter": matter, "number": known, "corpora": corpora, "first_used_at": now}
            await self._tx.run(insert(corpus_generations).values(**row))
        return int(known)

    async def add(self, sighting: Sighting, now: datetime) -> None:
        """Keep a sighting; idempotent by its id."""
        generation = await self.generation(sighting.matter, sighting.corpora, now)
        adding = self._tx.insert(sightings).values(**_row(sighting, generation))
        if not await self._tx.run(adding.on_conflict_do_nothing(index_elements=["id"])):
            return
        await self._tx.run_many(
            insert(sighted_artefacts),
            [_artefact_row(sighting.id, n, one) for n, one in enumerate(sighting.artefacts)],
        )
        await self._tx.run_many(
            insert(sighted_listings),
            [
                {
                    "sighting_id": sighting.id,
                    "number": number,
                    "capture_id": listing.capture_id,
                    "lines": listing.lines,
                }
                for number, listing in enumerate(sighting.listings)
            ],
        )

    async def count(self, query: SightingQuery) -> int:
        counting = _wanted(query, select(func.count()).select_from(sightings))
        return int(await self._tx.scalar(counting))

    async def batch(
        self, query: SightingQuery, *, limit: int, artefacts: int
    ) -> Sequence[Sighting]:
        """Return the next sightings by time observed, with what is kept of each."""
        number = corpus_generations.c.number
        joined = and_(
            corpus_generations.c.matter == sightings.c.matter, number == sightings.c.generation
        )
        wanted = select(sightings, corpus_generations.c.corpora).join(corpus_generations, joined)
        wanted = _wanted(query, wanted).order_by(sightings.c.observed_at, sightings.c.id)
        heads = await self._tx.all(wanted.limit(limit))
        taken, room = 0, artefacts
        for head in heads:
            room -= head["artefacts"]
            if taken and room < 0:
                break
            taken += 1
        names = [head["id"] for head in heads[:taken]]
        kept = await self._children(sighted_artefacts, names)
        listed = await self._children(sighted_listings, names)
        return [
            _sighting(head, kept.get(head["id"], ()), listed.get(head["id"], ()))
            for head in heads[:taken]
        ]

    async def _children(self, table: Table, names: Sequence[str]) -> dict[str, list[Row]]:
        rows = await self._tx.all(
            select(table)
            .where(table.c.sighting_id.in_(names))
            .order_by(table.c.sighting_id, table.c.number)
        )
        by_sighting = itemgetter("sighting_id")
        return {name: list(group) for name, group in groupby(rows, by_sighting)}

    async def stamp(self, names: Collection[str], generation: int) -> None:
        """Record that these were matched against a generation, unless against a later one."""
        await self._tx.run_many(
            update(sightings)
            .where(sightings.c.id == bindparam("key"), sightings.c.generation < generation)
            .values(generation=generation),
            [{"key": name} for name in names],
        )

    async def claim(
        self, matter: str, generation: int, owner: str, *, now: datetime, until: datetime
    ) -> None:
        """Take, or go on holding, the turn to match against a generation; see the port."""
        turn = corpus_generations.c
        is_free = or_(turn.lease_until.is_(None), turn.lease_until <= now)
        claiming = (
            update(corpus_generations)
            .where(turn.matter == matter, turn.number == generation)
            .where(or_(is_free, turn.lease_owner == owner))
            .values(lease_owner=owner, lease_until=until)
        )
        if not await self._tx.run(claiming):
            raise Conflict(
                f"what was seen for matter {matter} is being matched anew already",
                hint="a daemon or another command is at it; wait, or look at its log",
            )

    async def release(self, matter: str, generation: int, owner: str) -> None:
        """Give the turn back; harmless if it was lost."""
        turn = corpus_generations.c
        await self._tx.run(
            update(corpus_generations)
            .where(turn.matter == matter, turn.number == generation, turn.lease_owner == owner)
            .values(lease_owner=None, lease_until=None)
        )

    async def shown(self, source: str) -> Mapping[str, datetime | None]:
        """Return each location sighted at a source with the time since which it is gone."""
        columns = (sightings.c.location, func.max(sightings.c.gone_since).label("gone_since"))
        rows = await self._tx.all(
            select(*columns).where(sightings.c.source == source).group_by(sightings.c.location)
        )
        return {row["location"]: row["gone_since"] for row in rows}

    async def mark_gone(
        self, source: str, locations: Collection[str], since: datetime | None
    ) -> None:
        """Record since when locations are gone; None for those that are shown again."""
        await self._tx.run_many(
            update(sightings)
            .where(sightings.c.source == source, sightings.c.location == bindparam("key"))
            .values(gone_since=since),
            [{"key": location} for location in locations],
        )


def _wanted(query: SightingQuery, wanted: Select[Any]) -> Select[Any]:
    columns = sightings.c
    wanted = wanted.where(columns.matter == query.matter)
    if query.below is not None:
        wanted = wanted.where(columns.generation < query.below)
    if query.since is not None:
        wanted = wanted.where(columns.observed_at >= query.since)
    if query.after is not None:
        at, name = query.after
        behind = and_(columns.observed_at == at, columns.id > name)
        wanted = wanted.where(or_(columns.observed_at > at, behind))
    return wanted


def _row(sighting: Sighting, generation: int) -> Row:
    schemes = [a.scheme for a in sighting.artefacts] + [x.scheme for x in sighting.listings]
    return {
        "id": sighting.id,
        "matter": sighting.matter,
        "source": sighting.source,
        "location": sighting.location,
        "observed_at": sighting.observed_at,
        "generation": generation,
        "scheme": schemes[0] if schemes else "",
        "artefacts": len(sighting.artefacts),
        "observation": dict(sighting.observation),
        "gone_since": sighting.gone_since,
    }


def _artefact_row(sighting: str, number: int, kept: StoredArtefact) -> Row:
    return {
        "sighting_id": sighting,
        "number": number,
        "capture_id": kept.capture_id,
        "ordinal": kept.ordinal,
        "kind": kept.kind,
        "size_bytes": kept.size_bytes,
        "raw_hmac": kept.digests.raw,
        "text_hmac": kept.digests.text,
        "letters": kept.digests.letters,
        "error": kept.error,
        "sketches": b"".join(_LENGTH.pack(len(one)) + one for one in kept.sketches),
        "pictures": kept.pictures or None,
    }


def _sighting(head: Row, kept: Sequence[Row], listed: Sequence[Row]) -> Sighting:
    scheme = head["scheme"]
    return Sighting(
        id=head["id"],
        matter=head["matter"],
        source=head["source"],
        location=head["location"],
        observed_at=head["observed_at"],
        corpora=head["corpora"],
        observation=head["observation"],
        artefacts=tuple(_artefact(row, scheme) for row in kept),
        listings=tuple(StoredListing(r["capture_id"], scheme, bytes(r["lines"])) for r in listed),
        gone_since=head["gone_since"],
    )


def _artefact(row: Row, scheme: str) -> StoredArtefact:
    return StoredArtefact(
        capture_id=row["capture_id"],
        ordinal=row["ordinal"],
        kind=row["kind"],
        size_bytes=row["size_bytes"],
        digests=ExactDigests(row["raw_hmac"], row["text_hmac"], row["letters"]),
        scheme=scheme,
        sketches=tuple(_apart(bytes(row["sketches"]))),
        pictures=bytes(row["pictures"] or b""),
        error=row["error"],
    )


def _apart(framed: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(framed):
        try:
            (length,) = _LENGTH.unpack_from(framed, place)
        except struct.error:
            # A damaged row must not hold up the others: this is no sketch, and is said to be none.
            yield b""
            return
        place += _LENGTH.size + length
        yield framed[place - length : place]
