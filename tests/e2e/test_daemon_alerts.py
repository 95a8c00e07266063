"""From a publication to the lawyer's mail, and what is told to nobody."""

from __future__ import annotations

from pathlib import Path

from leakwatch.demo.clinic import ClinicFile, excerpt
from tests.support.deployment import Stage, eventually, running, zipped


async def test_a_publication_leads_to_one_mail(stage: Stage) -> None:
    """What is published is told once, as a finding with evidence that verifies."""
    async with running(stage) as daemon:
        await daemon.until_polled()
        assert stage.mails() == []
        stage.site.publish(zipped(stage.patients))
        (mail,) = await stage.mail("publication")
        await daemon.until_polled("kazu", times=3)  # seeing it again tells nothing new
        assert [m["Message-ID"] for m in stage.mails("publication")] == [mail["Message-ID"]]
        assert mail["X-Leakwatch-Delivery"] in mail["Message-ID"]
        assert await daemon.stop() == 0
    (finding,) = await stage.records("findings", "list")
    assert finding["outcome"] == "apparent_breach.publication"
    assert finding["documents"] == len({file.data for file in stage.patients})
    assert finding["id"] in mail["Subject"]
    verified = await stage.command("evidence", "verify")
    assert verified.code == 0, verified.stderr


async def test_the_operator_keeps_and_tells_nothing_of_the_files(stage: Stage) -> None:
    """No line, patient or file name of the stolen files is in the state, the log or a mail."""
    async with running(stage, options=["--debug"]) as daemon:
        await daemon.until_polled()
        stage.site.publish(zipped(stage.patients))
        await stage.mail("publication")
        stage.site.paste(f"proof\n\n{_excerpts(stage)}\n", title=_file_name(stage.patients[0]))
        await stage.mail("publication", 2)
        for file in stage.patients[:3]:
            stage.site.drop(_file_name(file), file.data)
        mails = await stage.mail("publication", 3)
        # Before the end: the database's journal of changes is still there.
        assert (stage.state / "leakwatch.db-wal").stat().st_size > 0
        kept = _contents(stage.state)
        assert await daemon.stop() == 0
    said = {f"mail {n}": mail.as_bytes() for n, mail in enumerate(mails)}
    said |= {f"body {n}": mail.get_content().encode() for n, mail in enumerate(mails)}
    said["log"] = daemon.log.read_bytes()
    everything = {**kept, **{f"{k} after": v for k, v in _contents(stage.state).items()}, **said}
    assert any(name.startswith("vault/") for name in kept)
    secrets = {secret for file in stage.patients for secret in _secrets(file)}
    assert len(secrets) > 300
    told = {
        (where, secret)
        for where, content in everything.items()
        for secret in secrets
        if secret.encode() in content
    }
    assert told == set()


async def test_each_place_has_its_own_finding_and_mail(stage: Stage) -> None:
    """A publication, some excerpts and a directory listing are three findings, each told once."""
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.publish(zipped(stage.patients[:20]))
        stage.site.paste(_excerpts(stage), title="proof")
        for file in stage.patients[-3:]:
            stage.site.drop(_file_name(file), file.data)
        mails = await stage.mail("publication", 3)
        await daemon.until_polled(times=2)
        assert len(stage.mails("publication")) == 3
        assert len({mail["References"] for mail in mails}) == 3
    findings = await stage.records("findings", "list")
    assert {finding["source"] for finding in findings} == {"kazu", "pastes", "directory"}


async def test_what_was_quoted_in_the_news_is_a_mention_and_told_to_nobody(stage: Stage) -> None:
    """A report about the incident is recorded and causes no mail."""
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.mention()
        await eventually(lambda: bool(daemon.events("finding")), what="the mention", daemon=daemon)
        await daemon.until_polled("news", times=2)
        assert stage.mails() == []
    (finding,) = await stage.records("findings", "list")
    assert finding["outcome"] == "mention"


def _excerpts(stage: Stage) -> str:
    """Return parts of four notes: together surely enough, whatever the key selects of each."""
    notes = [file for file in stage.patients if file.category == "consultation"]
    longest = sorted(notes, key=lambda file: -len(file.data))[:4]
    return "\n\n".join(excerpt(file, 120) for file in longest)


def _contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _file_name(file: ClinicFile) -> str:
    return file.path.rpartition("/")[2]


def _secrets(file: ClinicFile) -> set[str]:
    """Return what tells of a file or of whom it is about: long lines, names, numbers."""
    name = _file_name(file)
    _, family, number, _ = name.split("_")
    lines = {line.strip() for line in file.text.splitlines() if len(line.strip()) >= 25}
    public = {"Kererū Street Clinic", "Kererū Street, Te Awaiti"}
    return {
        name,
        name.rpartition(".")[0],
        f"{family}_{number}",
        number,
        *(line for line in lines if not any(words in line for words in public)),
    }
