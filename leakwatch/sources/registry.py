"""Kinds of sources: the built-in ones, and those of other packages.

Another package adds a kind by an entry point of the group ``leakwatch.sources``
whose object is a ``SourceKind``. Entry points are read when asked for, never at
import; the built-in table needs none, so a plain checkout works too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pydantic import BaseModel, ValidationError

from leakwatch.errors import ConfigError, UnknownSourceKind
from leakwatch.model.source import SourceSpec
from leakwatch.ports import Source

GROUP = "leakwatch.sources"
BUILT_IN = ("feed", "html_blog", "js_list", "json_api", "open_directory", "paste_archive")
"""Each is the module ``leakwatch.sources.NAME`` with its manifest as ``KIND``."""


@dataclass(frozen=True, slots=True)
class SourceKind:
    """What a package provides: one kind of source."""

    name: str
    options_model: type[BaseModel]
    """Checks the ``[options]`` table; should forbid unknown keys."""
    build: Callable[[SourceSpec, Any], Source]
    """Makes a source of a spec and its checked options; does no IO."""


def installed_kinds() -> Mapping[str, SourceKind]:
    """Return every kind that is installed, by name.

    Raises:
        ConfigError: two packages claim one name, or an entry point is unusable.
    """
    built_in = [import_module(f"leakwatch.sources.{name}").KIND for name in BUILT_IN]
    others = (_load(point) for point in entry_points(group=GROUP))
    return by_name([*built_in, *others])


def by_name(kinds: Iterable[SourceKind]) -> Mapping[str, SourceKind]:
    """Return kinds by name.

    Raises:
        ConfigError: two have one name.
    """
    found: dict[str, SourceKind] = {}
    for kind in kinds:
        if kind.name in found:
            raise ConfigError(f"source kind {kind.name!r} is provided by two packages")
        found[kind.name] = kind
    return found


def build_source(spec: SourceSpec, kinds: Mapping[str, SourceKind] | None = None) -> Source:
    """Return the adapter for a source, its options checked.

    Args:
        spec: the source.
        kinds: what is installed; looked up when not given.

    Raises:
        UnknownSourceKind: no such kind; the message lists what there is.
        ConfigError: an option is wrong; one line a problem.
    """
    kinds = installed_kinds() if kinds is None else kinds
    kind = kinds.get(spec.kind)
    if kind is None:
        raise UnknownSourceKind(
            f"source {spec.name}: no kind {spec.kind!r} is installed",
            hint=f"installed: {', '.join(sorted(kinds))}",
        )
    try:
        options = kind.options_model.model_validate(dict(spec.options))
    except ValidationError as error:
        raise ConfigError(_explain(spec.name, error)) from None
    return kind.build(spec, options)


def _explain(name: str, error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        says = {"extra_forbidden": "unknown key", "missing": "required key is missing"}.get(
            problem["type"], problem["msg"].removeprefix("Value error, ")
        )
        key = ".".join(str(part) for part in ("options", *problem["loc"]))
        lines.append(f"source {name}: {key}: {says}")
    return "\n".join(lines)


def _load(point: EntryPoint) -> SourceKind:
    try:
        found = point.load()
    except Exception as error:  # other people's import may raise anything
        raise ConfigError(f"source kind {point.name!r}: {point.value} cannot be loaded") from error
    if not isinstance(found, SourceKind):
        raise ConfigError(f"source kind {point.name!r}: {point.value} is not a SourceKind")
    return found
