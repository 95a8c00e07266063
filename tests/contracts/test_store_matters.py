"""Every implementation of ``MatterRepository`` and ``CorpusRepository``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from leakwatch.errors import Conflict
from leakwatch.model.matter import ActMode, OrderKind, Tri
from leakwatch.ports import Store
from tests.support.store import MATTER, NOW, a_matter, after, an_order


async def test_sync_returns_a_version_once_and_keeps_it_for_ever(store: Store) -> None:
    """New versions are what open findings must be assessed under again."""
    first, second = an_order(), an_order(2, kind=OrderKind.VARIED, effective_from=after(60))
    async with store.begin() as uow:
        assert await uow.matters.sync([a_matter(first)], NOW) == [first]
        assert await uow.matters.sync([a_matter(first)], after(1)) == []
        assert await uow.matters.sync([a_matter(first, second)], after(2)) == [second]
        assert await uow.matters.sync([a_matter(second, title="Renamed")], after(3)) == []
        assert await uow.matters.order_history(MATTER) == [first, second]
        assert await uow.matters.order_history("nothing") == []


async def test_an_order_comes_back_as_it_was_recorded(store: Store) -> None:
    """Every field survives, and a time given in New Zealand's zone is the same moment."""
    nzdt = timezone(timedelta(hours=13))
    order = an_order(
        made_at=datetime(2026, 3, 2, 9, 30, tzinfo=nzdt),
        expires_at=after(86_400),
        applies_to_prior_publication=Tri.NO,
        sealed_copy_sha256="ab" * 32,
    )
    required = replace(order.acts[0], mode=ActMode.REQUIRE, quote="“any part”")
    order = replace(order, acts=(required, order.acts[1]))
    bare = an_order(2, acts=(), made_at=None, verified_by=None, verified_at=None, bound="")
    async with store.begin() as uow:
        await uow.matters.sync([a_matter(order, bare)], NOW)
        assert await uow.matters.order_history(MATTER) == [order, bare]
        assert await uow.matters.sync([a_matter(order, bare)], NOW) == []


@pytest.mark.parametrize(
    "change",
    [
        {"effective_from": after(1)},
        {"acts": ()},
        {"applies_to_prior_publication": Tri.YES},
        {"verified_by": "Somebody Else"},
        {"verified_by": None, "verified_at": None},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_recorded_version_cannot_be_changed(store: Store, change: dict[str, Any]) -> None:
    """What an alert said of an order stays true: a change is a new version."""
    async with store.begin() as uow:
        await uow.matters.sync([a_matter(an_order())], NOW)
    with pytest.raises(Conflict, match="HC-2026-1 v1") as caught:
        async with store.begin() as uow:
            await uow.matters.sync([a_matter(an_order(**change))], after(1))
    assert "add a new version" in (caught.value.hint or "")
    async with store.begin() as uow:
        assert await uow.matters.order_history(MATTER) == [an_order()]


async def test_a_lawyer_may_verify_a_version_after_it_was_recorded(store: Store) -> None:
    """Verification changes what may be said, so the version is returned again, once."""
    unverified = an_order(verified_by=None, verified_at=None)
    async with store.begin() as uow:
        assert await uow.matters.sync([a_matter(unverified)], NOW) == [unverified]
        assert await uow.matters.sync([a_matter(an_order())], after(1)) == [an_order()]
        assert await uow.matters.sync([a_matter(an_order())], after(2)) == []
        assert await uow.matters.order_history(MATTER) == [an_order()]


async def test_two_matters_may_have_orders_of_one_name(store: Store) -> None:
    """An order belongs to its matter."""
    other = an_order(bound="somebody else")
    async with store.begin() as uow:
        new = await uow.matters.sync([a_matter(an_order()), a_matter(other, id="other")], NOW)
        assert new == [an_order(), other]
        assert await uow.matters.order_history("other") == [other]


async def test_a_corpus_is_new_when_its_manifest_changes(store: Store) -> None:
    """A changed corpus is what earlier captures would be matched against again."""
    async with store.begin() as uow:
        sync = uow.corpora.sync
        assert await sync("harbour", "aa" * 32, {"files": 3}, NOW)
        assert not await sync("harbour", "aa" * 32, {"files": 3}, after(1))
        assert await sync("harbour", "bb" * 32, {"files": 4, "key_id": "k"}, after(2))
        assert await sync("annexe", "cc" * 32, {}, after(3))
        annexe, harbour = await uow.corpora.all()
    assert annexe["name"] == "annexe"
    assert dict(harbour) == {
        "name": "harbour",
        "manifest_sha256": "bb" * 32,
        "info": {"files": 4, "key_id": "k"},
        "recorded_at": NOW,
        "updated_at": after(2),
    }
