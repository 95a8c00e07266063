"""kill -9 at the worst moments, and a database that will not answer."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.deployment import (
    DEADLINE_S,
    Daemon,
    Hold,
    Stage,
    eventually,
    launched,
    running,
    write_locked,
    zipped,
)
from tests.support.smtp import Script, mail_server


async def test_a_queued_mail_survives_a_kill(stage: Stage) -> None:
    """An alert that the mail server put off is delivered once, under its id, after kill -9."""
    refusing = Script(data=["451 4.3.0 not now"] * 1000)
    with mail_server(refusing) as server:
        stage.change(f"port = {stage.mailbox.port}", f"port = {server.port}")
        async with running(stage) as daemon:
            await daemon.until_polled()
            stage.site.publish(zipped(stage.patients))
            await eventually(
                lambda: bool(daemon.events("alert_delayed")), what="a refusal", daemon=daemon
            )
            await daemon.kill()
        (delayed,) = daemon.events("alert_delayed")
        assert delayed["error"] == "delivery_failed"
        stage.change(f"port = {server.port}", f"port = {stage.mailbox.port}")
    assert refusing.accepted == []
    stage.site.retract()
    async with running(stage) as daemon:
        (mail,) = await stage.mail("publication")
        assert mail["X-Leakwatch-Delivery"] == delayed["delivery"]
        assert mail["X-Leakwatch-Alert"] == delayed["alert"]
        await daemon.until_polled("kazu", times=2)
        assert len(stage.mails("publication")) == 1
        assert await daemon.stop() == 0
    verified = await stage.command("evidence", "verify")
    assert verified.code == 0, verified.stderr


async def test_a_mail_handed_over_but_not_ticked_off_comes_again_under_its_id(
    stage: Stage,
) -> None:
    """A kill between the server's OK and ours costs a duplicate, which its number tells."""
    slow = SlowScript()
    with mail_server(slow) as server:
        stage.change(f"port = {stage.mailbox.port}", f"port = {server.port}")
        async with running(stage) as daemon:
            await daemon.until_polled()
            stage.site.publish(zipped(stage.patients))
            await eventually(slow.came.is_set, what="the mail", daemon=daemon)
            with write_locked(stage.database):
                slow.go_on.set()
                await eventually(lambda: len(slow.accepted) == 1, what="the OK", daemon=daemon)
                await daemon.kill()
        _let_delivery_leases_end(stage.database)
        async with running(stage) as daemon:
            await eventually(lambda: len(slow.accepted) == 2, what="it again", daemon=daemon)
            assert slow.accepted[0] == slow.accepted[1]
            await daemon.until_polled("kazu", times=2)
            assert await daemon.stop() == 0
    assert len(slow.accepted) == 2


async def test_an_observation_survives_a_kill_before_the_database_has_it(stage: Stage) -> None:
    """What was seen once, and is gone from the site, is told after kill -9 and a restart."""
    journal = stage.state / "journal"
    hold = Hold()
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.moods["file"] = hold
        stage.site.publish(zipped(stage.patients))
        await hold.came.wait()  # the poll is under way; now the database refuses
        with write_locked(stage.database):
            hold.go_on.set()
            await eventually(
                lambda: any(journal.iterdir()), what="the journal entry", daemon=daemon
            )
            await daemon.kill()
    assert len(list(journal.iterdir())) == 1
    assert stage.mails("publication") == []
    stage.site.retract()
    stage.site.moods.clear()
    async with running(stage) as daemon:
        await stage.mail("publication")
        assert list(journal.iterdir()) == []
        await daemon.until_polled("kazu", times=2)
        assert len(stage.mails("publication")) == 1
        assert await daemon.stop() == 0
    (finding,) = await stage.records("findings", "list")
    assert finding["documents"] == len({file.data for file in stage.patients})
    verified = await stage.command("evidence", "verify")
    assert verified.code == 0, verified.stderr


async def test_a_refusing_database_is_waited_for(stage: Stage) -> None:
    """A lock that lasts is said once a concern; when it ends, what was seen is told."""
    stage.change("[fingerprint]", "[store]\nlock_timeout_s = 1\n\n[fingerprint]")
    stage.change("lease_s = 3", "lease_s = 600")  # not by waiting for leases to end
    journal = stage.state / "journal"
    concerns = {"store", "outbox", "journal", "poll kazu"}
    hold = Hold()
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.moods["file"] = hold
        stage.site.publish(zipped(stage.patients))
        await hold.came.wait()
        with write_locked(stage.database):
            hold.go_on.set()
            # The journal is looked at every few seconds: the other jobs fail many times meanwhile.
            await eventually(
                lambda: concerns <= set(_troubles(daemon)), what=str(concerns), daemon=daemon
            )
            told = Counter(_troubles(daemon))
            assert {concern: told[concern] for concern in concerns} == dict.fromkeys(concerns, 1)
            assert (await daemon.get("/readyz"))[0] == 503
            assert len(list(journal.iterdir())) == 1
            stage.site.retract()
            stage.site.moods.clear()
        await stage.mail("publication")
        await daemon.until_polled(times=2)
        assert list(journal.iterdir()) == []
        assert concerns <= {ended["what"] for ended in daemon.events("recovered")}
        assert (await daemon.get("/readyz"))[0] == 200
        assert len(stage.mails("publication")) == 1
        assert await daemon.stop() == 0
    verified = await stage.command("evidence", "verify")
    assert verified.code == 0, verified.stderr


async def test_a_journal_entry_nobody_can_bring_in_stops_nothing(stage: Stage) -> None:
    """It stays, makes the daemon unready, is said once, and the others are watched and told."""
    journal = stage.state / "journal"
    journal.mkdir(mode=0o700)
    (journal / "o-broken").write_bytes(b"not an observation")
    async with launched(stage) as daemon:
        await daemon.until_polled()
        stage.site.publish(zipped(stage.patients))
        await stage.mail("publication")
        await daemon.until_polled(times=8)
        status, body = await daemon.get("/readyz")
        assert status == 503
        assert "journal_stuck" in body
        assert _troubles(daemon) == ["journal"]
        assert await daemon.stop() == 0
    assert [path.name for path in journal.iterdir()] == ["o-broken"]


@dataclass
class SlowScript(Script):
    """A mail server that takes the mail and thinks before it says OK."""

    came: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the name that aiosmtpd calls
        self.came.set()
        await asyncio.to_thread(self.go_on.wait, DEADLINE_S)
        return await super().handle_DATA(server, session, envelope)


def _let_delivery_leases_end(database: Path) -> None:
    """Do what two minutes would."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE outbox SET lease_until = '2000-01-01 00:00:00.000000'")


def _troubles(daemon: Daemon) -> list[str]:
    return [trouble["what"] for trouble in daemon.events("trouble")]
