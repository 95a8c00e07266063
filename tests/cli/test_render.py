"""What is printed: safe on a terminal, exact for a script."""

import contextlib
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.cli.render import Output, iso, shown
from leakwatch.errors import ConfigError
from leakwatch.model.finding import Outcome


@given(st.text())
def test_nothing_shown_can_steer_a_terminal(text: str) -> None:
    """Control characters and bidirectional overrides are spelt out."""
    safe = shown(text)
    assert "\x1b" not in safe
    assert all(c == "\n" or c.isprintable() for c in safe)
    assert not set(safe) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")


def test_a_record_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Enums, times and odd names come out as JSON on one line."""
    at = datetime(2026, 1, 5, 14, tzinfo=UTC)
    Output(as_json=True).record({"o": Outcome.THREAT, "at": at, "n": "ā\n\x1b[0m", "t": ("a",)})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {
        "o": "threat",
        "at": "2026-01-05T14:00:00Z",
        "n": "ā\n\x1b[0m",
        "t": ["a"],
    }


@given(st.text())
def test_json_cannot_steer_a_terminal_either(text: str) -> None:
    """Any text is one printable line that reads back as itself."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        Output(as_json=True).record({text: [text]})
    line = stream.getvalue().removesuffix("\n")
    assert line.isprintable()
    assert not set(line) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
    assert json.loads(line) == {text: [text]}


def test_a_table_fits_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Long cells are folded, not cut, and no line is wider than a terminal."""
    Output().table(("a", "b"), [("x" * 100, "y" * 100)])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert out.count("x") == out.count("y") == 100


def test_a_cell_draws_no_row_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """A file name with a line break in it stays one cell."""
    Output().table(("artefact", "grade"), [("a.txt\nb.txt  conclusive", "-")])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_an_error_says_what_and_what_next(capsys: pytest.CaptureFixture[str]) -> None:
    """Errors go to stderr with their hint; stdout stays clean."""
    Output().error(ConfigError("a.toml: key: wrong\na.toml: other: wrong", hint="mend it"))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "error: a.toml: key: wrong",
        "error: a.toml: other: wrong",
        "next: mend it",
    ]


def test_times_are_utc_to_the_second() -> None:
    """One form of time everywhere."""
    at = datetime.fromisoformat("2026-01-05T14:00:00.999+13:00")
    assert iso(at) == "2026-01-05T01:00:00Z"


def test_ids_stay_whole_beside_long_names(capsys: pytest.CaptureFixture[str]) -> None:
    """A table of 80 columns folds names, not the ids that are copied out of it."""
    ids = ["k-34rjgbapaeulrb42", "-"]
    rows = [
        ("archive.zip!/" + "folder/" * 12, one, "probable", "text", "36%", "21%") for one in ids
    ]
    Output().table(("artefact", "known file", "grade", "method", "of file", "of artefact"), rows)
    out = capsys.readouterr().out
    assert ids[0] in out
    assert max(map(len, out.splitlines())) <= 80
