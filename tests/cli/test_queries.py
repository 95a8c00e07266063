"""Queries and triage from the command line, on a database with something in it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from leakwatch.cli.main import main
from leakwatch.model.finding import Outcome
from leakwatch.store.session import SqlStore
from tests.support.store import (
    MATTER,
    NOW,
    a_delivery,
    a_finding,
    a_match,
    a_spec,
    after,
    an_alert,
    an_event,
    put_parents,
    stand_in_chain,
)

Run = Callable[..., tuple[int, str, str]]
F1, F2 = a_finding(1).id, a_finding(2).id


@pytest.fixture
def run(
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run one command on a store that holds two findings and an alert."""
    asyncio.run(filled(sqlite_url))
    settings = tmp_path / "leakwatch.toml"
    settings.write_text(
        f'state_dir = "{tmp_path}"\n[store]\nurl = "{sqlite_url}"\n[fingerprint]\nkey_file = "k"\n'
    )
    (tmp_path / "matters").mkdir()
    (tmp_path / "sources").mkdir()
    monkeypatch.setenv("LEAKWATCH_CONFIG", str(settings))

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


async def filled(url: str) -> None:
    store = SqlStore(url, chain=stand_in_chain)
    try:
        async with store.begin() as tx:
            await put_parents(tx)
            await tx.sources.sync([a_spec(), a_spec("news")], NOW)
            threat = a_finding(2, source="news", outcome=Outcome.THREAT, last_seen_at=after(9))
            await tx.findings.save(threat, an_event(threat))
            await tx.findings.add_matches(F1, [a_match("k-1"), a_match("k-2")])
            alert = an_alert()
            await tx.alerts.add(alert, [a_delivery(alert)])
    finally:
        await store.aclose()


def test_findings_are_listed_worst_first(run: Run) -> None:
    """The table names ids, outcomes and sources, and fits the terminal."""
    code, out, _ = run("findings", "list")
    assert code == 0
    assert out.index(F1) < out.index(F2)
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ((), [F1, F2]),
        (("--outcome", "threat"), [F2]),
        (("--outcome", "apparent_breach"), [F1]),
        (("--source", "news"), [F2]),
        (("--matter", "nobody"), []),
        (("--since", after(5).isoformat()), [F2]),
        (("--limit", "1"), [F1]),
    ],
)
def test_filters_and_json(run: Run, words: tuple[str, ...], ids: list[str]) -> None:
    """Each filter keeps what it says; JSON is one object a line and nothing else."""
    code, out, _ = run("findings", "list", "--json", *words)
    assert code == 0
    assert [json.loads(line)["id"] for line in out.splitlines()] == ids


def test_nothing_found_can_be_an_exit_code(run: Run) -> None:
    """1 where --exit-code asks, else 0."""
    assert run("findings", "list", "--matter", "x")[0] == 0
    assert run("findings", "list", "--matter", "x", "--exit-code")[0] == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("findings", "list", "--outcome", "breach"), 2, "is no outcome"),
        (("findings", "list", "--since", "lately"), 2, "is no time"),
        (("findings", "show", "f-nope"), 64, "f-nope"),
        (("findings", "show", "f-"), 64, "f-"),
        (("findings", "reject", F1, "--by", "A"), 2, "--reason"),
        (("alerts", "ack", "a-nope", "--by", "L"), 64, "a-nope"),
        (("matters", "check", "nope"), 90, "nope"),
        (("sources", "check", "nope"), 90, "nope"),
        (("--config", "/nowhere.toml", "findings", "list"), 4, "/nowhere.toml"),
        (("frobnicate",), 2, "frobnicate"),
    ],
)
def test_wrong_usage_has_one_clear_line_and_a_code(
    run: Run, words: tuple[str, ...], code: int, says: str
) -> None:
    """A typo, a missing thing, an ambiguous id: named, without a traceback."""
    got, out, err = run(*words)
    assert got == code
    assert out == ""
    assert says in err
    assert "Traceback" not in err


