"""Several processes on one database: daemons, and a person polling by hand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from leakwatch.store.schema import upgrade
from tests.support.deployment import Daemon, Hold, Stage, eventually, free_port, running, zipped
from tests.support.postgres import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def shared(request: pytest.FixtureRequest, stage: Stage) -> Stage:
    """The stage on each engine."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.new_schema()
        await upgrade(url)
        stage.change("[fingerprint]\n", f'[store]\nurl = "{url}"\n\n[fingerprint]\n')
        stage.database.unlink()
    return stage


async def _between_them(one: Daemon, two: Daemon, *, source: str, times: int = 3) -> None:
    """Wait for further polls of a source by either daemon: which of them gets it is chance."""

    async def total() -> int:
        return sum([(await daemon.polls()).get(source, 0) for daemon in (one, two)])

    before = await total()

    async def is_polled() -> bool:
        return await total() >= before + times

    await eventually(is_polled, what=f"{times} more polls of {source} by either", daemon=one)


async def test_two_daemons_share_the_work_and_tell_once(shared: Stage) -> None:
    """Each source is polled by one at a time, and one publication makes one mail."""
    shared.change("read_timeout_s = 5", "read_timeout_s = 90")
    shared.change("total_timeout_s = 20", "total_timeout_s = 90")
    hold = Hold()
    shared.site.moods["leaks"] = hold
    async with running(shared) as one, running(shared, name="two", settings=_second(shared)) as two:
        await hold.came.wait()
        # While one of them waits for the leak site, both keep polling the rest.
        await _between_them(one, two, source="news")
        assert shared.site.asked.count("leaks") == 1
        shared.site.moods.clear()
        shared.site.publish(zipped(shared.patients))
        hold.go_on.set()
        (mail,) = await shared.mail("publication")
        for source in ("kazu", "news"):
            await _between_them(one, two, source=source)
        assert [m["Message-ID"] for m in shared.mails("publication")] == [mail["Message-ID"]]
        assert not one.events("trouble") + two.events("trouble")
        assert not one.events("job_failed") + two.events("job_failed")
        assert await two.stop() == 0
        assert await one.stop() == 0
    (finding,) = await shared.records("findings", "list")
    assert finding["revision"] == 1
    verified = await shared.command("evidence", "verify")
    assert verified.code == 0, verified.stderr


async def test_another_daemon_takes_over_from_a_killed_one(shared: Stage) -> None:
    """What a killed daemon was polling is polled by the other once the lease ends."""
    hold = Hold()
    shared.site.moods["leaks"] = hold
    async with running(shared, name="two", settings=_second(shared)) as doomed:
        await hold.came.wait()
        async with running(shared) as heir:
            await doomed.kill()
            shared.site.moods.clear()
            shared.site.publish(zipped(shared.patients))
            await shared.mail("publication")
            await heir.until_polled()
            assert len(shared.mails("publication")) == 1
            assert await heir.stop() == 0
        hold.go_on.set()


async def test_a_source_that_only_one_daemon_knows_is_left_to_it(stage: Stage) -> None:
    """A daemon with older settings says so once and takes nothing from the newer one."""
    second = _second(stage)
    text = second.read_text(encoding="utf-8")
    second.write_text(
        text.replace('state_dir = "state"', 'state_dir = "state"\nsources_dir = "more"')
    )
    more = stage.deployment.root / "more"
    shutil.copytree(stage.deployment.root / "sources", more)
    extra = (more / "news.toml").read_text(encoding="utf-8").replace('"news"', '"extra"', 1)
    (more / "extra.toml").write_text(extra, encoding="utf-8")
    async with (
        running(stage, name="old") as old,
        running(stage, name="new", settings=second) as new,
    ):
        await new.until_polled("extra", times=2)
        await eventually(
            lambda: bool(old.events("trouble")), what="the older one to notice", daemon=old
        )
        # Which of two daemons gets a source is chance: alone, the older one gets its own.
        assert await new.stop() == 0
        await old.until_polled("news")
        assert [(t["what"], t["error"]) for t in old.events("trouble")] == [
            ("poll extra", "entity_unknown")
        ]
        assert old.events("job_failed") == []
        assert new.events("trouble") == []


async def test_a_poll_by_hand_goes_beside_the_daemon(stage: Stage) -> None:
    """It polls what the daemon is not polling at that moment, and says what it passes over."""
    hold = Hold()
    stage.site.moods["leaks"] = hold
    async with running(stage) as daemon:
        await hold.came.wait()
        await daemon.until_polled("news")
        whole = await stage.command("poll", "--json")
        assert whole.code == 0, whole.stderr
        polled = set(re.findall(r'"source": ?"(\w+)"', whole.stdout))
        assert "kazu" not in polled
        assert polled
        assert "event=poll_skipped" in whole.stderr
        one = await stage.command("poll", "kazu")
        assert one.code == 65
        assert one.stderr.startswith("error: source 'kazu' is being polled by ")
        hold.go_on.set()
        await daemon.until_polled("kazu")
        assert await daemon.stop() == 0


async def test_a_poll_by_hand_finds_and_tells(stage: Stage) -> None:
    """Without a daemon, a poll finds what is published and sends the mail before it ends."""
    assert (await stage.command("poll", "kazu")).code == 0
    stage.site.publish(zipped(stage.patients))
    ran = await stage.command("poll", "kazu")
    assert ran.code == 0, ran.stderr
    assert "apparent_breach.publication" in ran.stdout
    assert len(stage.mails("publication")) == 1
    again = await stage.command("poll", "kazu")
    assert again.code == 0
    assert len(stage.mails()) == 1


async def test_a_poll_of_a_source_that_is_none_says_so(stage: Stage) -> None:
    """One line names what was asked for and what there is."""
    ran = await stage.command("poll", "nosuch")
    assert (ran.code, ran.stdout) == (90, "")
    assert ran.stderr.splitlines() == [
        "error: no source 'nosuch'; configured: directory, kazu, news, pastes"
    ]


def _second(stage: Stage) -> Path:
    """Write the settings of a second daemon: the same but for its health page."""
    text = stage.deployment.settings.read_text(encoding="utf-8")
    path = stage.deployment.root / "second.toml"
    path.write_text(re.sub(r'listen = ".+?"', f'listen = "127.0.0.1:{free_port()}"', text))
    return path
