"""``sources/*.toml``: one file a source, read into ``model.source.SourceSpec``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator

from leakwatch.errors import ConfigError, MissingFile
from leakwatch.model.source import Role, SourceSpec, Via
from leakwatch.settings.load import explain, read_toml
from leakwatch.settings.tree import Seconds, Section

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class SourceFile(Section):
    """The keys of a source file, as ``SourceSpec`` has them."""

    name: str
    kind: str
    role: Role
    locations: Annotated[tuple[str, ...], Field(min_length=1)]
    matters: tuple[str, ...] = ()
    via: Via = Via.TOR
    interval_s: Seconds = 900.0
    allow_private: bool = False
    max_pages: Annotated[int, Field(ge=1, le=10_000)] = 5
    follow_files: bool = True
    passwords: Annotated[tuple[str, ...], Field(max_length=100, repr=False)] = ()
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not NAME.fullmatch(value):
            raise ValueError("expected 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit")
        return value

    @field_validator("locations")
    @classmethod
    def _web_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("each location must be an absolute http:// or https:// URL")
        return value

    @model_validator(mode="after")
    def _onions_use_tor(self) -> SourceFile:
        onions = [u for u in self.locations if (urlsplit(u).hostname or "").endswith(".onion")]
        if onions and self.via is Via.DIRECT:
            raise ValueError('an .onion location needs via = "tor"')
        return self

    def spec(self) -> SourceSpec:
        return SourceSpec(**{name: getattr(self, name) for name in type(self).model_fields})


def load_sources(directory: Path, *, matters: frozenset[str]) -> tuple[SourceSpec, ...]:
    """Read every ``*.toml`` of the directory, by file name; examples are skipped.

    Args:
        directory: the sources directory.
        matters: ids that a source may name.

    Raises:
        MissingFile: the directory is not there.
        ConfigError: a file is wrong, a name is taken twice, or a matter is unknown.
    """
    specs: dict[str, SourceSpec] = {}
    for path in toml_files(directory, what="sources"):
        try:
            spec = SourceFile.model_validate(read_toml(path)).spec()
        except ValidationError as error:
            raise ConfigError(explain(error, path)) from None
        if spec.name in specs:
            raise ConfigError(f"{path}: name: another source is called {spec.name!r} already")
        for unknown in sorted(set(spec.matters) - matters):
            raise ConfigError(f"{path}: matters: no matter {unknown!r} is configured")
        specs[spec.name] = spec
    return tuple(specs.values())


def toml_files(directory: Path, *, what: str) -> tuple[Path, ...]:
    """Return a directory's TOML files by name, without ``*.example.toml``.

    Raises:
        MissingFile: no such directory.
    """
    if not directory.is_dir():
        raise MissingFile(
            f"{what} directory {directory} is not there",
            hint=f"create it, or set {what}_dir in the settings file",
        )
    found = (p for p in directory.glob("*.toml") if not p.name.endswith(".example.toml"))
    return tuple(sorted(found))
