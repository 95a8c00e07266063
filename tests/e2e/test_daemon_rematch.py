"""Files that become known later are found in what a daemon saw before, without another look."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.support.corpora import note
from tests.support.deployment import Daemon, Stage, command, eventually, running, says

LETTER = note("a letter that the custodian missed at first", 400)
NAME = "overlooked.txt"


async def extended(stage: Stage) -> Path:
    """Build a corpus of the clinic's files and the letter beside the one in use."""
    made = stage.template.deployment.root
    folder = stage.deployment.root / "more" / "clinic"
    shutil.copytree(made / "clinic", folder)
    (folder / NAME).write_text(LETTER, encoding="utf-8")
    out = stage.deployment.root / "more" / "clinic.corpus"
    background = ("--background", str(made / "background"), "--labels", str(made / "labels.csv"))
    key = ("--key", str(stage.deployment.key))
    ran = await command("corpus", "build", str(folder), *background, "--out", str(out), *key)
    assert ran.code == 0, ran.stderr
    return out


def exchange(stage: Stage, corpus: Path) -> None:
    """Put another bundle where the daemon's is."""
    stage.deployment.corpus.rename(stage.deployment.root / "before.corpus")
    corpus.rename(stage.deployment.corpus)


async def seen_in_vain(stage: Stage, daemon: Daemon) -> None:
    """Show the letter, have it looked at, and take the place off the net."""
    await daemon.until_polled()
    stage.site.drop(NAME, LETTER.encode())
    await daemon.until_polled("directory", times=2)
    stage.site.moods["directory"] = says(503)
    assert stage.mails() == []
    assert await stage.records("findings", "list") == []


async def test_an_alert_comes_by_itself_when_the_corpus_has_grown(stage: Stage) -> None:
    """After ``corpus add`` the daemon matches what it saw before, and tells: once, for good."""
    corpus, key = str(stage.deployment.corpus), str(stage.deployment.key)
    async with running(stage) as daemon:
        await seen_in_vain(stage, daemon)
        more = stage.deployment.root / "more"
        more.mkdir()
        (more / NAME).write_text(LETTER, encoding="utf-8")
        added = await command("corpus", "add", corpus, str(more), "--key", key)
        assert added.code == 0, added.stderr
        (mail,) = await stage.mail("publication")
        assert "Recognised only later" in mail.get_content()
        await daemon.until_polled("kazu", times=3)
        assert len(stage.mails()) == 1
        (ended,) = [e for e in daemon.events("rematch_ended") if e["alerts"] == "1"]
        assert ended["is_finished"] == "true"
        (finding,) = await stage.records("findings", "list")
        assert (finding["source"], finding["documents"]) == ("directory", 1)
        (shown,) = await stage.records("findings", "show", finding["id"])
        assert "recognised now in what was seen at" in shown["history"][0]["reason"]
        # Withdrawn, it is known no longer; what was recognised stays what it was.
        known = shown["matches"][0]["file"]
        withdrawn = await command("corpus", "withdraw", corpus, "--id", known)
        assert withdrawn.code == 0, withdrawn.stderr
        await eventually(
            lambda: len(daemon.events("rematch_ended")) == 2, what="the withdrawal", daemon=daemon
        )
        (after,) = await stage.records("findings", "show", finding["id"])
        assert after["matches"] == shown["matches"]
        assert after["outcome"] == shown["outcome"]
        assert await daemon.stop() == 0
    verified = await stage.command("evidence", "verify")
    assert verified.code == 0, verified.stderr
    again = await stage.command("findings", "rematch", "--all", "--json")
    assert again.code == 0, again.stderr
    (report,) = map(json.loads, again.stdout.splitlines())
    assert report["looked_at"] > 0
    assert report["findings"] == []


async def test_a_corpus_that_grew_while_no_daemon_ran(stage: Stage) -> None:
    """By hand or at the next start: what was seen before is matched, and told once."""
    async with running(stage) as daemon:
        await seen_in_vain(stage, daemon)
        assert await daemon.stop() == 0
    exchange(stage, await extended(stage))
    (report,) = await stage.records("findings", "rematch")
    (found,) = report["findings"]
    assert (found["action"], found["documents"]) == ("detected", 1)
    assert len(await stage.mail("publication")) == 1
    (report,) = await stage.records("findings", "rematch")
    assert report["looked_at"] == 0
    async with running(stage) as daemon:
        await daemon.until_polled("kazu", times=2)
        assert len(stage.mails()) == 1
    unknown = await stage.command("findings", "rematch", "--corpus", "nosuch")
    assert unknown.code == 90
    assert "nosuch" in unknown.stderr


async def test_a_damaged_corpus_leaves_the_old_one_in_use(stage: Stage) -> None:
    """Health names it by its slug; what was known stays known, until the bundle is mended."""
    async with running(stage) as daemon:
        await daemon.until_polled()
        bent = await extended(stage)
        whole = stage.deployment.root / "whole.corpus"
        shutil.copytree(bent, whole)
        largest = max(bent.rglob("*.npy"), key=lambda path: path.stat().st_size)
        raw = bytearray(largest.read_bytes())
        raw[-1] ^= 1
        largest.write_bytes(raw)
        exchange(stage, bent)

        async def says_so() -> bool:
            status, body = await daemon.get("/readyz")
            troubles = json.loads(body)["troubles"]
            return status == 200 and troubles.get("corpus clinic") == "corpus_corrupt"

        await eventually(says_so, what="the trouble", daemon=daemon)
        stage.site.drop(stage.patients[0].path.rpartition("/")[2], stage.patients[0].data)
        await stage.mail("publication")
        stage.deployment.corpus.rename(stage.deployment.root / "bent.corpus")
        whole.rename(stage.deployment.corpus)
        await eventually(lambda: bool(daemon.events("corpus_opened")), what="the mending")
        assert not json.loads((await daemon.get("/readyz"))[1])["troubles"]
