"""``leakwatch db``: upgrade, check."""

from __future__ import annotations

import asyncio

import typer

from leakwatch.cli.invocation import settings_of
from leakwatch.cli.render import Output

db = typer.Typer(help="The database's schema.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(db, name="db")


@db.command()
def upgrade(context: typer.Context) -> None:
    """Create the database, or bring it to this version's schema.

    Example: leakwatch db upgrade
    """
    from leakwatch.wiring.storage import upgrade_store

    settings = settings_of(context)
    before, after = asyncio.run(upgrade_store(settings))
    was = before or "empty"
    Output().notice(f"schema {after}: " + ("already there" if was == after else f"was {was}"))


@db.command()
def check(context: typer.Context) -> None:
    """Say whether the database can be used by this version.

    Example: leakwatch db check
    """
    from leakwatch.wiring.storage import open_store

    async def reach() -> None:
        async with open_store(settings_of(context)):
            pass

    asyncio.run(reach())
    Output().notice("the database is reachable and its schema is current")
