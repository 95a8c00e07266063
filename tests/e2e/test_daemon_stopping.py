"""How the daemon ends: in order when asked, at once when asked twice."""

from __future__ import annotations

import asyncio
import os
import signal

from tests.support.deployment import Hold, Stage, eventually, launched, running, zipped
from tests.support.smtp import HANG, Script, mail_server


async def test_a_poll_that_runs_is_finished_first(stage: Stage) -> None:
    """SIGTERM takes no new work, ends the poll under way, tells what it found, and leaves."""
    hold = Hold()
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.moods["file"] = hold
        stage.site.publish(zipped(stage.patients))
        await hold.came.wait()
        family = daemon.look_at_family()
        assert family  # parsers run in children
        daemon.process.terminate()
        await eventually(
            lambda: bool(daemon.events("daemon_stopping")), what="the signal", daemon=daemon
        )
        hold.go_on.set()
        assert await asyncio.wait_for(daemon.process.wait(), 60) == 0
        await daemon.family_is_gone()
        (stopped,) = daemon.events("daemon_stopped")
        assert stopped["polls_cut_off"] == "0"
        assert len(stage.mails("publication")) == 1


async def test_a_poll_that_does_not_end_is_cut_off_and_resumed(stage: Stage) -> None:
    """After ``drain_s`` a poll is cut off; the next start polls the source at once."""
    stage.change("[daemon]\n", "[daemon]\ndrain_s = 0.5\n")
    stage.change("lease_s = 3", "lease_s = 600")  # not by waiting for leases to end
    hold = Hold()
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.moods["file"] = hold
        stage.site.publish(zipped(stage.patients))
        await hold.came.wait()
        assert await daemon.stop() == 0
        await daemon.family_is_gone()
        (stopped,) = daemon.events("daemon_stopped")
        assert stopped["polls_cut_off"] == "1"
        assert stage.mails("publication") == []
    hold.go_on.set()
    async with running(stage) as daemon:
        await stage.mail("publication")
        assert await daemon.stop() == 0


async def test_a_child_that_never_answers_holds_up_no_end(stage: Stage) -> None:
    """A file that takes for ever to read is given up with the daemon, not waited for."""
    stage.change("[daemon]\n", "[daemon]\ndrain_s = 2\n")
    hold = Hold()
    stage.site.moods["file"] = hold
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.publish(zipped(stage.patients))
        await hold.came.wait()
        for pid in daemon.look_at_family():
            os.kill(pid, signal.SIGSTOP)
        hold.go_on.set()
        assert await daemon.stop() == 0
        await daemon.family_is_gone()
        (stopped,) = daemon.events("daemon_stopped")
        assert int(stopped["polls_cut_off"]) > 0


async def test_a_second_signal_ends_it_at_once(stage: Stage) -> None:
    """Whoever will not wait for the drain is obeyed, and nothing is left running."""
    hold = Hold()
    stage.site.moods["leaks"] = hold
    async with running(stage) as daemon:
        await hold.came.wait()
        await daemon.until_polled("directory")
        daemon.look_at_family()
        daemon.process.terminate()
        await eventually(
            lambda: bool(daemon.events("daemon_stopping")), what="the signal", daemon=daemon
        )
        daemon.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(daemon.process.wait(), 60) == 130
        await daemon.family_is_gone()
        hold.go_on.set()


async def test_a_mail_server_that_hangs_holds_up_neither_start_nor_end(stage: Stage) -> None:
    """Polls go on while a mail is stuck, and the end does not wait for it for long."""
    hanging = Script(data=[HANG] * 100)
    with mail_server(hanging) as server:
        stage.change(f"port = {stage.mailbox.port}", f"port = {server.port}")
        async with running(stage) as daemon:
            await daemon.until_polled()
            stage.site.publish(zipped(stage.patients))
            await eventually(lambda: hanging.sessions > 0, what="the mail", daemon=daemon)
            await daemon.until_polled("news", "kazu", "directory", times=2)
            await daemon.kill()
        async with running(stage) as daemon:
            await daemon.until_polled()
            assert await daemon.stop() == 0
    assert hanging.accepted == []


async def test_it_can_be_stopped_while_it_starts(stage: Stage) -> None:
    """Ctrl-C at any moment of the start leaves no process behind."""
    async with launched(stage) as daemon:
        await eventually((stage.state / "journal").is_dir, what="a start", daemon=daemon)
        daemon.look_at_family()
        daemon.process.send_signal(signal.SIGINT)
        code = await asyncio.wait_for(daemon.process.wait(), 60)
        assert code in {0, 130}
        assert "Traceback" not in daemon.log.read_text(encoding="utf-8")
        await daemon.family_is_gone()