def test_show_and_explain_say_what_is_known(run: Run) -> None:
    """Where, when, why and by which matches; the address does not click."""
    _, out, _ = run("findings", "show", F1)
    assert "hxxp://" in out
    assert "http://" not in out
    _, out, _ = run("findings", "explain", F1)
    assert "1. 3 known files match exactly" in out
    assert "k-1" in out
    shown = json.loads(run("findings", "show", F1, "--json")[1])
    assert {m["file"] for m in shown["matches"]} == {"k-1", "k-2"}
    shown = json.loads(run("findings", "show", F2, "--json")[1])
    assert shown["history"][0]["action"] == "detected"


def test_explain_says_each_match_in_words(run: Run) -> None:
    """A paragraph for each of the best, within 80 columns; with --json all numbers too."""
    _, out, _ = run("findings", "explain", F1)
    assert max(map(len, out.splitlines())) <= 80
    explained = json.loads(run("findings", "explain", F1, "--json")[1])
    match = explained["matches"][0]
    assert " ".join(out.split()).count(match["in_words"]) == 1
    assert out.count("k-1, ") == out.count("k-2, ") == 1
    assert match["in_words"].startswith("About 97% of the known document")
    assert match["passages"] == [[120, 932], [1010, 1200]]
    measured = {
        "passage_chars": 812, "passage_count": 3, "passage_total_chars": 1050,
        "shared_unique": 0.93, "chance": 0.0004, "chance_basis": 2500, "artefact_letters": 3540,
    }  # fmt: skip
    assert measured.items() <= match.items()
    shown = json.loads(run("findings", "show", F1, "--json")[1])["matches"][0]
    assert measured.items() <= shown.items()


def test_rejecting_lowers_and_is_remembered(run: Run) -> None:
    """A person's word changes the outcome and stands in the history."""
    assert run("findings", "reject", F1, "--by", "A. Analyst", "--reason", "a form")[0] == 0
    shown = json.loads(run("findings", "show", F1, "--json")[1])
    assert shown["outcome"] == "false_positive"
    assert shown["history"][-1]["actor"] == "A. Analyst"


def test_an_alert_is_acknowledged_once(run: Run) -> None:
    """The first name stands; unacknowledged alerts can be listed."""
    alert = an_alert().id
    assert alert in run("alerts", "list", "--unacknowledged")[1]
    assert run("alerts", "ack", alert, "--by", "L. Lawyer", "--note", "seen")[0] == 0
    assert "L. Lawyer" in run("alerts", "ack", alert, "--by", "Other")[2]
    assert run("alerts", "list", "--unacknowledged", "--json")[1] == ""
    listed = json.loads(run("alerts", "list", "--matter", MATTER, "--json")[1])
    assert listed["acknowledged_by"] == "L. Lawyer"


def test_resending_queues_the_same_deliveries(run: Run) -> None:
    """A resend keeps the delivery ids, so that a duplicate can be known."""
    before = json.loads(run("alerts", "list", "--json")[1])["deliveries"]
    assert run("alerts", "resend", an_alert().id)[0] == 0
    after_it = json.loads(run("alerts", "list", "--json")[1])["deliveries"]
    assert [d["id"] for d in before] == [d["id"] for d in after_it]
    assert {d["state"] for d in after_it} == {"pending"}


def test_errors_lists_every_code(run: Run) -> None:
    """The codes that scripts rely on can be read from the tool itself."""
    code, out, _ = run("errors", "--json")
    assert code == 0
    assert {"exit_code": 52, "slug": "wrong_key"}.items() <= json.loads(
        next(line for line in out.splitlines() if '"wrong_key"' in line)
    ).items()


def test_db_check_and_upgrade(run: Run) -> None:
    """A current database is said to be current; upgrading it changes nothing."""
    assert run("db", "check")[0] == 0
    assert "already there" in run("db", "upgrade")[2]
