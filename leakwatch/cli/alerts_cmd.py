"""``leakwatch alerts``: list, ack, resend, test."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from leakwatch.cli.invocation import reading, settings_of, writing
from leakwatch.cli.render import Output, iso
from leakwatch.errors import LeakwatchError
from leakwatch.model.alert import Alert, Delivery

alerts = typer.Typer(help="What was told to whom.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
AlertId = Annotated[str, typer.Argument(help="Alert id, or a unique start of one.")]


def register(app: typer.Typer) -> None:
    app.add_typer(alerts, name="alerts")


@alerts.command("list")
def list_alerts(
    context: typer.Context,
    matter: Annotated[str | None, typer.Option(help="Only this matter.")] = None,
    unacknowledged: Annotated[
        bool, typer.Option("--unacknowledged", help="Only those nobody acknowledged.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first, with what became of each delivery.

    Example: leakwatch alerts list --unacknowledged
    """

    async def fetch() -> list[tuple[Alert, Sequence[Delivery]]]:
        async with reading(context) as tx:
            found = await tx.alerts.query(matter=matter, unacknowledged=unacknowledged, limit=limit)
            return [(alert, await tx.alerts.deliveries(alert.id)) for alert in found]

    found = asyncio.run(fetch())
    output = Output(as_json=as_json)
    if as_json:
        for alert, deliveries in found:
            output.record(
                {
                    "id": alert.id,
                    "finding": alert.finding_id,
                    "revision": alert.revision,
                    "matter": alert.matter,
                    "outcome": alert.outcome,
                    "subject": alert.subject,
                    "composed_at": alert.composed_at,
                    "acknowledged_at": alert.acknowledged_at,
                    "acknowledged_by": alert.acknowledged_by,
                    "note": alert.note,
                    "deliveries": [_delivery(d) for d in deliveries],
                }
            )
        return
    output.table(
        ("alert", "composed (UTC)", "outcome", "delivered", "acknowledged"),
        [
            (
                alert.id,
                f"{alert.composed_at:%m-%d %H:%M}",
                alert.outcome.value,
                "; ".join(_delivery_text(d) for d in deliveries),
                alert.acknowledged_by,
            )
            for alert, deliveries in found
        ],
    )


@alerts.command()
def ack(
    context: typer.Context,
    alert: AlertId,
    by: Annotated[str, typer.Option("--by", help="Your name, for the record.")],
    note: Annotated[str | None, typer.Option(help="What you will do about it.")] = None,
) -> None:
    """Acknowledge an alert: it is seen, and by whom.

    Example: leakwatch alerts ack a-7fq --by "L. Lawyer" --note "instructing counsel"
    """

    async def acknowledge() -> Alert:
        async with writing(context) as tx:
            found = await tx.alerts.get(alert)
            return await tx.alerts.acknowledge(found.id, by=by, at=datetime.now(UTC), note=note)

    done = asyncio.run(acknowledge())
    at = iso(done.acknowledged_at) if done.acknowledged_at else "-"
    Output().notice(f"{done.id}: acknowledged by {done.acknowledged_by} at {at}")


@alerts.command()
def resend(context: typer.Context, alert: AlertId) -> None:
    """Queue an alert again to all its recipients, under its old delivery ids.

    Example: leakwatch alerts resend a-7fq
    """

    async def requeue() -> tuple[str, int]:
        async with writing(context) as tx:
            found = await tx.alerts.get(alert)
            return found.id, await tx.alerts.requeue(found.id, datetime.now(UTC))

    name, count = asyncio.run(requeue())
    Output().notice(f"{name}: {count} deliveries queued; the daemon sends them")


@alerts.command("test")
def send_test(
    context: typer.Context,
    matter: Annotated[str | None, typer.Option(help="Only this matter.")] = None,
) -> None:
    """Send a test message to every recipient now, marked as a test.

    Example: leakwatch alerts test --matter kereru-clinic
    """
    from leakwatch.wiring.channels import send_trial

    results = asyncio.run(send_trial(settings_of(context), matter))
    output = Output()
    output.table(
        ("recipient", "channel", "result"),
        [
            (r.recipient, r.channel, "accepted" if r.error is None else r.error.what)
            for r in results
        ],
    )
    failed = [r.error for r in results if r.error is not None]
    if failed:
        raise _first(failed)


def _first(errors: Sequence[LeakwatchError]) -> LeakwatchError:
    return errors[0]


def _delivery(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "recipient": delivery.recipient,
        "channel": delivery.channel,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "last_error": delivery.last_error,
        "sent_at": iso(delivery.sent_at) if delivery.sent_at else None,
        "next_attempt_at": iso(delivery.next_attempt_at),
    }


def _delivery_text(delivery: Delivery) -> str:
    error = f" ({delivery.last_error})" if delivery.last_error else ""
    return f"{delivery.recipient}/{delivery.channel}: {delivery.state.value}{error}"
