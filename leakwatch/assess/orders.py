"""Which order versions govern a moment, and since when an act was covered.

Of each order the version that took effect last governs, verified or not: a
variation replaces what it varies. So an unverified new version suspends what
the old one would have said, until a named lawyer has looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leakwatch.model.matter import ActCode, OrderKind, OrderVersion


def governing(orders: Sequence[OrderVersion], at: datetime) -> tuple[OrderVersion, ...]:
    """Return the version of each order that governs a moment, ended ones too.

    Of two versions that took effect together the higher one counts.
    """
    latest: dict[str, OrderVersion] = {}
    for order in orders:
        if order.effective_from <= at:
            known = latest.get(order.order_id)
            if known is None or _turn(known) < _turn(order):
                latest[order.order_id] = order
    return tuple(latest.values())


def has_ended(order: OrderVersion, at: datetime) -> bool:
    """Whether a governing version is a discharge, or ran out before a moment.

    An end that nobody verified is no end: it leaves the version unverified,
    which a person hears of, and does not silence the matter.
    """
    if not order.is_verified:
        return False
    is_expired = order.expires_at is not None and order.expires_at <= at
    return is_expired or order.kind is OrderKind.DISCHARGED


def covered_since(orders: Sequence[OrderVersion], order: OrderVersion, *codes: ActCode) -> datetime:
    """Return from when on the order has covered one of the acts without a break.

    A variation or continuation carries on what verified versions before it
    covered; the moment it took effect is not when the act became prohibited.
    """
    since = order.effective_from
    earlier = [o for o in orders if o.order_id == order.order_id and _turn(o) < _turn(order)]
    for before in sorted(earlier, key=_turn, reverse=True):
        is_broken = before.expires_at is not None and before.expires_at < since
        is_discharge = before.kind is OrderKind.DISCHARGED
        if is_broken or is_discharge or not before.is_verified or before.act(*codes) is None:
            break
        since = before.effective_from
    return since


def label(order: OrderVersion) -> str:
    return f"{order.order_id} v{order.version}"


def _turn(order: OrderVersion) -> tuple[datetime, int]:
    return order.effective_from, order.version
