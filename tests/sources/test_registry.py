"""Kinds of sources: what is installed, what is refused, and what is said then."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from leakwatch.errors import ConfigError, UnknownSourceKind
from leakwatch.model.post import SourceBatch
from leakwatch.model.source import SourceSpec
from leakwatch.ports import Fetcher, PageParser
from leakwatch.sources.registry import BUILT_IN, SourceKind, build_source, by_name, installed_kinds
from tests.support.source_pages import Blog


class NoOptions(BaseModel):
    pass


@dataclass
class Nothing:
    spec: SourceSpec

    async def poll(
        self, fetcher: Fetcher, parser: PageParser, checkpoint: Mapping[str, Any]
    ) -> AsyncIterator[SourceBatch]:
        yield SourceBatch((), (), {})


KIND = SourceKind("nothing", NoOptions, lambda spec, options: Nothing(spec))


def test_built_in_kinds_need_no_package_metadata() -> None:
    """Each built-in name is a manifest of that name."""
    kinds = installed_kinds()
    assert set(BUILT_IN) <= set(kinds)
    assert all(kinds[name].name == name for name in BUILT_IN)


def test_unknown_kind_lists_what_there_is() -> None:
    """An unknown kind is its own error, with the installed ones as the hint."""
    with pytest.raises(UnknownSourceKind, match="no kind 'gopher'") as caught:
        build_source(replace(Blog().spec(), kind="gopher"))
    assert "html_blog" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("html_blog", {}, "options.item: required key is missing"),
        ("html_blog", {"item": "a", "itme": "b"}, "options.itme: unknown key"),
        ("html_blog", {"item": "a", "key_pattern": "("}, "options.key_pattern: expected a regular"),
        ("html_blog", {"item": "a", "states": {"sold": ["x"]}}, "options.states.sold"),
        ("json_api", {"items": "a[", "title": "t"}, "options.items: expected a JMESPath"),
        ("json_api", {"items": "a", "title": "t", "page_template": "/x"}, "options.page_template"),
        ("js_list", {"files": "x"}, "options.files"),
        ("paste_archive", {"id_pattern": "x", "raw_url": "/raw"}, "options.raw_url"),
        ("feed", {"item": "a"}, "options.item: unknown key"),
        ("open_directory", {"depth": 3}, "options.depth: unknown key"),
    ],
)
def test_wrong_option_is_named(kind: str, options: dict[str, Any], says: str) -> None:
    """A wrong option is a line that names source, key and what was expected."""
    with pytest.raises(ConfigError) as caught:
        build_source(replace(Blog().spec(), kind=kind, options=options))
    assert f"source board: {says}" in str(caught.value)


def test_two_packages_cannot_claim_one_name() -> None:
    """A name given twice is refused, whichever comes first."""
    with pytest.raises(ConfigError, match="'nothing'"):
        by_name([KIND, KIND])


def test_another_package_adds_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point of the group adds a kind; one that is no manifest is refused."""
    (tmp_path / "gopher_source.py").write_text(
        "from tests.sources.test_registry import KIND\nOTHER = object()\n"
    )
    info = tmp_path / "gopher_source-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: gopher-source\nVersion: 1\n")
    points = info / "entry_points.txt"
    points.write_text("[leakwatch.sources]\nnothing = gopher_source:KIND\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    built = build_source(replace(Blog().spec(), kind="nothing", options={}))
    assert type(built).__name__ == "Nothing"
    assert "nothing" in installed_kinds()
    for broken in ("gopher_source:OTHER", "gopher_source:MISSING", "no_such_module:KIND"):
        points.write_text(f"[leakwatch.sources]\nnothing = {broken}\n")
        with pytest.raises(ConfigError, match="'nothing'"):
            installed_kinds()


def test_hostile_parsers_are_not_imported_here() -> None:
    """Building every kind loads no parser of hostile pages: they belong in the sandbox."""
    code = (
        "import sys; from leakwatch.sources.registry import installed_kinds; installed_kinds();"
        "print([m for m in ('selectolax', 'feedparser', 'jmespath') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"
