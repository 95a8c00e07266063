"""What keeps the daemon from starting is said in one line, with an exit code of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from tests.support.deployment import Ran, Stage, command, running

MATTER = "matters/kereru-street.toml"


def _another_key(stage: Stage) -> None:
    stage.deployment.key.chmod(0o600)
    stage.deployment.key.write_bytes(bytes(range(32)))


def _open_key(stage: Stage) -> None:
    stage.deployment.key.chmod(0o644)


def _no_key(stage: Stage) -> None:
    stage.deployment.key.unlink()


def _bent_corpus(stage: Stage) -> None:
    largest = max(stage.deployment.corpus.rglob("*.npy"), key=lambda path: path.stat().st_size)
    raw = bytearray(largest.read_bytes())
    raw[-1] ^= 1
    largest.chmod(0o600)
    largest.write_bytes(raw)


def _no_corpus(stage: Stage) -> None:
    stage.change('clinic = "clinic.corpus"', 'clinic = "nosuch.corpus"')


def _no_matters(stage: Stage) -> None:
    stage.change('state_dir = "state"', 'state_dir = "state"\nmatters_dir = "nowhere"')


def _no_database(stage: Stage) -> None:
    stage.database.unlink()


def _newer_database(stage: Stage) -> None:
    with sqlite3.connect(stage.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'r9999'")
    connection.close()


def _not_a_database(stage: Stage) -> None:
    stage.database.write_bytes(b"this is no database\n" * 400)


def _unknown_key(stage: Stage) -> None:
    stage.change("tick_s", "tick_seconds")


def _not_toml(stage: Stage) -> None:
    stage.change("[daemon]", "[daemon")


def _unknown_kind(stage: Stage) -> None:
    stage.change('kind = "js_list"', 'kind = "carrier_pigeon"', file="sources/kazu.toml")


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (_another_key, 52, "clinic"),
        (_open_key, 5, "fingerprint.key"),
        (_no_key, 4, "fingerprint.key"),
        (_bent_corpus, 56, "clinic"),
        (_no_corpus, 55, "nosuch.corpus"),
        (_no_matters, 4, "nowhere"),
        (_no_database, 61, "leakwatch.db"),
        (_newer_database, 62, "leakwatch.db"),
        (_not_a_database, 62, "leakwatch.db"),
        (_unknown_key, 3, "tick_seconds"),
        (_not_toml, 3, "leakwatch.toml"),
        (_unknown_kind, 11, "carrier_pigeon"),
    ],
)
async def test_what_is_wrong_is_said_in_one_line(
    stage: Stage, spoil: Callable[[Stage], None], code: int, words: str
) -> None:
    """The exit code tells the class of trouble, the line names what to look at."""
    spoil(stage)
    ran = await stage.command("run")
    assert ran.code == code, ran.stderr
    _is_one_clear_line(ran, words)


async def test_a_second_daemon_on_the_same_port_is_refused(stage: Stage) -> None:
    """It says that the port is taken, and the first one goes on."""
    async with running(stage) as daemon:
        ran = await stage.command("run")
        assert ran.code == 3, ran.stderr
        _is_one_clear_line(ran, daemon.listen)
        await daemon.until_polled(times=2)


async def test_settings_that_are_not_there_are_named(stage: Stage) -> None:
    """A wrong path is said as it was given."""
    ran = await command("--config", str(stage.deployment.root / "nosuch.toml"), "run")
    assert ran.code == 4
    _is_one_clear_line(ran, "nosuch.toml")


async def test_a_changed_order_is_refused_and_a_new_version_accepted(stage: Stage) -> None:
    """A recorded version may not be changed, only followed by another one."""
    async with running(stage) as daemon:
        assert await daemon.stop() == 0
    stage.change('paragraph = "1(b)"', 'paragraph = "2(b)"', file=MATTER)
    ran = await stage.command("run")
    assert ran.code == 65, ran.stderr
    _is_one_clear_line(ran, "interim injunction v1")
    stage.change('paragraph = "2(b)"', 'paragraph = "1(b)"', file=MATTER)
    path = stage.deployment.root / MATTER
    text = path.read_text(encoding="utf-8")
    start, end = text.index("[[orders]]"), text.index("[[recipients]]")
    second = text[start:end].replace("version = 1", "version = 2").replace("1(b)", "2(b)")
    path.write_text(text[:end] + second + text[end:], encoding="utf-8")
    async with running(stage) as daemon:
        await daemon.until_polled("kazu")
        assert await daemon.stop() == 0


def _is_one_clear_line(ran: Ran, words: str) -> None:
    """One line of error, perhaps one of advice; nothing of Python's."""
    lines = ran.stderr.splitlines()
    assert [line for line in lines if not line.startswith("next: ")] == [lines[0]]
    assert lines[0].startswith("error: ")
    assert words in lines[0]
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
