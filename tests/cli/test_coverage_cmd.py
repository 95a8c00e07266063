"""``sources coverage``: tables that fit, JSON that adds up to the rows, no name shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from leakwatch.cli.main import main
from leakwatch.model.capture import PollOutcome
from leakwatch.model.taking import Fate, Ground, Purpose
from leakwatch.store.session import SqlStore
from tests.contracts.test_store_takings import a_taking
from tests.support.store import SOURCE, a_poll, a_spec, stand_in_chain

Run = Callable[..., tuple[int, str, str]]
NOW = datetime.now(UTC)
MATTER = """
id = "harbour-clinic"
title = "Harbour Clinic (fictional)"
case_ref = "HC-2026"
victim_names = ["Harbour Clinic"]
evidence_keys = ["age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa"]
[[recipients]]
name = "A. Fictional"
role = "legal"
channel = "console"
"""
SPEC = f"""
name = "{SOURCE}"
kind = "feed"
role = "leak_site"
locations = ["http://fictional-leaks.example/"]
interval_s = 900
"""


@pytest.fixture
def run(
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run one command beside a store with a day of polls and takings."""
    asyncio.run(filled(sqlite_url))
    for name, text in (("matters/m.toml", MATTER), ("sources/s.toml", SPEC)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    settings = tmp_path / "leakwatch.toml"
    settings.write_text(
        f'state_dir = "{tmp_path}"\n[store]\nurl = "{sqlite_url}"\n[fingerprint]\nkey_file = "k"\n'
    )
    monkeypatch.setenv("LEAKWATCH_CONFIG", str(settings))

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["sources", "coverage", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


async def filled(url: str) -> None:
    """Put a day of polls every 15 minutes, of which two hours failed, and some takings."""
    store = SqlStore(url, chain=stand_in_chain)
    async with store.begin() as tx:
        await tx.sources.sync([a_spec()], NOW)
        state = await tx.sources.state(SOURCE)
        for number in range(96):
            at = NOW - timedelta(minutes=15 * (96 - number) - 10)
            has_failed = 40 <= number < 48
            await tx.sources.record_poll(
                a_poll(
                    number,
                    started_at=at,
                    finished_at=at + timedelta(seconds=9),
                    outcome=PollOutcome.FAILED if has_failed else PollOutcome.OK,
                ),
                state,
            )
        await tx.takings.put(
            [
                a_taking(n, began_at=NOW - timedelta(hours=n), received_bytes=1000 * n)
                for n in range(1, 4)
            ]
        )
        refused = a_taking(
            9,
            began_at=NOW - timedelta(hours=1),
            purpose=Purpose.PAYLOAD,
            requests=0,
            received_bytes=0,
            size_bytes=None,
            things=400_000,
            artefacts=(),
            grounds=(Ground("harbour-clinic", "metadata_only", None, Fate.REFUSED_BY_POLICY),),
        )
        await tx.takings.put([refused])
    await store.aclose()


def test_the_tables_fit_and_name_gaps_and_fates(run: Run) -> None:
    """A person sees when nobody looked, what was taken under which leave, and what became of it."""
    code, out, _ = run(SOURCE)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    for words in ("2 h 14 min", ["88 ok", "8 failed"][1], "letter of 1 May", "400000"):
        assert words in out
    assert "unknown  no_text" in out


def test_json_adds_up_to_the_rows(run: Run) -> None:
    """One object a source; its totals are those of the takings, gaps have start and end."""
    code, out, _ = run("--json")
    (told,) = map(json.loads, out.splitlines())
    assert code == 0
    _, rows, _ = run("--json", "--each")
    takings = [json.loads(line) for line in rows.splitlines()]
    assert told["received_bytes"] == sum(t["received_bytes"] for t in takings) == 6000
    assert told["requests"] == sum(t["requests"] for t in takings) == 6
    assert told["payload_refused_by_policy"] == 400_000
    assert told["read"]["payload"]["fates"] == {"refused_by_policy": 400_000, "sealed": 3}
    assert told["polls"] == {"failed": 8, "ok": 88}
    (gap,) = told["gaps"]
    assert gap["start"] < gap["end"]
    assert told["longest_gap_s"] == pytest.approx(9 * 900 - 9, abs=1)
    assert 0.9 < told["covered"] < 0.92
    assert 24 <= len(told["hours"]) <= 25


def test_a_matter_sees_its_own(run: Run) -> None:
    """Of what was taken, only what was taken for it."""
    _, out, _ = run("--json", "--matter", "harbour-clinic", "--since", "90m")
    (told,) = map(json.loads, out.splitlines())
    assert told["received_bytes"] == 1000
    assert [w["matter"] for w in told["reasons"]] == ["harbour-clinic"]


@pytest.mark.parametrize(
    ("words", "code"), [(("nope",), 90), (("--matter", "nope"), 90), (("--since", "soon"), 2)]
)
def test_what_is_not_there_is_an_error(run: Run, words: tuple[str, ...], code: int) -> None:
    """A misspelt source must not look like one without gaps."""
    assert run(*words)[0] == code
