"""Sources that are broken, slow or flaky, beside others that are well."""

from __future__ import annotations

import pytest

from tests.support.deployment import (
    Hold,
    Mood,
    Stage,
    eventually,
    free_port,
    hangs_up,
    in_turn,
    running,
    says,
    zipped,
)

OTHERS = ("pastes", "directory", "news")


@pytest.mark.parametrize(
    ("mood", "error"),
    [
        (says(500), "bad_status"),
        (says(200, "<html><body><p>We have moved on.</p></body></html>"), "layout_changed"),
    ],
    ids=["server_error", "layout_changed"],
)
async def test_a_broken_source_stops_no_other(stage: Stage, mood: Mood, error: str) -> None:
    """It is said once and shown as unwell; the daemon stays ready and the others are told of."""
    stage.site.moods["leaks"] = mood
    async with running(stage) as daemon:
        await daemon.until_polled("kazu", times=3)
        stage.site.drop("notes.zip", zipped(stage.patients))
        await stage.mail("")
        assert (await daemon.get("/readyz"))[0] == 200
        told = daemon.events("trouble")
        assert [(trouble["what"], trouble["error"]) for trouble in told] == [("source kazu", error)]
        health = await _health(stage)
        assert health["kazu"] in {"degraded", "failing"}
        assert {health[name] for name in OTHERS} == {"ok"}
        stage.site.moods.clear()
        await eventually(
            lambda: [ended["what"] for ended in daemon.events("recovered")] == ["source kazu"],
            what="the recovery",
            daemon=daemon,
        )
    assert (await _health(stage))["kazu"] == "ok"


async def test_a_source_nobody_answers_for_is_failing(stage: Stage) -> None:
    """A refused connection counts as a failure after some polls, and waits longer each time."""
    stage.change(stage.site.urls.leak_site, f"http://127.0.0.1:{free_port()}/", file=KAZU)
    async with running(stage) as daemon:
        await daemon.until_polled("kazu", times=3)
        assert (await daemon.get("/readyz"))[0] == 200
        (trouble,) = daemon.events("trouble")
        assert trouble["error"] == "connect_failed"
    (kazu,) = [s for s in await stage.records("sources", "list") if s["name"] == "kazu"]
    assert kazu["health"] == "failing"
    assert kazu["last_error"] == "connect_failed"
    assert kazu["consecutive_failures"] >= 3
    assert kazu["last_success_at"] is None


async def test_a_host_that_hangs_holds_up_no_other(stage: Stage) -> None:
    """While one poll waits for its host, the other sources are polled again and again."""
    hold = Hold()
    stage.site.moods["leaks"] = hold
    async with running(stage) as daemon:
        await hold.came.wait()
        await daemon.until_polled(*OTHERS, times=3)
        assert "kazu" not in await daemon.polls()
        assert (await daemon.get("/readyz"))[0] == 200
        hold.go_on.set()
        await daemon.until_polled("kazu")
        assert await daemon.stop() == 0


async def test_a_file_that_fails_at_first_is_found_and_told_once(stage: Stage) -> None:
    """A linked archive that is unavailable for some polls is fetched when it is there."""
    # One poll asks three times for a file that answers 503.
    stage.site.moods["file"] = in_turn(*[says(503)] * 3, hangs_up, *[says(503)] * 2)
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.publish(zipped(stage.patients))
        (mail,) = await stage.mail("publication")
        await daemon.until_polled("kazu", times=2)
        assert [m["Message-ID"] for m in stage.mails("publication")] == [mail["Message-ID"]]
        assert len({str(m["Subject"]) for m in stage.mails()}) == len(stage.mails())
        troubles = [(t["what"], t["error"]) for t in daemon.events("trouble")]
        assert troubles == [("source kazu", "files_missed")]
    # Once for its directory and once for the whole, when it was there at last.
    assert stage.site.asked.count("file") == 6 + 2
    (finding,) = await stage.records("findings", "list")
    assert finding["documents"] == len({file.data for file in stage.patients})


async def _health(stage: Stage) -> dict[str, str]:
    return {source["name"]: source["health"] for source in await stage.records("sources", "list")}


KAZU = "sources/kazu.toml"
