"""The handbooks name what is there, all of it, and nothing that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from leakwatch.corpus.calibration import Calibration
from leakwatch.daemon.metrics import Metrics
from leakwatch.model.finding import Outcome
from leakwatch.model.match import Grade
from leakwatch.settings.matters import MatterFile
from leakwatch.settings.sources import SourceFile
from leakwatch.settings.tree import Settings
from leakwatch.sources.options import PostOptions
from leakwatch.sources.registry import BUILT_IN, installed_kinds
from tests.support.commands import NoSuchCommand, check_command, our_commands
from tests.support.setting_keys import keys_of, section_of, tabled, told

DOCS = Path(__file__).resolve().parents[1] / "docs"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md"))}
OPERATOR = TEXTS["operator-handbook.md"]
ANALYST = TEXTS["analyst-handbook.md"]
METHOD = TEXTS["method-and-limits.md"]
COMMANDS = [(name, line) for name, text in TEXTS.items() for line in our_commands(text)]
MAX_COLUMNS = 120


def test_there_are_the_four_documents() -> None:
    """Operator, analyst, expert witness and those who judge the risk each have one."""
    assert set(TEXTS) == {
        "analyst-handbook.md",
        "method-and-limits.md",
        "operator-handbook.md",
        "threat-model.md",
    }


def test_every_setting_is_in_the_operator_handbook() -> None:
    """The table has each key of the settings file with its default, and no other key."""
    assert tabled(section_of(OPERATOR, "## The settings file")) == keys_of(Settings)


@pytest.mark.parametrize(
    ("heading", "model"), [("## A matter file", MatterFile), ("## A source file", SourceFile)]
)
def test_every_key_of_the_other_files_is_in_the_operator_handbook(
    heading: str, model: type[BaseModel]
) -> None:
    """Matter and source files have their keys told with their defaults, and no other key."""
    own = section_of(OPERATOR, heading).partition("\n### ")[0]
    assert told(own) == keys_of(model)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_kind_of_source_has_a_heading_with_its_options(name: str) -> None:
    """A built-in kind's options are told under its heading; shared ones once, for all."""
    options = installed_kinds()[name].options_model
    shared = keys_of(PostOptions) if issubclass(options, PostOptions) else {}
    own = {key: default for key, default in keys_of(options).items() if key not in shared}
    assert told(section_of(OPERATOR, f"### `{name}`")) == own


def test_options_that_kinds_share_are_told() -> None:
    """What every kind that lists posts takes stands under one heading."""
    heading = "### Options that the list kinds share"
    assert told(section_of(OPERATOR, heading)) == keys_of(PostOptions)


def test_no_kind_of_source_is_made_up() -> None:
    """Each heading that names a kind names one that is built in."""
    headed = re.findall(r"^### `(\w+)`$", OPERATOR, re.MULTILINE)
    assert sorted(headed) == sorted(BUILT_IN)


def test_every_metric_is_in_the_operator_handbook() -> None:
    """The table has each metric by the name that Prometheus sees, with its labels, and no other."""
    exposed = {}
    for family in Metrics().registry.collect():
        name = family.name + "_total" * (family.type == "counter")
        exposed[name] = name
    told_of = tabled(section_of(OPERATOR, "## Health and metrics"))
    assert set(told_of) == set(exposed)
    labels = {name: re.findall(r"\w+", given) for name, given in told_of.items()}
    metrics = [m for m in vars(Metrics()).values() if hasattr(m, "_labelnames")]
    for metric in metrics:
        (name,) = [n for n in labels if n.removesuffix("_total") == metric.describe()[0].name]
        assert labels[name] == list(metric._labelnames), name


def test_every_outcome_is_in_the_analyst_handbook() -> None:
    """The table has each outcome, worst first, as its severity ranks it."""
    rows = re.findall(r"^\| `([\w.]+)` \|", section_of(ANALYST, "## Outcomes"), re.MULTILINE)
    assert rows == [outcome.value for outcome in reversed(Outcome)]


def test_every_grade_is_in_the_analyst_handbook() -> None:
    """The table has each grade, surest first."""
    section = section_of(ANALYST, "## Grades and scores")
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [
        g.value for g in reversed(Grade)
    ]


def test_the_thresholds_of_the_method_are_those_of_the_code() -> None:
    """An expert witness reads the numbers that grades are given by."""
    rows = re.findall(
        r"^\| (\w+) \| ([^\n]+) \|$", section_of(METHOD, "## 5. Grades"), re.MULTILINE
    )
    stated = {grade: re.findall(r"[\d.]+", numbers) for grade, numbers in rows}
    for grade in (Grade.PROBABLE, Grade.POSSIBLE):
        limit = getattr(Calibration(), grade.value)
        limits = [
            limit.run,
            limit.rare,
            limit.noisy,
            limit.cont,
            limit.few,
            limit.complete,
            limit.margin,
        ]
        asked = [n for n in limits if n is not limit.few or n <= 1]
        assert [float(n) for n in stated[grade.value]] == asked


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_command_of_the_handbooks_parses(name: str, command: str) -> None:
    """A reader who types what a handbook says meets no usage error."""
    check_command(command)


@pytest.mark.parametrize(
    "command",
    [
        "leakwatch findings shov f-1",
        "leakwatch findings show",
        "leakwatch findings show f-1 --nothing",
        "leakwatch nothing",
    ],
)
def test_a_command_that_does_not_exist_is_told(command: str) -> None:
    """The check above is one: it refuses what the command line would refuse."""
    with pytest.raises((NoSuchCommand, typer.TyperException)):
        check_command(command)


@pytest.mark.parametrize("name", TEXTS)
def test_lines_are_short_and_links_lead_somewhere(name: str) -> None:
    """A document reads in a terminal, and each link in it has its target."""
    text = TEXTS[name]
    assert [line for line in text.splitlines() if len(line) > MAX_COLUMNS] == []
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        assert not path or (DOCS / path).is_file(), target
        assert not anchor or path or anchor in anchors, target
