"""``leakwatch matters``: list, check."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from leakwatch.cli.invocation import settings_of
from leakwatch.cli.render import Output
from leakwatch.errors import EntityUnknown
from leakwatch.model.matter import Matter, OrderVersion

matters = typer.Typer(help="Legal matters and their orders.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def register(app: typer.Typer) -> None:
    app.add_typer(matters, name="matters")


@matters.command("list")
def list_matters(context: typer.Context, as_json: AsJson = False) -> None:
    """List the configured matters.

    Example: leakwatch matters list
    """
    from leakwatch.places import load_places

    found = load_places(settings_of(context)).matters
    output = Output(as_json=as_json)
    if as_json:
        for matter in found:
            output.record(_summary(matter))
        return
    output.table(
        ("matter", "case", "title", "orders", "payload", "recipients"),
        [
            (m.id, m.case_ref, m.title, len(m.orders), m.payload.value, len(m.recipients))
            for m in found
        ],
    )


@matters.command()
def check(
    context: typer.Context,
    matter: Annotated[str | None, typer.Argument(help="Only this matter.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what each matter allows leakwatch to conclude, and what it lacks.

    Example: leakwatch matters check
    """
    from leakwatch.places import load_places

    found = load_places(settings_of(context)).matters
    chosen = [m for m in found if matter in (None, m.id)]
    if not chosen and matter is not None:
        known = ", ".join(m.id for m in found) or "none"
        raise EntityUnknown(f"no matter {matter!r}; configured: {known}")
    output = Output(as_json=as_json)
    now = datetime.now(UTC)
    for one in chosen:
        warnings = one.gaps(now)
        if as_json:
            output.record({**_summary(one), "warnings": warnings})
            continue
        output.text(f"{one.id}: {one.title}")
        for order in one.orders:
            output.text(f"  {_order_line(order)}")
        for warning in warnings:
            output.text(f"  - {warning}")
        if not warnings:
            output.text("  nothing is missing")


def _order_line(order: OrderVersion) -> str:
    acts = ", ".join(sorted({act.code.value for act in order.acts})) or "no acts"
    verified = f"verified by {order.verified_by}" if order.is_verified else "NOT VERIFIED"
    return (
        f"order {order.order_id} v{order.version} ({order.kind.value}), "
        f"from {order.effective_from:%Y-%m-%d %H:%M}Z, {verified}; acts: {acts}"
    )


def _summary(matter: Matter) -> dict[str, Any]:
    return {
        "id": matter.id,
        "case_ref": matter.case_ref,
        "title": matter.title,
        "corpora": matter.corpora,
        "payload": matter.payload,
        "orders": [
            {
                "order_id": order.order_id,
                "version": order.version,
                "kind": order.kind.value,
                "effective_from": order.effective_from.isoformat(),
                "is_verified": order.is_verified,
                "acts": sorted({act.code.value for act in order.acts}),
            }
            for order in matter.orders
        ],
        "recipients": len(matter.recipients),
    }
